from pathlib import Path
from typing import Final

import pytest

from sidecar.authoring.suite import warming
from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Stated
from sidecar.authoring.suite.warming import all_cores, warm
from sidecar.model.catalog import Purpose
from sidecar.model.decision import Question
from sidecar.model.vocabulary import FIRST_PARTY, Action, Basis, Channel, ConsentState
from sidecar.policy.table import VerdictTable
from tests.unit.authoring.suite.suites import draft

QUESTION: Final = Question(
    service="newsletter",
    action=Action.USE,
    field="customer.email",
    purpose="marketing.email",
    channel=Channel.EMAIL,
    recipient=FIRST_PARTY,
)
NEVER_ASKED: Final = facts_for(Stated(), Purpose(key="", title="", basis=Basis.CONSENT))
ASKED: Final = tuple(
    (QUESTION, NEVER_ASKED._replace(consent=consent, objected=objected))
    for consent in ConsentState
    for objected in (False, True)
)


@pytest.mark.parametrize(
    ("jobs", "patience", "known"),
    [
        pytest.param(1, 0.0, 0, id="alone-nothing-is-done-ahead"),
        pytest.param(2, 600.0, len(ASKED), id="alone-while-that-is-quick"),
        pytest.param(2, 0.0, len(ASKED), id="with-others-once-it-is-not"),
    ],
)
def test_verdicts_are_the_same_however_many_work(tmp_path: Path, jobs: int, patience: float, known: int) -> None:
    """What other processes find is what this one would have found."""
    read = draft(tmp_path, "")
    policies = read.bundle().policies
    table, alone = VerdictTable(policies, capacity=100), VerdictTable(policies, capacity=100)

    warm(table, read.compiled(), ASKED, jobs=jobs, patience=patience)

    assert known == len(table)
    assert [alone.verdict(*asked, 0) for asked in ASKED] == [table.verdict(*asked, 0) for asked in ASKED]


def test_a_child_answers_as_its_parent_would(tmp_path: Path) -> None:
    """What runs in a child, here in this process, where it can be seen."""
    read = draft(tmp_path, "")
    bundle = read.bundle()
    warming._begin(read.compiled())

    rows = warming._decide(ASKED)

    alone = VerdictTable(bundle.policies, capacity=100)
    assert [alone.verdict(*asked, 0) for asked in ASKED] == [verdict for _, _, verdict in rows]


def test_there_is_a_core() -> None:
    """As many processes as this one may keep busy."""
    assert all_cores() >= 1
