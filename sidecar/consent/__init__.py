"""The consent log, the cache that is a view of it, and what a record says about a question."""
