"""HTTP routes of the one process, beside the pages."""
