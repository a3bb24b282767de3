from pathlib import Path

import pytest

from sidecar.errors import AnalysisError
from sidecar.model.vocabulary import Mask, Reason
from sidecar.policy.analysis.differences import Kind, compare
from sidecar.policy.analysis.examples import Examples
from sidecar.policy.analysis.outcomes import UNDECLARED
from sidecar.policy.bundle import read_draft
from sidecar.policy.cedar.vocabulary import schema_text
from tests.unit.policy.bundles import FILES, write

PREMIUM = '@id("premium") permit (principal, action, resource) when { context.attributes has premium };'


def test_what_cedar_contradicts_is_not_reported(tmp_path: Path) -> None:
    """An analysis that is wrong stops, rather than tell something that is not so."""
    wider = {"guardrails.cedar": None}
    difference = compare(read_draft(write(tmp_path / "old")), read_draft(write(tmp_path / "new", wider)))
    (change, *_) = difference.changes
    examples = Examples(difference.analysis)

    with pytest.raises(AnalysisError, match="the analysis is wrong about"):
        examples.ask(change.uses[0], change.law, change.example, ((UNDECLARED,), change.after))


def test_an_attribute_that_only_one_bundle_knows(tmp_path: Path) -> None:
    """The other one refuses whoever sends it, so what it opens is newly allowed."""
    old = read_draft(write(tmp_path / "old", {"schema.cedarschema": schema_text({})}))
    known = {"schema.cedarschema": schema_text({"premium": "Bool"}), "main.cedar": FILES["main.cedar"] + PREMIUM}
    difference = compare(old, read_draft(write(tmp_path / "new", known)))
    allowed = next(change for change in difference.changes if change.kind is Kind.ALLOWED)
    example = Examples(difference.analysis).ask(
        allowed.uses[0], allowed.law, allowed.example, (allowed.before, allowed.after)
    )

    assert {"premium"} == set(example.attributes)
    assert [Reason.UNKNOWN_ATTRIBUTE, Reason.ALLOWED] == [one.reason for one in example.verdicts if one]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        pytest.param(Mask.HASH, Mask.LAST4, Kind.LOOSENED, id="a weaker mask"),
        pytest.param(Mask.HASH, Mask.REDACT, Kind.TIGHTENED, id="a stricter mask"),
    ],
)
def test_masks_have_an_order(tmp_path: Path, old: Mask, new: Mask, kind: Kind) -> None:
    """Of two masks one is the stricter."""
    texts = [{"main.cedar": FILES["main.cedar"].replace('@mask("hash")', f'@mask("{mask}")')} for mask in (old, new)]
    drafts = [read_draft(write(tmp_path / str(number), text)) for number, text in enumerate(texts)]

    assert {kind} == {change.kind for change in compare(*drafts).changes}
