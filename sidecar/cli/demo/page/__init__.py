"""A small preference page for the invented people: what a page of your own would do with the same calls."""
