"""Readers of the catalog, one module for each kind of file."""
