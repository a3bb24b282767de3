"""A bundle: catalog, schema, policies and tests of one revision, loaded whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import BundleError, Problem
from sidecar.model.catalog import Catalog
from sidecar.policy.catalog.reader import read_catalog
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.lint import lint
from sidecar.policy.cedar.loader import read_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.schema import UNTOLD, read_attributes
from sidecar.policy.document import parse_document
from sidecar.policy.files import SCHEMA, Files, read_files
from sidecar.policy.problems import Place, Problems


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

    def bundle(self) -> Bundle:
        """What is served of it."""
        return Bundle(
            revision=self.files.revision,
            source=self.source,
            catalog=self.catalog,
            policies=Policies(compile_policies(self.policies, self.catalog)),
            findings=self.findings,
        )


def load_bundle(path: Path) -> Bundle:
    """Load the bundle in the folder *path*.

    Raises:
        BundleError: with every problem found, each with file, line and column.
    """
    return read_draft(path).bundle()


def read_draft(path: Path) -> Draft:
    """The bundle in the folder *path*, checked; raises ``BundleError`` like ``load_bundle``."""
    problems = Problems()
    if not path.is_dir():
        problems.error(Place(str(path)), "bundle.missing", "there is no such folder", "name the folder of a bundle")
        raise BundleError(problems.sorted())
    return check_files(read_files(path, problems), problems, source=str(path))


def check_files(files: Files, problems: Problems, *, source: str) -> Draft:
    """The bundle that *files* are; raises ``BundleError`` with these *problems* and all others, if any is an error."""
    text = files.texts.get(SCHEMA)
    attributes = UNTOLD if text is None else read_attributes(text, SCHEMA, problems)
    read = read_catalog(files, attributes.types, problems)
    policies = read_policies(files, attributes, read.names, problems)
    for suite in files.tests():
        parse_document(files.texts.get(suite, ""), suite, problems)
    if not problems.invalid:
        lint(policies, read.catalog, problems)
    found = problems.sorted()
    if problems.invalid:
        raise BundleError(found)
    return Draft(source=source, files=files, catalog=read.catalog, policies=policies, findings=found)
