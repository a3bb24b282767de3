"""Trying a bundle by hand: ask, change, ask again, about one person on one clock."""
