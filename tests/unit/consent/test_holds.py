"""Holds: placed, listed, released; nothing else is released with them, and none is forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent.holds import Holds, things_held
from sidecar.consent.ledger import Ledger
from sidecar.consent.limits import EVERYONE
from sidecar.errors import EventConflictError, RecordFullError, RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event, Lifting
from sidecar.model.renames import Renames
from sidecar.model.scope import Atom
from tests.unit.consent.desk import NOW, Desk, desk, yes
from tests.worlds import CATALOG, scope

CONTACT = scope(categories="user.contact")
ADDRESS = scope(categories="user.contact.email")
EVERYTHING = scope(categories="*")


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as at_work:
        yield at_work


@pytest.fixture
def holds(at_work: Desk) -> Holds:
    """Holds through its ledger."""
    return Holds(at_work.ledger, lambda: CATALOG)


def listed(holds: Holds) -> dict[str, list[str]]:
    """What stands: the categories by the hold's id."""
    return {hold.id: [atom.category for atom in hold.atoms] for hold in holds.standing()}


def held(at_work: Desk, catalog: Catalog = CATALOG) -> int:
    """How much the view says is held."""
    return things_held(at_work.cache.lookup(at_work.cache.pseudonym(EVERYONE)).profile, catalog.renames)


def test_a_hold_is_listed_with_its_reason_until_it_is_released(at_work: Desk, holds: Holds) -> None:
    """Since when, about what, why; in the log and in the view."""
    placed = holds.place("h", scope("marketing", "user.contact"), why="a laptop was stolen")
    (hold,) = holds.standing()

    assert (NOW, False, ()) == (placed.recorded.effective_at, placed.recorded.duplicate, placed.replaced)
    assert ("h", NOW, "a laptop was stolen") == (hold.id, hold.since, hold.why)
    assert (Atom("marketing", "user.contact", "*", "*"),) == hold.atoms
    assert 1 == held(at_work)

    released = holds.release("r", hold_id="h", why="it was found")
    assert (hold,) == released.released
    assert ((), ()) == (released.standing, holds.standing())
    assert 0 == held(at_work)
    assert ["a laptop was stolen", "it was found"] == [
        entry.event.note for entry in at_work.ledger.history(EVERYONE, after=0, limit=9)
    ]


def test_placing_and_releasing_again_changes_nothing(holds: Holds) -> None:
    """Under the same id with the same body; with another body it is a conflict."""
    first = holds.place("h", CONTACT, why="w")
    again = holds.place("h", CONTACT, why="w")
    once = holds.release("r", hold_id="h")
    twice = holds.release("r", hold_id="h")

    assert replace(first.recorded, duplicate=True) == again.recorded
    assert replace(once.recorded, duplicate=True) == twice.recorded
    assert once.released == twice.released
    with pytest.raises(EventConflictError):
        holds.place("h", ADDRESS, why="w")
    with pytest.raises(EventConflictError):
        holds.release("r", scope=CONTACT)


def test_by_its_scope_a_release_ends_all_at_or_below(holds: Holds) -> None:
    """Of a hold about several things, what lies outside stays."""
    holds.place("a", CONTACT, why="w")
    holds.place("b", scope(categories="user.contact.email user.health"), why="w")
    released = holds.release("r", scope=CONTACT)

    assert {"b": ["user.health"]} == listed(holds)
    assert [("a", ["user.contact"]), ("b", ["user.contact.email"])] == [
        (hold.id, [atom.category for atom in hold.atoms]) for hold in released.released
    ]
    assert ["b"] == [hold.id for hold in released.standing]
    assert () == holds.release("r2", scope=scope("law")).released
    assert ["b"] == [hold.id for hold in holds.release("r3", scope=EVERYTHING).released]


def test_by_its_id_only_that_hold_is_released(at_work: Desk, holds: Holds) -> None:
    """A later one below it stays, and so does one about the same that came between its placing and now."""
    holds.place("wide", EVERYTHING, why="w")
    at_work.now += 10
    holds.place("narrow", ADDRESS, why="w")
    released = holds.release("r", hold_id="wide")

    assert ["wide"] == [hold.id for hold in released.released]
    assert ["narrow"] == list(listed(holds))


def test_an_older_hold_below_it_is_in_the_way(holds: Holds) -> None:
    """It would go with it, and nobody has said that it may: placed again under another id it does not."""
    holds.place("narrow", ADDRESS, why="w")
    holds.place("wide", CONTACT, why="w")
    with pytest.raises(RequestError, match="older hold `narrow` lies at or below it"):
        holds.release("r", hold_id="wide")
    assert ["narrow", "wide"] == list(listed(holds))

    holds.place("narrow-again", ADDRESS, why="w")
    holds.release("r", hold_id="wide")
    assert ["narrow-again"] == list(listed(holds))


