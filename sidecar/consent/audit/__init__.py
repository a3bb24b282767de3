"""The consent log held against itself, and a view of it against the log."""
