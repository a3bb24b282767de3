"""Why nothing can be read from a source at all."""


class RefusedError(Exception):
    """Becomes the one problem of the bundle; *code*, *message* and *hint* are those of the problem."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
