"""A bundle in a folder.

It may be a mounted ConfigMap, where every file is a symbolic link to a hidden folder beside it. So links are followed
as long as they stay inside the bundle, and names that start with a dot are not looked at.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sidecar.policy.files import matters
from sidecar.policy.problems import Place, Problems
from sidecar.policy.source.limits import DEPTH, FILE_BYTES, Budget


def read_folder(root: Path, problems: Problems) -> dict[str, bytes | None]:
    """The contents of the bundle in the folder *root*, as ``files_from`` takes them; bounded.

    What cannot be read is reported. A file that changes while the folder is read is an error: what was read of it, or
    of the others, may be of two versions of the bundle.
    """
    walk = _Walk(root, problems)
    walk.folder(root, "", (walk.root,))
    walk.check_unchanged()
    return walk.contents


@dataclass(frozen=True, slots=True)
class _Seen:
    """Which file was read: *target* is its real path."""

    entry: Path
    target: Path
    state: tuple[int, ...]


class _Walk:
    def __init__(self, root: Path, problems: Problems) -> None:
        self.root = root.resolve()
        self.contents: dict[str, bytes | None] = {}
        self._seen: dict[str, _Seen] = {}
        self._budget = Budget(problems)
        self._problems = problems

    def folder(self, folder: Path, prefix: str, inside: tuple[Path, ...]) -> None:
        """Read *folder*, which is *prefix* in the bundle; *inside* are the real folders from the bundle down to it."""
        try:
            with os.scandir(folder) as entries:
                names = [self._counted(entry.name) for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            self._unreadable(prefix.rstrip("/") or ".", error)
            return
        for name in sorted(names):
            self._entry(folder / name, prefix + name, inside)

    def check_unchanged(self) -> None:
        """Report every file that is another one now than when it was read."""
        for path, seen in self._seen.items():
            try:
                same = (seen.entry.resolve(strict=True), _state(seen.target.stat())) == (seen.target, seen.state)
            except OSError:
                same = False
            if not same:
                self._changed(path)

    def _counted(self, name: str) -> str:
        self._budget.entry()
        return name

    def _entry(self, entry: Path, path: str, inside: tuple[Path, ...]) -> None:
        try:
            target = entry.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # a loop of links is the latter before Python 3.13
            self._unreadable(path, error)
            return
        place = Place(path)
        if not target.is_relative_to(self.root):
            message = f"`{path}` is a symbolic link to outside the bundle"
            self._problems.error(place, "bundle.symlink", message, "copy what it points to into the bundle")
        elif target in inside:
            message = f"`{path}` is a symbolic link to a folder that it is in"
            self._problems.error(place, "bundle.symlink", message, "remove the link")
        elif not target.is_dir():
            self.contents[path] = self._content(entry, target, path) if matters(path) else None
        elif len(inside) > DEPTH:
            self._problems.error(place, "bundle.size", f"more than {DEPTH} folders deep", "move it up")
        else:
            self.folder(entry, path + "/", (*inside, target))

    def _content(self, entry: Path, target: Path, path: str) -> bytes | None:
        try:
            # Neither a pipe, which would be waited for, nor a link, which somebody put there just now.
            descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    self._problems.error(Place(path), "bundle.unreadable", "not a regular file", "remove it")
                    return None
                if not self._budget.size(path, status.st_size):
                    return None
                content = file.read(FILE_BYTES + 1)
        except OSError as error:
            self._unreadable(path, error)
            return None
        if len(content) != status.st_size:
            self._changed(path)
            return None
        self._seen[path] = _Seen(entry, target, _state(status))
        return content

    def _changed(self, path: str) -> None:
        self._problems.error(Place(path), "bundle.changed", "the file changed while the bundle was read", "try again")

    def _unreadable(self, path: str, error: OSError | RuntimeError) -> None:
        detail = getattr(error, "strerror", None) or str(error)
        message = f"cannot be read: {detail.lower()}"
        self._problems.error(Place(path), "bundle.unreadable", message, "check that it exists, and its mode")


def _state(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
