"""Erasures that need not be remembered any more, and those that must."""

from functools import partial
from pathlib import Path

import pytest

from sidecar.consent.log import Follower, Mark
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.retention import DAY, Retention
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.on_demand import OnDemand
from sidecar.model.event import Event, Restriction, Traits
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor
from tests.unit.consent.desk import NOW, Desk, desk, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import MemoryLog, Store
from tests.worlds import EMAIL, choice, scope, submission


def retention(at_work: Desk | SharedDesk, *consumers: str) -> Retention:
    """After 40 days."""
    return Retention(at_work.log, at_work.cache, days=40, consumers=consumers)


def sweep(at_work: Desk | SharedDesk, *consumers: str, days: float = 41) -> int:
    """How many are forgotten so many days after what was recorded."""
    return retention(at_work, *consumers).sweep(NOW + round(days * DAY), lambda: True)


def entries(at_work: Desk | SharedDesk, subject: str) -> int:
    """How many entries the log has of *subject*."""
    return len(at_work.ledger.history(subject, after=0, limit=9))


def test_an_old_erasure_is_forgotten(tmp_path: Path) -> None:
    """Not before its time; then neither log nor view know of the person, and who comes back is new."""
    with desk(tmp_path) as at_work:
        at_work.ledger.record("ada", yes("a"))
        at_work.ledger.erase("ada", "b")
        at_work.ledger.record("bob", yes("a"))
        swept = [sweep(at_work, days=days) for days in (39, 40, 40.001, 41)]
        known = at_work.cache.lookup(at_work.cache.pseudonym("ada"))
        at_work.ledger.record("ada", yes("a"))

        assert [0, 0, 1, 0] == swept
        assert UNKNOWN_STANDING == known
        assert (1, 1) == (entries(at_work, "ada"), entries(at_work, "bob"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([submission("a", choice("objected", scope(EMAIL)))], [], id="an-objection-outlives-erasure"),
        pytest.param([], [yes("c")], id="who-came-back"),
        pytest.param([], [Event(id="c", act=Restriction(scope=Scope()), actor=Actor.OPERATOR)], id="a-restriction"),
        pytest.param([], [Event(id="c", act=Traits(jurisdiction="NL"))], id="a-trait"),
    ],
)
def test_of_whom_there_is_something_to_remember_the_erasure_stays(
    tmp_path: Path, before: list[Event], after: list[Event]
) -> None:
    """The horizon in it keeps what comes late from counting."""
    with desk(tmp_path) as at_work:
        for event in before:
            at_work.ledger.record("ada", event)
        at_work.ledger.erase("ada", "b")
        for event in after:
            at_work.ledger.record("ada", event)
        at_work.ledger.record("bob", no("a"))
        kept = entries(at_work, "ada")

        assert 0 == sweep(at_work, days=10_000)
        assert kept == entries(at_work, "ada")


def test_the_erasure_of_categories_is_no_erasure_of_the_person(tmp_path: Path) -> None:
    """It is never forgotten: what had been agreed to is proof."""
    with desk(tmp_path) as at_work:
        at_work.ledger.erase("ada", "b", ["user.contact"])
        at_work.ledger.record("bob", no("a"))

        assert 0 == sweep(at_work)


def test_the_end_of_a_log_is_never_forgotten(tmp_path: Path) -> None:
    """By its last entry it knows that nothing of it is missing; so it opens again."""
    with desk(tmp_path) as at_work:
        at_work.ledger.erase("ada", "b")
        swept = sweep(at_work)
    with desk(tmp_path) as at_work:
        at_work.ledger.record("bob", no("a"))

        assert (0, 1) == (swept, sweep(at_work))
    with desk(tmp_path) as at_work:
        assert 2 == at_work.cache.applied


def test_a_consumer_that_does_not_know_of_an_erasure_yet_keeps_it(tmp_path: Path) -> None:
    """Whoever was away for longer would never learn that the person is gone; so would one that never came."""
    with desk(tmp_path) as at_work:
        at_work.ledger.erase("ada", "b")
        at_work.ledger.record("bob", no("a"))
        swept = [sweep(at_work, "mailer")]
        for position in (0, 1):
            at_work.log.mark(Mark(kind=Follower.CONSUMER, name="mailer", position=position, at=NOW))
            swept.append(sweep(at_work, "mailer"))

        assert [0, 0, 1] == swept


def test_a_consumer_that_only_others_know_keeps_it_too(tmp_path: Path) -> None:
    """Sidecars of one log need not be configured alike: the marks tell of whoever follows it."""
    with desk(tmp_path) as at_work:
        at_work.ledger.erase("ada", "b")
        at_work.ledger.record("bob", no("a"))
        swept = []
        for position in (0, 1):
            at_work.log.mark(Mark(kind=Follower.CONSUMER, name="of-another", position=position, at=NOW))
            swept.append(sweep(at_work))

        assert [0, 1] == swept


def test_a_sweep_can_be_cut_short(tmp_path: Path) -> None:
    """And goes on the next time."""
    with desk(tmp_path) as at_work:
        for subject in ("ada", "bob", "eve"):
            at_work.ledger.erase(subject, "b")
        at_work.ledger.record("zoe", no("a"))
        erased = tuple(at_work.cache.pseudonym(subject) for subject in ("ada", "bob", "eve"))
        at_work.cache.erased = lambda: iter(((), erased))  # type: ignore[method-assign]
        forgotten = []
        for answers in ([], [True], [True, True], [True, True, True]):
            go_on = iter(answers)
            sweeping = partial(next, go_on, False)  # noqa: FBT003 - what comes after them
            forgotten.append(retention(at_work).sweep(NOW + 41 * DAY, sweeping))

        assert [0, 0, 0, 1] == forgotten
        assert 2 == sweep(at_work)


def test_whom_another_sidecar_forgot_this_one_forgets_too() -> None:
    """A feed does not tell of it; the sweep finds out."""
    store = Store()
    one, other = SharedDesk(store), SharedDesk(store)
    one.ledger.erase("ada", "b")
    one.ledger.record("bob", no("a"))
    one.catch_up()
    other.catch_up()
    pseudonym = one.cache.pseudonym("ada")
    swept = [sweep(one)]
    between = other.cache.lookup(pseudonym)
    swept.append(sweep(other))

    assert [1, 0] == swept
    assert between.profile.erased
    assert [UNKNOWN_STANDING] * 2 == [each.cache.lookup(pseudonym) for each in (one, other)]


def test_a_bounded_view_finds_all_erasures_too() -> None:
    """Whoever it holds; it reads the log for that."""
    store = Store()
    at_work = SharedDesk(store)
    at_work.ledger.erase("ada", "b")
    at_work.ledger.record("bob", no("a"))
    at_work.ledger.record("eve", Event(id="t", act=Traits(of_age_at=NOW)))
    view = OnDemand(MemoryLog(store), at_work.pseudonyms, contact=Contact(), capacity=100)
    view.load(now=NOW)
    found = [pseudonym for pseudonyms in view.erased() for pseudonym in pseudonyms]
    swept = Retention(at_work.log, view, days=40, consumers=()).sweep(NOW + 41 * DAY, lambda: True)

    assert [view.pseudonym("ada")] == found
    assert (1, UNKNOWN_STANDING) == (swept, view.lookup(view.pseudonym("ada")))
