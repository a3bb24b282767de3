"""The edge: bytes to values and back, limits, identity, status codes, listeners."""
