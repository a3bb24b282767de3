"""The join: what is kept of two records of one subject."""

from msgspec.structs import replace

from sidecar.consent.record import EMPTY, Entry, Kind, Record, Seen, Trait, merge
from sidecar.model.scope import EVERYTHING
from sidecar.model.vocabulary import Actor

GRANT = Entry(kind=Kind.GIVEN, atom=EVERYTHING, at=10, event_id="a")


def record(*entries: Entry) -> Record:
    """A record with just these entries."""
    return Record(entries=entries, latest_at=max(entry.at for entry in entries))


def test_the_latest_choice_of_a_key_is_kept() -> None:
    """Whichever record it comes from."""
    later = replace(GRANT, at=11, event_id="b")

    assert record(later) == merge(record(GRANT), record(later)) == merge(record(later), record(GRANT))


def test_grants_that_differ_in_more_than_time_are_both_kept() -> None:
    """Explicit, actor and notice are part of a grant's key, not of a no's."""
    guardian = replace(GRANT, actor=Actor.GUARDIAN)
    no, other_no = (
        replace(GRANT, kind=Kind.REFUSED, actor=actor, event_id=actor) for actor in (Actor.SUBJECT, Actor.GUARDIAN)
    )

    assert {GRANT, guardian} == set(merge(record(GRANT), record(guardian)).entries)
    assert 1 == len(merge(record(no), record(other_no)).entries)


def test_of_equal_times_the_one_that_expires_sooner_is_kept() -> None:
    """In doubt less is given."""
    forever, soon = GRANT, replace(GRANT, expires_at=20)

    assert (soon,) == merge(record(forever), record(soon)).entries == merge(record(soon), record(forever)).entries


def test_a_horizon_voids_all_but_objections() -> None:
    """Whenever they arrive, and only what lies at or before it."""
    objection = replace(GRANT, kind=Kind.OBJECTED)
    after = replace(GRANT, at=21, explicit=True)
    old = Record(
        entries=(GRANT, objection, after),
        traits=(("jurisdiction", Trait(at=20, value="DE")), ("of_age_at", Trait(at=21, value=5))),
        erased_categories=(("user", 20), ("user.name", 21)),
        latest_at=21,
    )
    merged = merge(Record(horizon=20, latest_at=20), old)

    assert merged == merge(old, Record(horizon=20, latest_at=20))
    assert {objection, after} == set(merged.entries)
    assert (("of_age_at", Trait(at=21, value=5)),) == merged.traits
    assert (("user.name", 21),) == merged.erased_categories


def test_the_later_trait_wins_and_of_equal_times_the_younger_person() -> None:
    """Traits merge one by one."""
    one = Record(traits=(("of_age_at", Trait(at=1, value=9)), ("jurisdiction", Trait(at=2, value="DE"))))
    other = Record(traits=(("of_age_at", Trait(at=1, value=10)), ("jurisdiction", Trait(at=1, value="FR"))))

    assert (
        (("jurisdiction", Trait(at=2, value="DE")), ("of_age_at", Trait(at=1, value=10)))
        == merge(one, other).traits
        == merge(other, one).traits
    )


def test_the_later_horizon_and_erasure_win() -> None:
    """And what was never erased stays so."""
    one = Record(horizon=5, erased_categories=(("user", 6),), latest_at=6)
    other = Record(horizon=4, erased_categories=(("user", 8),), latest_at=8)

    assert Record(horizon=5, erased_categories=(("user", 8),), latest_at=8) == merge(one, other)
    assert EMPTY == merge(EMPTY, EMPTY)


def test_what_was_seen_is_the_first_records() -> None:
    """It is bookkeeping of the log, not a fact about the person."""
    seen = (Seen(event_id="a", digest=bytes(16), position=1, effective_at=1),)

    assert seen == merge(Record(seen=seen), EMPTY).seen
