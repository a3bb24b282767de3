"""The consent log in a SQLite file: the embedded default."""
