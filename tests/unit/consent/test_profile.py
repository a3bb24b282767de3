"""Records with the clock taken out."""

import pytest

from sidecar.consent.profile import EMPTY_PROFILE, UNKNOWN_STANDING, Profile, Standing, resolve, trace
from sidecar.consent.record import EMPTY, Entry, Kind, Record, Trait
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant
from sidecar.model.scope import EVERYTHING, Atom
from sidecar.model.vocabulary import Actor, AgeBand


def entry(kind: Kind, at: Instant, event_id: str = "a", *, expires_at: Instant | None = None) -> Entry:
    """An entry about everything."""
    return Entry(kind=kind, atom=EVERYTHING, at=at, event_id=event_id, expires_at=expires_at)


def record(*entries: Entry, **traits: int | str) -> Record:
    """A record with these entries and traits."""
    return Record(entries=entries, traits=tuple((name, Trait(at=1, value=value)) for name, value in traits.items()))


def test_an_empty_record_is_an_unknown_subject() -> None:
    """It costs nothing to tell them apart, so they are not told apart."""
    assert UNKNOWN_STANDING == resolve(EMPTY, 5)
    assert EMPTY_PROFILE == resolve(EMPTY, 5).profile


@pytest.mark.parametrize("times", [(), (7,), (-(2**63), 0, 2**63 - 1)])
@pytest.mark.parametrize("changes_at", [None, 9])
def test_a_standing_gives_back_what_it_was_made_of(times: tuple[Instant, ...], changes_at: Instant | None) -> None:
    """Packed or not; it is plain if it has nothing but its profile."""
    profile = Profile(jurisdiction="nl")
    standing = Standing.of(profile, changes_at, times)

    assert (profile, changes_at, times) == (standing.profile, standing.changes_at, standing.times)
    assert (changes_at is None and not times) is standing.plain
    assert Standing.of(Profile(jurisdiction="nl"), changes_at, times) == standing
    assert Standing.of(profile, 8, times) != standing


def test_records_equal_up_to_relative_order_share_a_profile() -> None:
    """Names of events and lengths of time are gone, the order is not."""
    one = resolve(record(entry(Kind.GIVEN, 10, "a"), entry(Kind.REFUSED, 20, "b")), 100)
    other = resolve(record(entry(Kind.GIVEN, 11, "x"), entry(Kind.REFUSED, 99, "y")), 100)
    swapped = resolve(record(entry(Kind.REFUSED, 10, "a"), entry(Kind.GIVEN, 20, "b")), 100)

    assert one.profile == other.profile
    assert hash(one.profile) == hash(other.profile)
    assert one.profile != swapped.profile


def test_equal_entries_of_different_profiles_are_one_object() -> None:
    """A million people have tens of thousands of profiles, but only some hundred different entries."""
    alone = resolve(record(entry(Kind.GIVEN, 10)), 100).profile
    more = resolve(record(entry(Kind.GIVEN, 11), entry(Kind.REFUSED, 20, "b")), 100).profile

    assert alone != more
    assert alone.entries[0] is more.entries[0]


def test_entries_of_one_event_stay_together() -> None:
    """Whether two choices were made together is part of the profile."""
    together = resolve(record(entry(Kind.GIVEN, 10, "a"), entry(Kind.REFUSED, 20, "a")), 100)
    apart = resolve(record(entry(Kind.GIVEN, 10, "a"), entry(Kind.REFUSED, 20, "b")), 100)

    assert together.profile != apart.profile


@pytest.mark.parametrize(("now", "expired", "changes_at"), [(49, False, 50), (50, True, None), (51, True, None)])
def test_a_grant_expires_at_its_instant(now: Instant, expired: bool, changes_at: Instant | None) -> None:  # noqa: FBT001
    """Not a microsecond later, and the standing says when."""
    standing = resolve(record(entry(Kind.GIVEN, 10, expires_at=50)), now)

    assert [expired] == [item.expired for item in standing.profile.entries]
    assert changes_at == standing.changes_at


@pytest.mark.parametrize(
    ("now", "traits", "age", "changes_at"),
    [
        (5, {}, AgeBand.UNKNOWN, None),
        (5, {"digital_consent_at": 10, "of_age_at": 20}, AgeBand.CHILD, 10),
        (10, {"digital_consent_at": 10, "of_age_at": 20}, AgeBand.TEEN, 20),
        (20, {"digital_consent_at": 10, "of_age_at": 20}, AgeBand.ADULT, None),
        (5, {"of_age_at": 20}, AgeBand.CHILD, 20),
        (20, {"of_age_at": 20}, AgeBand.ADULT, None),
        (9, {"digital_consent_at": 10}, AgeBand.CHILD, 10),
        (10, {"digital_consent_at": 10}, AgeBand.TEEN, None),
    ],
)
def test_age_follows_the_instants(now: Instant, traits: dict[str, int], age: AgeBand, changes_at: int | None) -> None:
    """At or past coming of age adult, else at or past digital consent teen, else child if either is known."""
    standing = resolve(record(**traits), now)

    assert (age, changes_at) == (standing.profile.age, standing.changes_at)


def test_the_jurisdiction_is_part_of_the_profile() -> None:
    """It decides the lawful basis."""
    assert "DE" == resolve(record(jurisdiction="DE"), 5).profile.jurisdiction


@pytest.mark.parametrize(
    ("grants", "erased"),
    [
        ((), True),
        ((Actor.SUBJECT,), False),
        ((Actor.GUARDIAN,), False),
        ((Actor.OPERATOR, Actor.SYSTEM), True),
    ],
)
def test_only_the_person_or_a_guardian_ends_an_erasure(grants: tuple[Actor, ...], erased: bool) -> None:  # noqa: FBT001
    """By a grant after the horizon."""
    entries = tuple(Entry(kind=Kind.GIVEN, atom=EVERYTHING, at=11, event_id=actor, actor=actor) for actor in grants)

    assert erased is resolve(Record(entries=entries, horizon=10), 50).profile.erased


def test_a_slot_keeps_the_times_only_of_those_who_said_no() -> None:
    """They are needed to tell when to ask again, and for nothing else."""
    yes = resolve(record(entry(Kind.GIVEN, 10)), 100)
    no = resolve(
        Record(entries=(entry(Kind.GIVEN, 10), entry(Kind.REFUSED, 20)), erased_categories=(("user", 15),)), 100
    )

    assert () == yes.times
    assert (10, 15, 20) == no.times
    assert (("user", 1),) == no.profile.erased_categories


def test_a_trace_names_the_entry_behind_each_entry() -> None:
    """In the same order, with all that a profile leaves out."""
    entries = tuple(
        Entry(
            kind=Kind.GIVEN,
            atom=Atom(purpose, "*", "*", "*"),
            at=10,
            event_id="a",
            notice=NoticeRef(key="home", version=2),
        )
        for purpose in ("b", "a")
    )
    standing, sources = trace(record(*entries), 100)

    assert [item.atom for item in standing.profile.entries] == [source.atom for source in sources]
    assert {("home", 2)} == {item.notice for item in standing.profile.entries}
