"""The transport that is always there: every listener, and what a native one does not serve itself."""
