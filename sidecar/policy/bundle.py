"""A bundle: catalog, schema, policies and tests of one revision, loaded whole or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path

from sidecar.errors import BundleError, Problem
from sidecar.model.catalog import Catalog
from sidecar.policy.catalog.reader import read_catalog
from sidecar.policy.cedar.compiled import Compiled, compile_policies
from sidecar.policy.cedar.loader import read_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.schema import UNTOLD, read_attributes
from sidecar.policy.document import parse_document
from sidecar.policy.files import SCHEMA, Files
from sidecar.policy.problems import Problems
from sidecar.policy.source.reading import read_source
from sidecar.policy.source.trust import EVERYTHING, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything that verdicts depend on. Immutable; safe to share between threads."""

    revision: str  # "sha256:" and the digest of all files that matter, in hex
    source: str  # where it was loaded from, for people
    catalog: Catalog
    policies: Policies
    findings: tuple[Problem, ...]  # warnings, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A valid bundle as its author sees it: with its files and the trees of its policies. Immutable."""

    source: str  # where it was read from, for people
    files: Files
    catalog: Catalog
    policies: tuple[Policy, ...]  # in the order of the files
    findings: tuple[Problem, ...]  # warnings, sorted
    serial: int | None = None  # of an archive

    def compiled(self) -> Compiled:
        """Its policies in the form that travels."""
        return compile_policies(self.policies, self.catalog)

    def bundle(self, compiled: Compiled | None = None) -> Bundle:
        """What is served of it; *compiled*, if given, is what ``compiled`` gave."""
        return Bundle(
            revision=self.files.revision,
            source=self.source,
            catalog=self.catalog,
            policies=Policies(compiled or self.compiled()),
            findings=self.findings,
        )


def load_bundle(source: Path | str, trust: Trust = EVERYTHING) -> Bundle:
    """The bundle in *source*, ready to be served; raises ``BundleError`` like ``read_draft``."""
    return read_draft(source, trust).bundle()


def read_draft(source: Path | str, trust: Trust = EVERYTHING) -> Draft:
    """The bundle in *source*, checked: a folder, an archive, or (if it is a text) a revision in git.

    Raises:
        BundleError: with every problem found, each with file, line and column; or with one alone, whose code is
            ``bundle.signature`` or ``bundle.serial``, if it is none that *trust* takes.
    """
    problems = Problems()
    read = read_source(source, problems, trust)
    draft = check_files(read.files, problems, source=read.name)
    return draft if read.archive is None else replace(draft, serial=read.archive.manifest.serial)


def check_files(files: Files, problems: Problems, *, source: str) -> Draft:
    """The bundle that *files* are; raises ``BundleError`` with these *problems* and all others, if any is an error."""
    text = files.texts.get(SCHEMA)
    attributes = UNTOLD if text is None else read_attributes(text, SCHEMA, problems)
    read = read_catalog(files, attributes.types, problems)
    policies = read_policies(files, attributes, read.names, problems)
    for suite in files.tests():
        parse_document(files.texts.get(suite, ""), suite, problems)
    found = problems.sorted()
    if problems.invalid:
        raise BundleError(found, source=source)
    return Draft(source=source, files=files, catalog=read.catalog, policies=policies, findings=found)
