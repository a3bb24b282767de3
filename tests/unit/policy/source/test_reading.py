"""A bundle from wherever it is."""

from pathlib import Path

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import read_draft
from tests.unit.policy.bundles import write


@pytest.mark.parametrize("path", ["main.cedar", "schema.cedarschema", "catalog/fields.yaml"])
def test_a_file_of_a_bundle_is_told_from_a_bad_archive(path: str, tmp_path: Path) -> None:
    """Whoever names one means the folder."""
    with pytest.raises(BundleError) as refused:
        read_draft(str(write(tmp_path) / path))

    (problem,) = refused.value.problems
    assert ("bundle.archive", "name the folder that it is in") == (problem.code, problem.hint)
