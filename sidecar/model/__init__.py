"""The values every other layer speaks in: frozen, without I/O, clock or state."""
