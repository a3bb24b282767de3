"""A bundle in a revision of a git repository: read from its objects, nothing is checked out."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sidecar.policy.files import SCHEMA, hidden, matters
from sidecar.policy.problems import Place, Problems, did_you_mean
from sidecar.policy.source.git import ask_git
from sidecar.policy.source.limits import FILE_BYTES, Budget
from sidecar.policy.source.refusal import RefusedError

USUAL: Final = ("./", "./policies")
"""Where a bundle is looked for, seen from the working folder, if only a revision is named."""


class Revision(NamedTuple):
    """A bundle in git: *name* as people know it, *tree* the id of its folder."""

    name: str
    tree: str


def find_revision(text: str) -> Revision:
    """The bundle that *text* names: ``REV:PATH`` as git has it, or ``REV`` alone for the usual places.

    Raises ``RefusedError`` if there is none.
    """
    name, colon, path = text.partition(":")
    commit = _commit(name)
    if colon:
        tree = _tree(commit, path)
        if tree is None:
            raise _refused(f"`{path}` is no folder in the revision `{name}`", _where_else(commit, path))
        return Revision(f"{text} ({commit[:12]})", tree)
    for usual in USUAL:
        tree = _tree(commit, usual)
        if tree is not None and ask_git("cat-file", "-e", f"{tree}:{SCHEMA}").error == "":
            return Revision(f"{name}:{usual} ({commit[:12]})", tree)
    raise _refused(f"the revision `{name}` has no bundle here, nor in `policies`", _where_else(commit, ""))


def read_revision(revision: Revision, problems: Problems) -> dict[str, bytes | None]:
    """The contents of the bundle, as ``files_from`` takes them; bounded. What cannot be read is reported."""
    budget = Budget(problems)
    blobs = {blob.path: blob for blob in _listed(revision.tree) if not hidden(blob.path)}
    contents: dict[str, bytes | None] = {}
    wanted: dict[str, _Blob] = {}
    for path, blob in blobs.items():
        budget.entry()
        contents[path] = None
        target = _followed(blob, blobs, problems) if matters(path) else None
        if target is not None and budget.size(path, target.size):
            wanted[path] = target
    contents.update(zip(wanted, _read([blob.id for blob in wanted.values()]), strict=True))
    return contents


def _refused(message: str, hint: str) -> RefusedError:
    return RefusedError("bundle.revision", message, hint)


def _commit(name: str) -> str:
    if not name or name.startswith("-"):
        raise _refused(f"`{name}` cannot be a revision", "write `REVISION:PATH`, for example `main:policies`")
    said = ask_git("rev-parse", "--verify", f"{name}^{{commit}}")
    if not said.error:
        return said.output.decode().strip()
    if "Needed a single revision" not in said.error and "unknown revision" not in said.error:
        # No repository, one of somebody else, a damaged one: git says it best.
        raise _refused(f"there is neither a folder nor an archive `{name}`, and git says: {said.error}", _SPELL_OUT)
    known = ask_git("for-each-ref", "--format=%(refname:short)").output.decode("utf-8", "replace").split()
    message = f"there is neither a folder nor an archive `{name}`, nor a revision of that name in git"
    raise _refused(message, did_you_mean(name, known) if known else _SPELL_OUT)


_SPELL_OUT: Final = "name a folder, an archive, or `REVISION:PATH`"


def _tree(commit: str, path: str) -> str | None:
    said = ask_git("rev-parse", "--verify", "--quiet", f"{commit}:{path}")
    if said.error:
        return None
    tree = said.output.decode().strip()
    return tree if ask_git("cat-file", "-t", tree).output == b"tree\n" else None


def _where_else(commit: str, path: str) -> str:
    """A hint to where the revision does have a bundle."""
    if path and _tree(commit, f"./{path}"):
        return f"seen from here it is `./{path}`"
    listed = ask_git("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit).output.split(b"\0")
    names = (name.decode("utf-8", "replace") for name in listed)
    folders = sorted(posixpath.dirname(name) for name in names if posixpath.basename(name) == SCHEMA)
    return "bundles in it: " + ", ".join(f"`{folder}`" for folder in folders[:12]) if folders else "it has no bundle"


@dataclass(frozen=True, slots=True)
class _Blob:
    path: str
    mode: str
    id: str
    size: int  # 0 for what is no file

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"


def _listed(tree: str) -> Iterator[_Blob]:
    for line in ask_git("ls-tree", "-r", "-z", "-l", "--full-tree", tree).output.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, _, id_, size = about.decode().split()
        yield _Blob(path.decode("utf-8", "surrogateescape"), mode, id_, int(size) if size.isdigit() else 0)


def _followed(blob: _Blob, blobs: dict[str, _Blob], problems: Problems) -> _Blob | None:
    """The file that *blob* is, or is a link to; ``None``, and why reported, if that is none of the bundle."""
    target, steps = blob, 0
    while target.is_link and steps < _LINKS and target.size <= FILE_BYTES:
        (content,) = _read([target.id])
        text = content.decode("utf-8", "surrogateescape")
        found = blobs.get(posixpath.normpath(posixpath.join(posixpath.dirname(target.path), text)))
        if found is None:
            message = f"`{blob.path}` is a symbolic link to no file of the bundle"
            problems.error(Place(blob.path), "bundle.symlink", message, "commit the file itself in its place")
            return None
        target, steps = found, steps + 1
    if target.is_link:
        message = f"`{blob.path}` is a symbolic link in a loop"
        problems.error(Place(blob.path), "bundle.symlink", message, "commit the file itself in its place")
        return None
    return target


_LINKS: Final = 8


def _read(ids: list[str]) -> list[bytes]:
    """The contents of the blobs with these *ids*."""
    output = ask_git("cat-file", "--batch", given="\n".join([*ids, ""]).encode()).output if ids else b""
    contents: list[bytes] = []
    at = 0
    for _ in ids:
        line_end = output.index(b"\n", at)
        size = int(output[at:line_end].split()[2])
        contents.append(output[line_end + 1 : line_end + 1 + size])
        at = line_end + 1 + size + 1
    return contents
