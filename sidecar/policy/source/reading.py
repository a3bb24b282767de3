"""A bundle from wherever it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.errors import BundleError
from sidecar.policy.files import Files, files_from
from sidecar.policy.problems import Place, Problems
from sidecar.policy.source.archive import Archive, read_archive
from sidecar.policy.source.folder import read_folder
from sidecar.policy.source.members import refused
from sidecar.policy.source.refusal import RefusedError
from sidecar.policy.source.revision import find_revision, read_revision
from sidecar.policy.source.trust import EVERYTHING, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read, and *name*, where from, for people."""

    name: str
    files: Files
    archive: Archive | None = None


def read_source(source: Path | str, problems: Problems, trust: Trust = EVERYTHING) -> Source:
    """The files of the bundle in *source*: a folder, an archive, or (if it is a text) a revision in git.

    What is wrong with single files is added to *problems*. Raises ``BundleError`` if there is no bundle at all, or none
    that *trust* takes.
    """
    try:
        return _read(source, problems, trust)
    except RefusedError as error:
        problems.error(Place(str(source)), error.code, error.message, error.hint)
        raise BundleError(problems.sorted(), source=str(source)) from error


_INSIDE: Final = (".yaml", ".cedar", ".cedarschema")


def _read(source: Path | str, problems: Problems, trust: Trust) -> Source:
    path, name = Path(source), str(source)
    if path.is_dir():
        trust.check_unpacked("a folder")
        return Source(name=name, files=files_from(read_folder(path, problems), problems))
    if isinstance(source, str) and path.suffix in _INSIDE and path.is_file():
        raise RefusedError("bundle.archive", "a file of a bundle is not a bundle", "name the folder that it is in")
    if path.exists():
        archive = read_archive(path, trust)
        files = files_from(archive.contents, problems)
        if files.revision != archive.manifest.revision:
            raise refused("the revision in the manifest is not that of the files")
        return Source(name=name, files=files, archive=archive)
    if isinstance(source, Path):
        raise RefusedError("bundle.missing", "there is no such folder or archive", "name one of a bundle")
    trust.check_unpacked("a revision")
    revision = find_revision(source)
    return Source(name=revision.name, files=files_from(read_revision(revision, problems), problems))
