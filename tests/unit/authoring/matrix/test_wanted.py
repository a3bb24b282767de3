"""Which uses are asked for."""

import pytest

from sidecar.authoring.matrix.wanted import Wanted
from sidecar.model.vocabulary import Action
from sidecar.policy.analysis.uses import uses_of
from tests.unit.authoring.matrix.bundles import draft_with

CATALOG = draft_with().catalog


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        pytest.param(Wanted(), len(uses_of(CATALOG)), id="everything"),
        pytest.param(Wanted(services=("newsletter",)), 3, id="a service"),
        pytest.param(Wanted(services=("newsletter",), fields=("customer.diet",)), 1, id="a service and a field"),
        pytest.param(Wanted(services=("newsletter", "fraud")), len(uses_of(CATALOG)), id="either of two"),
        pytest.param(Wanted(purposes=("marketing.email",)), 3, id="a purpose"),
        pytest.param(Wanted(purposes=("marketing",)), 3, id="the purposes below one"),
        pytest.param(Wanted(actions=(Action.SHARE,)), 1, id="an action"),
    ],
)
def test_what_fits(wanted: Wanted, count: int) -> None:
    """All that is asked for at once; of one kind, any."""
    assert count == sum(map(wanted.fits, uses_of(CATALOG)))
    assert wanted.mistake(CATALOG) is None


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        pytest.param(
            Wanted(services=("newsleter",)),
            "the bundle has no service `newsleter`",
            "did you mean `newsletter`?",
            id="a misspelt service",
        ),
        pytest.param(
            Wanted(fields=("customer.mail",)),
            "the bundle has no field `customer.mail`",
            "did you mean `customer.email`?",
            id="a misspelt field",
        ),
        pytest.param(
            Wanted(purposes=("markting",)),
            "the bundle has no purpose `markting`",
            "did you mean `marketing`?",
            id="a misspelt purpose",
        ),
        pytest.param(
            Wanted(services=("fraud",), purposes=("marketing", "marketing.email"), actions=(Action.USE,)),
            "no declared use has service `fraud` and purpose `marketing` or `marketing.email`",
            "with service `fraud` is `essential.fraud`",
            id="nothing of both",
        ),
        pytest.param(
            Wanted(actions=(Action.COLLECT,)),
            "no declared use has action `collect`",
            "there are `retain`, `share`, `use`",
            id="nobody does it",
        ),
    ],
)
def test_what_does_not(wanted: Wanted, message: str, hint: str) -> None:
    """It is told, with what there is."""
    assert (message, hint) == wanted.mistake(CATALOG)


def test_a_bundle_that_declares_nothing() -> None:
    """There is nothing to show, whatever is asked for."""
    nothing = {
        f"catalog/services/{key}.yaml": f"title: {key}\nowner: team\nmay_use: []\n" for key in ("newsletter", "fraud")
    }

    mistake = Wanted().mistake(draft_with(nothing).catalog)

    assert mistake is not None
    assert "no service declares any use" == mistake.message
