"""``consent init``, ``export``, ``restore`` and ``verify``: the log as a whole."""
