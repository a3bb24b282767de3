"""The decision log: one line for each decided field, written beside the requests and never in their way."""
