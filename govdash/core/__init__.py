"""The words, filters, permissions, errors and settings that every other layer speaks."""
