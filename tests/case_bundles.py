"""The bundle of a suite: as it is, with text appended, or with policies that loading would refuse."""

import shutil
from dataclasses import replace
from pathlib import Path

from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems
from tests.case_files import Suite


def bundle_folder(suite: Suite, scratch: Path) -> Path:
    """The folder of the suite's bundle; a copy in *scratch* if the suite appends to it."""
    if not suite.add:
        return suite.bundle
    folder = shutil.copytree(suite.bundle, scratch / "bundle")
    for path, text in suite.add.items():
        target = folder / path
        target.write_text((target.read_text("utf-8") if target.exists() else "") + "\n" + text, "utf-8")
    return folder


def suite_bundle(suite: Suite, folder: Path) -> Bundle:
    """The bundle in *folder*, with the suite's unchecked policies."""
    bundle = load_bundle(folder)
    if not suite.unchecked:
        return bundle
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.cedar"))]
    return replace(bundle, policies=Policies(compile_policies(parsed([*texts, suite.unchecked]), bundle.catalog)))


def parsed(texts: list[str]) -> list[Policy]:
    """Every policy of *texts*, parsed and otherwise taken as it is."""
    problems = Problems()
    policies = [parse_policy(piece, problems) for text in texts for piece in split(text, "unchecked")]
    assert not problems.invalid
    return [policy for policy in policies if policy is not None]
