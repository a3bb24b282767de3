"""The examination of a bundle that may replace the one being served, in a process of its own.

Whatever takes long, or may fail in ways nobody thought of, happens there: reading, checking, the bundle's own tests,
compiling, deciding again what was asked before. What comes back is texts and plain values, piece by piece.
"""
