"""What holds of recording whatever the log is kept in: repetitions, order of arrival, clocks, answers that are lost."""

import contextlib
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from threading import Thread
from typing import cast

import pytest

from sidecar.consent.facts import facts_of
from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import Batch, ConsentLog
from sidecar.consent.profile import resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, EventConflictError
from sidecar.model.vocabulary import ConsentState
from tests.conformance.backends import BACKENDS, PARAMETERS, ids
from tests.unit.consent.desk import KEY, NOW, Desk, no, yes
from tests.worlds import CATALOG, question

MINUTES = 60_000_000


@pytest.fixture(params=PARAMETERS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsentLog]:
    """An empty log of each kind in turn."""
    with BACKENDS[request.param].opened(tmp_path) as log:
        yield log


def at_work(log: ConsentLog, minutes: int = 0) -> Desk:
    """A ledger of its own over *log*, whose clock is so many minutes ahead."""
    return Desk(log, Pseudonyms(KEY), now=NOW + minutes * MINUTES)


def state(desk: Desk, subject: str = "ada") -> ConsentState:
    """What the log says of *subject*, asked at the clock of *desk*."""
    _, record = desk.ledger.record_of(subject)
    profile = resolve(record, desk.now).profile
    return facts_of(profile, question(), CATALOG, CATALOG.superseding(desk.now)).consent


class DeafLog:
    """A real log whose answers are lost: what is appended arrives, and nobody is told."""

    def __init__(self, log: ConsentLog) -> None:
        self._log = log

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """A batch that arrives."""
        with self._log.batch() as batch:
            yield batch
        raise ConsentLogError("no answer")


def test_a_repeated_event_is_recorded_once(log: ConsentLog) -> None:
    """By whichever sidecar it is repeated; the answer is that of the first time."""
    one, other = at_work(log), at_work(log, minutes=1)
    first = one.ledger.record("ada", yes("a"))
    one.ledger.record("ada", no("b"))
    again = [desk.ledger.record("ada", yes("a")) for desk in (one, other)]

    assert [(first.revision, first.effective_at, True)] * 2 == [
        (recorded.revision, recorded.effective_at, recorded.duplicate) for recorded in again
    ]
    assert ["a", "b"] == ids(log.entries(after=0, limit=10))
    assert ConsentState.WITHDRAWN is state(other)


def test_an_id_with_another_body_is_refused(log: ConsentLog) -> None:
    """By whichever sidecar it comes; nothing is recorded. Other people's ids are their own."""
    one, other = at_work(log), at_work(log)
    one.ledger.record("ada", yes("a"))
    for desk in (one, other):
        with pytest.raises(EventConflictError, match="`a`"):
            desk.ledger.record("ada", no("a"))
    other.ledger.record("bob", no("a"))

    assert 2 == len(log.entries(after=0, limit=10))
    assert ConsentState.GIVEN is state(one)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_whatever_the_order_of_arrival_a_withdrawal_counts(log: ConsentLog, order: tuple[int, ...]) -> None:
    """A grant that arrives late lifts no later no; a no that arrives late takes effect all the same."""
    desk = at_work(log)
    events = [yes("yes", NOW - 3 * MINUTES), no("no", NOW - 2 * MINUTES), yes("older", NOW - 4 * MINUTES)]
    for place in order:
        desk.ledger.record("ada", events[place])

    assert ConsentState.WITHDRAWN is state(desk)


def test_withdrawals_take_effect_whatever_the_clocks(log: ConsentLog) -> None:
    """Two sidecars ten minutes apart, in both directions: the last word counts, by the order of the log."""
    ahead, behind = at_work(log, minutes=10), at_work(log)
    states = []
    for subject, grants, withdraws in (("ada", ahead, behind), ("bob", behind, ahead)):
        for number in range(3):
            grants.ledger.record(subject, yes(f"yes{number}"))
            states.append(state(withdraws, subject))
            withdraws.ledger.record(subject, no(f"no{number}"))
            states += [state(desk, subject) for desk in (grants, withdraws)]

    assert [ConsentState.GIVEN, ConsentState.WITHDRAWN, ConsentState.WITHDRAWN] * 6 == states


def test_an_event_whose_answer_was_lost_is_acknowledged_once(log: ConsentLog) -> None:
    """The log is asked whether it has it; it is no repetition."""
    recorded = at_work(cast("ConsentLog", DeafLog(log))).ledger.record("ada", yes("a"))
    again = at_work(log).ledger.record("ada", yes("a"))

    assert (False, True) == (recorded.duplicate, again.duplicate)
    assert recorded.revision == again.revision
    assert ["a"] == ids(log.entries(after=0, limit=10))


def test_an_import_whose_answer_was_lost_can_be_sent_again(log: ConsentLog) -> None:
    """Everything is there once."""
    lines = [ImportLine(line=n, subject=f"s{n}", event=yes(f"e{n}", NOW - 1)) for n in range(20)]
    with pytest.raises(ConsentLogError):
        at_work(cast("ConsentLog", DeafLog(log))).ledger.import_lines(lines)
    outcome = at_work(log).ledger.import_lines(lines)

    assert (0, 20) == (outcome.recorded, outcome.duplicates)
    assert 20 == len(log.entries(after=0, limit=100))


def test_no_update_is_lost_among_eight_sidecars(log: ConsentLog) -> None:
    """Eight ledgers record about one person at once: every no is there, and each of their events once."""
    events = [f"no{writer}{number}" for writer in range(8) for number in range(3)]

    def write(writer: int) -> None:
        ledger = at_work(log).ledger
        outcomes.extend([ledger.record("ada", no(f"no{writer}{number}")).duplicate for number in range(3)])

    outcomes: list[bool] = []
    threads = [Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [False] * 24 == outcomes
    assert sorted(events) == sorted(ids(log.entries(after=0, limit=100)))