def test_the_same_scope_held_twice_is_one_hold(holds: Holds) -> None:
    """The later id counts; the former is told, each time that this is repeated, and has nothing left to release."""
    holds.place("one", scope(categories="user.contact user.health"), why="w")
    (one,) = holds.standing()
    placed = [holds.place("two", scope(categories="user.contact user.health"), why="again") for _ in range(2)]

    assert [(one,), (one,)] == [each.replaced for each in placed]
    assert ["two"] == list(listed(holds))
    with pytest.raises(RequestError, match="hold `one` does not stand any more"):
        holds.release("r", hold_id="one")


def test_of_a_hold_that_is_placed_again_in_part_that_part_is_told(holds: Holds) -> None:
    """What it holds besides stands as before; a hold above or below takes nothing."""
    holds.place("one", scope(categories="user.contact user.health"), why="w")
    (told,) = holds.place("two", scope(categories="user.health"), why="again").replaced
    apart = holds.place("three", ADDRESS, why="again").replaced

    assert ("one", ["user.health"], "w") == (told.id, [atom.category for atom in told.atoms], told.why)
    assert ["user.contact"] == listed(holds)["one"]
    assert () == apart


def test_what_can_be_held_again_after_a_release(holds: Holds) -> None:
    """A release says nothing about what comes later; what it told the first time it does not tell again."""
    holds.place("one", EVERYTHING, why="w")
    holds.release("r1", scope=EVERYTHING)
    holds.place("two", ADDRESS, why="w")
    released = holds.release("r2", scope=EVERYTHING)

    assert ["two"] == [hold.id for hold in released.released]
    assert {} == listed(holds)


@pytest.mark.parametrize(
    ("act", "field"),
    [
        pytest.param(lambda h: h.place("h", scope(), why="w"), "scope", id="nothing-named"),
        pytest.param(lambda h: h.place("h", CONTACT, why=""), "why", id="no-reason"),
        pytest.param(lambda h: h.place("h", CONTACT, why="w" * 257), "why", id="long-reason"),
        pytest.param(lambda h: h.place("h", CONTACT, why="a\nb"), "why", id="lines"),
        pytest.param(lambda h: h.place("", CONTACT, why="w"), "id", id="no-id"),
        pytest.param(lambda h: h.place("h", scope(categories="users"), why="w"), "scope.categories[0]", id="unknown"),
        pytest.param(lambda h: h.release("r", scope=scope()), "scope", id="release-nothing"),
        pytest.param(lambda h: h.release("r", scope=scope("nothing")), "scope.purposes[0]", id="release-unknown"),
        pytest.param(lambda h: h.release("r", hold_id="x"), "hold_id", id="no-such-hold"),
    ],
)
def test_what_is_malformed_changes_nothing(holds: Holds, act: object, field: str) -> None:
    """And is told by the field of the request."""
    with pytest.raises(RequestError) as caught:
        act(holds)  # type: ignore[operator]

    assert field == caught.value.field
    assert () == holds.standing()


def test_a_release_is_no_hold_that_could_be_released(holds: Holds) -> None:
    """Its id is one of the log, but not of a hold."""
    holds.release("r", scope=EVERYTHING)

    with pytest.raises(RequestError, match="there is no hold `r`"):
        holds.release("r2", hold_id="r")


def test_nobody_can_be_called_everyone(at_work: Desk) -> None:
    """What is sent about a person never reaches the record of holds."""
    with pytest.raises(RequestError, match="subject"):
        at_work.ledger.record(EVERYONE, yes("a"))
    with pytest.raises(RequestError, match="subject"):
        at_work.ledger.erase(EVERYONE, "e")
    with pytest.raises(RequestError):
        at_work.ledger.record_for_everyone(Event(id="x", act=Lifting(scope=EVERYTHING)))  # not by an operator


def test_a_release_that_no_longer_fits_is_refused(holds: Holds) -> None:
    """By the bounds of any record; the hold stands."""
    holds.place("h", CONTACT, why="w")
    with pytest.raises(RecordFullError):
        holds.release("r", scope=scope(" ".join(["law"] * 65), "user"))

    assert ["h"] == list(listed(holds))


def test_holds_follow_renames(at_work: Desk) -> None:
    """What is held under its old name is, under its new one, and can be released under that."""
    renamed = replace(
        CATALOG,
        categories={**CATALOG.categories, "user.reach": CATALOG.categories["user.contact"]},
        renames=Renames(categories={"user.contact": "user.reach"}),
    )
    Holds(at_work.ledger, lambda: CATALOG).place("h", CONTACT, why="w")
    ledger = Ledger(at_work.log, at_work.cache, at_work.pseudonyms, catalog=lambda: renamed, clock=lambda: at_work.now)
    later = Holds(ledger, lambda: renamed)

    assert 1 == held(at_work, renamed)
    assert ["h"] == list(listed(later))
    assert ["h"] == [hold.id for hold in later.release("r", scope=scope(categories="user.reach")).released]
    assert {} == listed(later)


def test_a_hold_by_a_clock_that_is_ahead_can_be_released(at_work: Desk, holds: Holds) -> None:
    """By a sidecar whose clock has not come that far."""
    at_work.now += 10**9
    holds.place("h", CONTACT, why="w")
    at_work.now -= 2 * 10**9
    holds.release("r", hold_id="h")

    assert ({}, 0) == (listed(holds), held(at_work))
