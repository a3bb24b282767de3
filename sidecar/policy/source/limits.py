"""How large a bundle may be, wherever it comes from: what reads it stays bounded in memory and time."""

from typing import Final

from sidecar.policy.problems import Place, Problems
from sidecar.policy.source.refusal import RefusedError

FILE_BYTES: Final = 2 * 1024 * 1024
"""Of one file."""
TOTAL_BYTES: Final = 16 * 1024 * 1024
"""Of all files that matter."""
ENTRIES: Final = 10_000
"""Files and folders, those that do not matter included."""
DEPTH: Final = 16
"""Folders in folders."""


class Budget:
    """How much of one bundle may still be read. Not thread-safe; lives as long as one load."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._entries = 0
        self._bytes = 0

    def entry(self) -> None:
        """Count a file or folder; raises ``RefusedError`` if there are too many: this is no bundle."""
        self._entries += 1
        if self._entries > ENTRIES:
            hint = "is this the folder of a bundle, and of nothing else?"
            raise RefusedError("bundle.size", f"more than {ENTRIES:,} files", hint)

    def size(self, path: str, size: int) -> bool:
        """Whether the file at *path* may be read, which has *size* bytes; reports if not.

        Raises ``RefusedError`` if it is too much together with what was read before.
        """
        if size > FILE_BYTES:
            message = f"the file has {size:,} bytes; {FILE_BYTES:,} is the limit"
            self._problems.error(Place(path), "bundle.size", message, "split it into several files")
            return False
        self._bytes += size
        if self._bytes > TOTAL_BYTES:
            message = f"more than {TOTAL_BYTES:,} bytes in all files"
            raise RefusedError("bundle.size", message, "a bundle holds policies, catalog and tests")
        return True
