"""Sidecars that read people on demand from a log they share: what they answer, and when the log is away."""

import pytest

from sidecar.testing import FixedClock
from tests.integration.on_demand_desk import Sidecar
from tests.unit.consent.view.memory_log import Store


@pytest.fixture
def store() -> Store:
    """An empty log."""
    return Store()


@pytest.fixture
def writer(store: Store) -> Sidecar:
    """A sidecar that records."""
    return Sidecar(store)


@pytest.fixture
def sidecar(store: Store, writer: Sidecar) -> Sidecar:
    """Another one, which answers; the writer was there before. Their clocks are one."""
    return Sidecar(store, clock=writer.clock)


def test_whoever_is_asked_about_is_read_once(writer: Sidecar, sidecar: Sidecar) -> None:
    """With a record or without one; what others decided before this one started counts."""
    writer.record("ada", "e1", "given")
    writer.record("bob", "e1", "refused")
    reasons = [[sidecar.reason(subject) for subject in ("ada", "bob", "eve")] for _ in range(2)]

    assert [["ALLOWED", "CONSENT_REFUSED", "CONSENT_UNKNOWN"]] * 2 == reasons
    assert (3, 3) == (sidecar.reads(), sidecar.cache.hits - 3)


def test_a_withdrawal_elsewhere_is_denied_as_soon_as_it_was_fed(writer: Sidecar, sidecar: Sidecar) -> None:
    """A token of it is never met by an older view."""
    writer.record("ada", "e1", "given")
    before = sidecar.reason("ada")
    withdrawn = writer.record("ada", "e2", "withdrawn").revision
    early = sidecar.reason("ada", at_least_as_fresh=withdrawn)
    sidecar.follow()

    assert ["ALLOWED", "STALE_CONSENT"] == [before, early]
    assert "CONSENT_WITHDRAWN" == sidecar.reason("ada")
    assert "CONSENT_WITHDRAWN" == sidecar.reason("ada", at_least_as_fresh=withdrawn)


def test_what_this_sidecar_records_is_seen_by_its_next_answer(sidecar: Sidecar) -> None:
    """Without a read."""
    sidecar.record("ada", "e1", "given")
    sidecar.record("bob", "e1", "withdrawn")

    assert ["ALLOWED", "CONSENT_WITHDRAWN"] == [sidecar.reason(subject) for subject in ("ada", "bob")]
    assert 0 == sidecar.reads()


def test_an_erasure_elsewhere_is_seen(writer: Sidecar, sidecar: Sidecar) -> None:
    """By whoever is held, and by a read."""
    for subject in ("ada", "bob"):
        writer.record(subject, "e1", "given")
    held = sidecar.reason("ada")
    for subject in ("ada", "bob"):
        writer.ledger.erase(subject, "e2")
    sidecar.follow()

    assert ["ALLOWED", "ERASED", "ERASED"] == [held, sidecar.reason("ada"), sidecar.reason("bob")]


def test_whoever_is_held_is_served_while_the_log_is_away(store: Store, writer: Sidecar, sidecar: Sidecar) -> None:
    """Until the view is too old; others are denied, never as unknown. Then all goes on."""
    writer.record("ada", "e1", "given")
    writer.record("bob", "e1", "given")
    sidecar.follow()
    reasons = [sidecar.reason("ada")]
    store.down = True
    sidecar.let_pass(5)
    sidecar.follow()
    reasons += [sidecar.reason("ada"), sidecar.reason("bob")]
    sidecar.let_pass(30)
    reasons += [sidecar.reason("ada"), sidecar.reason("bob")]
    store.down = False
    sidecar.follow()
    reasons += [sidecar.reason("ada"), sidecar.reason("bob")]

    assert [
        "ALLOWED",
        "ALLOWED",
        "CONSENT_UNAVAILABLE",
        "STALE_CONSENT",
        "STALE_CONSENT",
        "ALLOWED",
        "ALLOWED",
    ] == reasons
    assert sidecar.reads("failed") >= 1
    assert 0 == sidecar.answer("ada").consent_age_ms // 1_000


def test_a_log_that_was_made_anew_is_not_read(store: Store, writer: Sidecar, sidecar: Sidecar) -> None:
    """Nobody in it has said no, so nobody becomes unknown: whoever was not held is denied, and it is reported."""
    writer.record("ada", "e1", "withdrawn")
    sidecar.follow()
    held = sidecar.reason("ada")
    store.become(Store(clock=sidecar.clock))
    before = sidecar.reason("bob")
    sidecar.follow()
    sidecar.let_pass(31)

    assert ["CONSENT_WITHDRAWN", "CONSENT_UNAVAILABLE"] == [held, before]
    assert "" != sidecar.cache.lost
    assert "STALE_CONSENT" == sidecar.reason("ada")
    assert sidecar.cache.lost in [error.message for error in sidecar.errors.latest()]


def test_a_log_that_descends_from_the_lost_one_is_gone_on_with(store: Store, writer: Sidecar, sidecar: Sidecar) -> None:
    """Under its own id; nothing that was held of the old one is left, and a token of that is refused."""
    token = writer.record("ada", "e1", "given").revision
    sidecar.follow()
    sidecar.reason("ada")
    restored = Store(ancestors=(store.log_id,), clock=sidecar.clock)
    Sidecar(restored).record("ada", "e2", "withdrawn")
    store.become(restored)
    for _ in range(3):
        sidecar.follow()

    assert "" == sidecar.cache.lost
    assert "CONSENT_WITHDRAWN" == sidecar.reason("ada")
    assert "STALE_CONSENT" == sidecar.reason("ada", at_least_as_fresh=token)


def test_several_people_in_one_question_are_each_read(writer: Sidecar, sidecar: Sidecar) -> None:
    """Though none of them was held; one who said no is enough."""
    others = [f"p{number}" for number in range(7)]
    for subject in ("ada", *others):
        writer.record(subject, "e1", "given")
    allowed = sidecar.reason("ada", *others)
    writer.record("p6", "e2", "withdrawn")
    sidecar.follow()

    assert ["ALLOWED", "CONSENT_WITHDRAWN"] == [allowed, sidecar.reason("ada", *others)]
    assert 8 == sidecar.reads()


def test_far_more_people_than_are_held_are_answered_right(store: Store, writer: Sidecar) -> None:
    """Whoever had to make room is read again."""
    sidecar = Sidecar(store, capacity=10, clock=FixedClock(writer.clock.now))
    for number in range(60):
        writer.record(f"p{number}", "e1", "withdrawn" if number % 3 else "given")
    sidecar.follow()
    reasons = [[sidecar.reason(f"p{number}") for number in range(60)] for _ in range(2)]

    assert [["CONSENT_WITHDRAWN" if number % 3 else "ALLOWED" for number in range(60)]] * 2 == reasons
    assert 11 == sidecar.cache.subjects
