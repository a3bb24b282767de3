"""The tests that a bundle ships: read, run, compared, counted."""
