"""Questions put together by their answers."""

from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.differences import Kind, compare
from sidecar.policy.analysis.groups import groups
from tests.unit.policy.analysis.bundles import draft, extended, replaced

DESK = "catalog/services/desk.yaml"
ALIKE = extended("catalog/purposes.yaml", "essential: {basis: legal_obligation}\n") | extended(
    DESK, "  - {purpose: essential, fields: [mail, diet], actions: [use]}\n"
)


def test_what_is_answered_alike_is_one_group() -> None:
    """Fields and actions that no policy tells apart; not purposes that survive other things, though none names them."""
    found = {
        frozenset((use.purpose, use.field, str(use.action)) for use in group.uses)
        for group in groups(analyse(draft(ALIKE)))
    }
    law = {("essential.law", field, action) for field in ("mail", "diet") for action in ("use", "retain")}

    assert frozenset(law) in found
    assert frozenset(("essential", field, "use") for field in ("mail", "diet")) in found


def test_purposes_differ_by_what_they_survive() -> None:
    """Without the forbid of what is restricted more is allowed for the purpose that does not survive it alone."""
    loose = replaced("rights.cedar", ("when { context.restricted }", "when { context.erased }"))
    changes = compare(draft(ALIKE), draft(ALIKE | loose)).changes

    assert {Kind.ALLOWED} <= {change.kind for change in changes}
    assert "essential.law" not in {use.purpose for change in changes for use in change.uses}
    assert "essential" in {use.purpose for change in changes for use in change.uses}
