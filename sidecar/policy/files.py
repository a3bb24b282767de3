"""The files of a bundle: told apart, decoded, digested, wherever they come from (``sidecar.policy.source``)."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
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


def files_from(contents: Mapping[str, bytes | None], problems: Problems) -> Files:
    """The bundle that *contents* are, by path relative to the bundle; what does not belong is reported, not raised.

    ``None`` stands for a file that could not be read, which was reported already, or that need not be, because it does
    not ``matter``.
    """
    texts: dict[str, str] = {}
    digest = hashlib.sha256()
    paths = tuple(sorted(path for path in contents if matters(path) and _is_shown(path, problems)))
    _report_strays(contents.keys() - set(paths), problems)
    for path in paths:
        content, name = contents[path], path.encode("utf-8", "surrogateescape")
        # Lengths keep two bundles apart whose names and contents merely run together alike.
        digest.update(b"%d %s %d " % (len(name), name, len(content or b"")) + (content or b""))
        text = None if content is None else _decode(path, content, problems)
        if text is not None:
            texts[path] = text
    _report_missing(contents, problems)
    return Files(paths=paths, texts=texts, revision=f"sha256:{digest.hexdigest()}")


def matters(path: str) -> bool:
    """Whether the file at *path* is part of a bundle: its content then is part of the revision."""
    return path in REQUIRED or path in _OPTIONAL or _is_policy(path) or _is_service(path) or _is_test(path)


def hidden(path: str) -> bool:
    """Whether any part of *path* begins with a dot: such files and folders are not looked at."""
    return any(part.startswith(".") for part in path.split("/"))


def _decode(path: str, content: bytes, problems: Problems) -> str | None:
    nul = content.find(b"\0")
    if nul >= 0:
        problems.error(_place(path, content, nul), "bundle.encoding", "a NUL byte", "save the file as UTF-8 text")
        return None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        place = _place(path, content, error.start)
        problems.error(place, "bundle.encoding", "the file is not UTF-8", "save it as UTF-8")
        return None


def _place(path: str, content: bytes, offset: int) -> Place:
    return Place(path, content.count(b"\n", 0, offset) + 1, offset - content.rfind(b"\n", 0, offset))


def _report_missing(paths: Collection[str], problems: Problems) -> None:
    nested = sorted(path.removesuffix(f"/{SCHEMA}") for path in paths if path.endswith(f"/{SCHEMA}"))
    for path in REQUIRED:
        if path not in paths:
            hint = f"is `{nested[0]}` in it the bundle?" if nested else "every bundle needs this file"
            problems.error(Place(path), "bundle.missing_file", f"there is no `{path}`", hint)
    if not any(map(_is_policy, paths)):
        hint = "write one: without a permit all is denied"
        problems.error(Place("."), "bundle.missing_file", "there is no `*.cedar` file", hint)


def _is_shown(path: str, problems: Problems) -> bool:
    if path.isprintable():  # stand-ins for bytes that are not UTF-8 are not
        return True
    message = "a file name with characters that cannot be shown"
    problems.error(Place(ascii(path)[1:-1]), "bundle.file_name", message, "rename it")
    return False


def _report_strays(paths: Iterable[str], problems: Problems) -> None:
    strays = [path for path in sorted(paths) if not matters(path)]
    misplaced = [path for path in strays if path.lower().endswith(".cedar")]
    unknown = sorted({*strays} - {*misplaced} - {*filter(_is_documentation, strays)})
    # A forbid that nobody enforces is worse than none: this is no mere warning.
    for path in misplaced:
        message = f"policies in `{path}` would not be enforced"
        hint = "move it to the top of the bundle, named `*.cedar`"
        problems.error(Place(path), "bundle.misplaced_policy", message, hint)
    for path in unknown[:_SHOWN]:
        renamed = path.removesuffix(".yml") + ".yaml"
        hint = f"rename it to `{renamed}`" if path != renamed and matters(renamed) else "remove or rename it"
        problems.warning(Place(path), "bundle.unknown_file", "this file means nothing here", hint)
    if len(unknown) > _SHOWN:
        message = f"{len(unknown) - _SHOWN} more files mean nothing here"
        problems.warning(Place("."), "bundle.unknown_file", message, "keep a bundle in a folder of its own")


_SHOWN: Final = 20


def _is_documentation(path: str) -> bool:
    return any(fnmatchcase(path.rpartition("/")[2], pattern) for pattern in _DOCUMENTATION)


def _is_policy(path: str) -> bool:
    return "/" not in path and path.endswith(".cedar")


def _is_service(path: str) -> bool:
    return path.startswith(SERVICES) and path.endswith(".yaml") and path.count("/") == SERVICES.count("/")


def _is_test(path: str) -> bool:
    return path.startswith(TESTS) and path.endswith(".yaml")
