"""研判报告: what a period was like, as a document of tables, charts and checked sentences."""
