from pathlib import Path

import pytest

from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.selection import Selection, Unmatched, select, unmatched
from sidecar.policy.bundle import read_draft

SUITES = load_suites(read_draft(Path("policies")))


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        pytest.param(Selection(tests=("birthday",)), {"minors": 2}, id="a-part-of-a-name"),
        pytest.param(Selection(tests=("BIRTHDAY",)), {"minors": 2}, id="in-any-case"),
        pytest.param(Selection(tests=("on the * he does",)), {"minors": 1}, id="a-pattern"),
        pytest.param(Selection(suites=("min*", "rights")), {"minors": 5, "rights": 4}, id="several"),
        pytest.param(Selection(services=("newsletter",), suites=("minors",)), {"minors": 2}, id="both"),
        pytest.param(Selection(suites=("rights",), services=("fraud",)), {}, id="each-but-not-both"),
    ],
)
def test_names_choose_tests(selection: Selection, chosen: dict[str, int]) -> None:
    """A test is chosen if every kind of pattern that there is chooses it."""
    assert chosen == {suite.name: len(suite.cases) for suite in select(SUITES, selection)}


def test_purposes_and_services_choose_questions() -> None:
    """Of a matrix only the chosen questions are left."""
    (suite,) = select(SUITES, Selection(suites=("everybody",), services=("fridge",), purposes=("*.restock",)))

    rows = [row for case in suite.cases for row in case.rows]
    assert {("fridge", "essential.service.notifications.restock")} == {(r.ask.service, r.ask.purpose) for r in rows}


def test_a_pattern_that_matches_nothing_is_told() -> None:
    """The first pattern that no name matches, with the names that there are."""
    assert unmatched(SUITES, Selection(suites=("min",), tests=("birthday",))) is None

    missed = unmatched(SUITES, Selection(suites=("minors", "majors"), services=("nobody",)))
    assert Unmatched("suite", "majors", tuple(sorted(suite.name for suite in SUITES))) == missed
