"""The classics of count surveillance, exact and over many series at once."""
