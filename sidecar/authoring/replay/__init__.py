"""A decision log under another bundle: which of its answers would be others."""
