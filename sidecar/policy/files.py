"""The files of a bundle: found, read, told apart, digested.

A bundle may be a mounted ConfigMap, where every file is a symbolic link to a hidden folder beside it. So links are
followed as long as they stay inside the bundle, and names that start with a dot are not looked at.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from sidecar.policy.problems import Place, Problems

SCHEMA: Final = "schema.cedarschema"
GUARDRAILS: Final = "guardrails.cedar"
CATEGORIES: Final = "catalog/categories.yaml"
DATA_USES: Final = "catalog/data_uses.yaml"
PURPOSES: Final = "catalog/purposes.yaml"
FIELDS: Final = "catalog/fields.yaml"
RECIPIENTS: Final = "catalog/recipients.yaml"
NOTICES: Final = "catalog/notices.yaml"
SERVICES: Final = "catalog/services/"
TESTS: Final = "tests/"

REQUIRED: Final = (SCHEMA, CATEGORIES, DATA_USES, PURPOSES, FIELDS)
_OPTIONAL: Final = (RECIPIENTS, NOTICES)
_DOCUMENTATION: Final = ("*.md", "*.txt", "LICENSE*", "NOTICE*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Every file that matters, by path relative to the bundle."""

    paths: tuple[str, ...]  # sorted
    texts: Mapping[str, str]  # without those that are not UTF-8
    revision: str  # the digest of them all

    def policies(self) -> tuple[str, ...]:
        """Paths of the policy files."""
        return tuple(path for path in self.paths if _is_policy(path))

    def services(self) -> tuple[str, ...]:
        """Paths of the catalog files of services."""
        return tuple(path for path in self.paths if _is_service(path))

    def tests(self) -> tuple[str, ...]:
        """Paths of the suites of tests."""
        return tuple(path for path in self.paths if _is_test(path))


def read_files(root: Path, problems: Problems) -> Files:
    """Read the bundle at *root*; what cannot be read or does not belong is reported, not raised."""
    walk = _Walk(root, problems)
    walk.folder(root, "", (walk.root,))
    texts: dict[str, str] = {}
    digest = hashlib.sha256()
    for path, content in sorted(walk.contents.items()):
        name = path.encode("utf-8", "surrogateescape")
        # Lengths keep two bundles apart whose names and contents merely run together alike.
        digest.update(b"%d %s %d " % (len(name), name, len(content or b"")) + (content or b""))
        text = None if content is None else _decode(path, content, problems)
        if text is not None:
            texts[path] = text
    for path in REQUIRED:
        if path not in walk.contents:
            problems.error(Place(path), "bundle.missing_file", f"there is no `{path}`", "every bundle needs this file")
    if not any(map(_is_policy, walk.contents)):
        hint = "write one: without a permit all is denied"
        problems.error(Place("."), "bundle.missing_file", "there is no `*.cedar` file", hint)
    return Files(paths=tuple(sorted(walk.contents)), texts=texts, revision=f"sha256:{digest.hexdigest()}")


def _decode(path: str, content: bytes, problems: Problems) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        problems.error(Place(path, line, column), "bundle.encoding", "the file is not UTF-8", "save it as UTF-8")
        return None


class _Walk:
    """Collects the contents of all files that matter; ``None`` for one that cannot be read."""

    def __init__(self, root: Path, problems: Problems) -> None:
        self.root = root.resolve()
        self.contents: dict[str, bytes | None] = {}
        self._problems = problems

    def folder(self, folder: Path, prefix: str, inside: tuple[Path, ...]) -> None:
        """Read *folder*, which is *prefix* in the bundle; *inside* are the real folders from the bundle down to it."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self._unreadable(Place(prefix.rstrip("/") or "."), error)
            return
        for entry in entries:
            if not entry.name.startswith("."):
                self._entry(entry, prefix + entry.name, inside)

    def _entry(self, entry: Path, path: str, inside: tuple[Path, ...]) -> None:
        place = Place(path)
        try:
            target = entry.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # a loop of links is the latter before Python 3.13
            self._unreadable(place, error)
            return
        if not target.is_relative_to(self.root):
            message = f"`{path}` is a symbolic link to outside the bundle"
            self._problems.error(place, "bundle.symlink", message, "copy what it points to into the bundle")
        elif target in inside:
            message = f"`{path}` is a symbolic link to a folder that it is in"
            self._problems.error(place, "bundle.symlink", message, "remove the link")
        elif target.is_dir():
            self.folder(entry, path + "/", (*inside, target))
        elif _matters(path, place, self._problems):
            self.contents[path] = self._content(target, place)

    def _content(self, target: Path, place: Place) -> bytes | None:
        if not target.is_file():  # opening a pipe would wait for ever
            self._problems.error(place, "bundle.unreadable", "not a regular file", "remove it")
            return None
        try:
            return target.read_bytes()
        except OSError as error:
            self._unreadable(place, error)
            return None

    def _unreadable(self, place: Place, error: OSError | RuntimeError) -> None:
        detail = getattr(error, "strerror", None) or str(error)
        message = f"cannot be read: {detail.lower()}"
        self._problems.error(place, "bundle.unreadable", message, "check that it exists, and its mode")


def _matters(path: str, place: Place, problems: Problems) -> bool:
    if path in REQUIRED or path in _OPTIONAL or _is_policy(path) or _is_service(path) or _is_test(path):
        return True
    name = path.rpartition("/")[2]
    if name.lower().endswith(".cedar"):
        # A forbid that nobody enforces is worse than none: this is no mere warning.
        message = f"policies in `{path}` would not be enforced"
        problems.error(place, "bundle.misplaced_policy", message, "move it to the top of the bundle, named `*.cedar`")
    elif not any(fnmatchcase(name, pattern) for pattern in _DOCUMENTATION):
        problems.warning(place, "bundle.unknown_file", "this file means nothing here", "remove or rename it")
    return False


def _is_policy(path: str) -> bool:
    return "/" not in path and path.endswith(".cedar")


def _is_service(path: str) -> bool:
    return path.startswith(SERVICES) and path.endswith(".yaml") and path.count("/") == SERVICES.count("/")


def _is_test(path: str) -> bool:
    return path.startswith(TESTS) and path.endswith(".yaml")
