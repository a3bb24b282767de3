"""How the source of a bundle looks from outside: enough to notice a change, without reading a file.

Names, kinds, sizes, times, inodes, and where links point. So an edit in place, a file renamed over another, a checkout
and the swap of a ConfigMap's ``..data`` link all show. A change that leaves all of these as they were does not; times
of change cannot be set back, so nobody makes one by accident.
"""

import os
import stat
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final

MOST_ENTRIES: Final = 10_000
"""Entries looked at; of a folder with more, those that come later are not."""


def fingerprint(source: Path, rest: Callable[[], None] = lambda: None) -> bytes:
    """The fingerprint of the file or folder *source*; never raises, what cannot be looked at is part of it.

    An entry takes some 5 us; *rest* is called after each, for whoever must not hold the interpreter for long. Names
    that start with a dot are left out, as they are when a bundle is read; so are times of folders, which change with
    files that do not matter.
    """
    look = _Look(rest)
    look.at(str(source), ())
    return look.digest.digest()


class _Look:
    def __init__(self, rest: Callable[[], None]) -> None:
        self._rest = rest
        self.digest = blake2b(digest_size=16)
        self._left = MOST_ENTRIES

    def at(self, path: str, inside: tuple[tuple[int, int], ...]) -> None:
        """Look at *path*, which may be a link; *inside* are the folders it is in, by device and inode."""
        if self._left == 0:
            return
        self._left -= 1
        self._rest()
        try:
            seen = os.stat(path)  # noqa: PTH116 - a Path for each of thousands of entries costs more than the look
            self._note(path, seen.st_mode, seen.st_dev, seen.st_ino)
            if not stat.S_ISDIR(seen.st_mode):
                self._note(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
                return
            here = (seen.st_dev, seen.st_ino)
            if here in inside:
                return
            with os.scandir(path) as found:
                entries = sorted((entry.name, entry.is_symlink()) for entry in found if not entry.name.startswith("."))
        except OSError as error:
            self._note(path, "cannot be looked at", error.errno)
            return
        for name, is_link in entries:
            below = f"{path}/{name}"
            if is_link:
                self._link(below)
            self.at(below, (*inside, here))

    def _link(self, path: str) -> None:
        try:
            self._note("link", os.readlink(path))  # noqa: PTH115 - see above
        except OSError as error:
            self._note("link", error.errno)

    def _note(self, *what: object) -> None:
        self.digest.update(repr(what).encode("utf-8", "surrogatepass"))
