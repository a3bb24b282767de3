"""Decide and explain: no I/O, no clock, never waits."""
