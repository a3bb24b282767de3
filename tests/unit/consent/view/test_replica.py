"""The view of consent: slots, shared profiles, revisions, and how they move."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sidecar.consent.log import Head, LogEntry
from sidecar.consent.packing import pack
from sidecar.consent.profile import EMPTY_PROFILE, UNKNOWN_STANDING, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Entry, Kind, Record
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.shapes import Shapes
from sidecar.consent.view.slots import SHARDS
from sidecar.errors import ConsentLogError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event, Traits
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import AgeBand
from tests.strategies import START, Step, catalogs, lives
from tests.unit.consent.desk import KEY, NOW, Desk, desk, lived, no, sqlite_log, yes
from tests.worlds import EMAIL

PSEUDONYMS = Pseudonyms(KEY)
GRANT = Entry(kind=Kind.GIVEN, atom=Atom(EMAIL, "*", "email", "first_party"), at=5, event_id="a")
UNTIL = Record(entries=(Entry(kind=Kind.GIVEN, atom=GRANT.atom, at=5, event_id="a", expires_at=NOW + 10),))
AGREED = Record(entries=(GRANT,))
REFUSED = Record(entries=(Entry(kind=Kind.REFUSED, atom=GRANT.atom, at=7, event_id="b"),))


class FakeLog:
    """A log of given records, by subject; *broken* makes reading fail."""

    log_id = "0123456789abcdef"
    backend = "fake"

    def __init__(self, **records: Record) -> None:
        self.entries = {
            PSEUDONYMS.of(subject): entry(subject, record, position)
            for position, (subject, record) in enumerate(records.items(), start=1)
        }
        self.broken = False
        self.before_head: Callable[[], None] = lambda: None

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's entry."""
        self.ping()
        self.before_head()
        return self.entries.get(pseudonym)

    def heads(self) -> Iterator[Head]:
        """All entries."""
        for item in self.entries.values():
            yield Head(item.position, item.pseudonym, pack(item.record))

    def last_position(self) -> int:
        """How many there are."""
        return len(self.entries)

    def ping(self) -> None:
        """Whether it can be read."""
        if self.broken:
            raise ConsentLogError("gone")


def entry(subject: str, record: Record, position: int) -> LogEntry:
    """An entry that left *record*."""
    return LogEntry(
        position=position,
        pseudonym=PSEUDONYMS.of(subject),
        event=yes("a"),
        record=record,
        effective_at=1,
        accepted_at=1,
        sealed=b"",
    )


def loaded(log: FakeLog, now: Instant = NOW) -> Replica:
    """A cache that has taken over *log*."""
    cache = Replica(log, PSEUDONYMS)  # type: ignore[arg-type] # all that a cache needs of a log
    cache.load(now=now)
    return cache


def test_nobody_is_known_before_the_log_is_loaded() -> None:
    """Position 0, no subjects, and the standing of nobody."""
    cache = Replica(FakeLog(ada=AGREED), PSEUDONYMS)  # type: ignore[arg-type] # as above

    assert UNKNOWN_STANDING == cache.lookup(cache.pseudonym("ada"))
    assert (0, 0, 0) == (cache.applied, cache.subjects, cache.profiles)
    assert "0123456789abcdef.0" == str(cache.revision())


def test_a_loaded_cache_has_every_subject() -> None:
    """Each with what its record says now, up to the last position of the log."""
    cache = loaded(FakeLog(ada=AGREED, bob=REFUSED, eve=UNTIL))

    assert resolve(AGREED, NOW) == cache.lookup(cache.pseudonym("ada"))
    assert resolve(REFUSED, NOW) == cache.lookup(cache.pseudonym("bob"))
    assert resolve(UNTIL, NOW) == cache.lookup(cache.pseudonym("eve"))
    assert UNKNOWN_STANDING == cache.lookup(cache.pseudonym("zoe"))
    assert (3, 3) == (cache.applied, cache.subjects)
    assert ("0123456789abcdef", "", None) == (cache.log_id, cache.lost, cache.loading)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs(), st.lists(lives(most=4), max_size=3), st.integers(-1, 400))
def test_a_shape_is_resolved_only_once_and_right(catalog: Catalog, life: list[tuple[Step, ...]], after: int) -> None:
    """What is remembered of one record serves all of its shape, at any time, as if each had been resolved."""
    shapes = Shapes()
    records = [lived(catalog, steps) for steps in life]

    for now in (START + after, START + after // 2, START):
        for record in records:
            assert resolve(record, now) == shapes.standing(pack(record), now)


def test_subjects_that_said_the_same_share_a_profile() -> None:
    """Whenever they said it, and whether they came by the log or later; one without users is forgotten."""
    later = Record(entries=(Entry(kind=Kind.GIVEN, atom=GRANT.atom, at=99, event_id="z"),))
    cache = loaded(FakeLog(ada=AGREED, bob=later))
    cache.apply([entry("eve", AGREED, 3)], now=NOW)
    profiles = {id(cache.lookup(cache.pseudonym(name)).profile) for name in ("ada", "bob", "eve")}
    cache.apply([entry(name, REFUSED, 4) for name in ("ada", "bob")], now=NOW)
    both = cache.profiles
    cache.apply([entry("eve", REFUSED, 5)], now=NOW)

    assert 1 == len(profiles)
    assert (2, 1) == (both, cache.profiles)
    assert resolve(REFUSED, NOW) == cache.lookup(cache.pseudonym("eve"))


def test_an_entry_of_the_same_profile_keeps_it() -> None:
    """It is entered before the old slot is left."""
    cache = loaded(FakeLog(ada=AGREED))
    cache.apply([entry("ada", AGREED, 2)], now=NOW)

    assert (1, 1, 2) == (cache.profiles, cache.subjects, cache.applied)


def test_entries_are_applied_together() -> None:
    """The revision is the last position of all; it never goes back."""
    cache = loaded(FakeLog())
    cache.apply([entry("ada", AGREED, 9), entry("bob", REFUSED, 7)], now=NOW)
    first = cache.applied
    cache.apply([entry("eve", REFUSED, 8)], now=NOW)
    cache.apply([], now=NOW)

    assert (9, 9) == (first, cache.applied)


def test_the_slot_is_there_before_its_revision() -> None:
    """Whoever reads the revision first never sees one whose entries are missing."""
    cache = loaded(FakeLog())
    seen: list[tuple[int, bool]] = []
    pseudonym = cache.pseudonym("ada")

    def entries() -> Iterator[LogEntry]:
        yield entry("ada", REFUSED, 1)
        seen.append((cache.applied, cache.lookup(pseudonym) == resolve(REFUSED, NOW)))

    cache.apply(entries(), now=NOW)

    assert [(0, True)] == seen
    assert 1 == cache.applied


def test_a_slot_past_its_instant_is_resolved_again() -> None:
    """It says until when it is good; after that it is refreshed from the log."""
    cache = loaded(FakeLog(eve=UNTIL))
    pseudonym = cache.pseudonym("eve")
    before = cache.lookup(pseudonym)
    cache.refresh(pseudonym, now=NOW + 10)
    after = cache.lookup(pseudonym)

    assert NOW + 10 == before.changes_at
    assert resolve(UNTIL, NOW + 10) == after
    assert after.profile != before.profile
    assert after.changes_at is None
    assert 1 == cache.profiles


def test_refreshing_a_subject_without_a_record_changes_nothing() -> None:
    """It stays unknown."""
    cache = loaded(FakeLog())
    cache.refresh(cache.pseudonym("zoe"), now=NOW)

    assert EMPTY_PROFILE == cache.lookup(cache.pseudonym("zoe")).profile
    assert 0 == cache.subjects


def test_a_refresh_that_cannot_read_leaves_the_slot() -> None:
    """Its instant stays past, so whoever asks is denied, not served."""
    log = FakeLog(eve=UNTIL)
    cache = loaded(log)
    log.broken = True
    with pytest.raises(ConsentLogError):
        cache.refresh(cache.pseudonym("eve"), now=NOW + 10)

    assert NOW + 10 == cache.lookup(cache.pseudonym("eve")).changes_at


def test_a_refresh_does_not_overwrite_what_is_applied_meanwhile() -> None:
    """A withdrawal that arrives between reading and writing is not undone."""
    log = FakeLog(eve=UNTIL)
    cache = loaded(log)
    reading, go_on = Signal(), Signal()

    def pause() -> None:
        reading.set()
        go_on.wait(0.2)  # the other thread waits for this one; if it did not, it would be done by now

    log.before_head = pause
    refresh = Thread(target=cache.refresh, args=(cache.pseudonym("eve"),), kwargs={"now": NOW + 10})
    apply = Thread(target=cache.apply, args=([entry("eve", REFUSED, 2)],), kwargs={"now": NOW + 10})
    refresh.start()
    reading.wait()
    apply.start()
    apply.join(0.1)
    go_on.set()
    refresh.join()
    apply.join()

    assert resolve(REFUSED, NOW + 10) == cache.lookup(cache.pseudonym("eve"))


def test_the_view_ages_only_while_the_log_cannot_be_read() -> None:
    """From when it could last be read; nothing else writes to it, so while it can be read the view is complete."""
    log = FakeLog()
    cache = loaded(log, now=NOW)
    ages = [cache.age_ms(5_000_000)]
    cache.check(now=NOW, ticks=1_000_000)
    log.broken = True
    for later in (2_000_000, 3_000_000):
        with pytest.raises(ConsentLogError):
            cache.check(now=NOW, ticks=later)
        ages.append(cache.age_ms(later))
    ages.append(cache.age_ms(0))
    log.broken = False
    cache.check(now=NOW, ticks=4_000_000)
    ages.append(cache.age_ms(9_000_000))

    assert [0, 1_000, 2_000, 0, 0] == ages


def test_a_clock_that_is_put_right_has_everything_resolved_again(tmp_path: Path) -> None:
    """Somebody who came of age by a clock that ran ahead is a child again; small steps change nothing."""
    with desk(tmp_path) as at_work:
        at_work.now = NOW + 100_000_000
        at_work.ledger.record("ada", Event(id="t", act=Traits(of_age_at=NOW + 50_000_000)))
        pseudonym = at_work.cache.pseudonym("ada")
        ages = [at_work.cache.lookup(pseudonym).profile.age]
        for now in (NOW + 99_500_000, NOW):
            at_work.cache.check(now=now, ticks=0)
            changes_at = at_work.cache.lookup(pseudonym).changes_at
            if changes_at is not None and changes_at <= now:
                at_work.cache.refresh(pseudonym, now=now)
            ages.append(at_work.cache.lookup(pseudonym).profile.age)

    assert [AgeBand.ADULT, AgeBand.ADULT, AgeBand.CHILD] == ages


def test_what_is_doubted_is_read_before_it_is_used(tmp_path: Path) -> None:
    """Whether the subject had a slot or not; one that the log does not have leaves none."""
    with desk(tmp_path) as at_work:
        at_work.ledger.record("ada", yes("a"))
        before = at_work.cache.lookup(at_work.cache.pseudonym("ada"))
        pseudonyms = [at_work.cache.pseudonym(subject) for subject in ("ada", "nobody")]
        at_work.cache.distrust(pseudonyms)
        doubtful = [at_work.cache.lookup(pseudonym).changes_at for pseudonym in pseudonyms]
        for pseudonym in (*pseudonyms, at_work.cache.pseudonym("stranger")):
            at_work.cache.refresh(pseudonym, now=NOW)
        after = [at_work.cache.lookup(pseudonym) for pseudonym in pseudonyms]

        assert all(instant is not None and instant < 0 for instant in doubtful)
        assert [before, UNKNOWN_STANDING] == after
        assert (1, 1) == (at_work.cache.subjects, at_work.cache.profiles)


def test_a_view_that_was_never_complete_has_no_age() -> None:
    """It is not ready instead."""
    log = FakeLog()
    log.broken = True
    cache = Replica(log, PSEUDONYMS)  # type: ignore[arg-type] # all that a cache needs of a log
    with pytest.raises(ConsentLogError):
        cache.check(now=NOW, ticks=0)

    assert 0 == cache.age_ms(0)


def test_readers_see_whole_slots_while_a_writer_writes() -> None:
    """Each look-up gives one of the two standings, never a mixture."""
    cache = loaded(FakeLog(ada=AGREED))
    pseudonym = cache.pseudonym("ada")
    allowed = [resolve(AGREED, NOW), resolve(UNTIL, NOW), resolve(REFUSED, NOW)]
    stop, strange = Signal(), []

    def read() -> None:
        while not stop.is_set():
            standing = cache.lookup(pseudonym)
            if standing not in allowed:
                strange.append(standing)

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for position in range(2, 300):
        cache.apply([entry("ada", (AGREED, UNTIL, REFUSED)[position % 3], position)], now=NOW)
    stop.set()
    for reader in readers:
        reader.join()

    assert [] == strange


def test_a_subject_costs_at_most_250_bytes() -> None:
    """Half of them without instants of their own, a quarter with an end, a quarter with a no among three times."""
    busy = (*REFUSED.entries, *(replace(GRANT, at=at, atom=Atom(f"p{at}", "*", "*", "*")) for at in (11, 13)))
    kinds = (AGREED.entries, AGREED.entries, UNTIL.entries, busy)
    cache = loaded(FakeLog())
    people = 4_000
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(people):
        moved = tuple(replace(e, at=e.at + NOW + number) for e in kinds[number % 4])
        cache.apply([entry(f"person-{number}", Record(entries=moved), number + 1)], now=NOW)
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / people
    tracemalloc.stop()

    assert SHARDS >= 1_024
    assert people == cache.subjects
    assert size <= 250


def test_a_cache_over_a_real_log(tmp_path: Path) -> None:
    """What one process records, the next one starts with."""
    with desk(tmp_path) as first:
        first.ledger.record("ada", yes("a"))
        first.ledger.record("ada", no("b"))
        expected = first.cache.lookup(first.cache.pseudonym("ada"))
        revision = first.cache.revision()
    with sqlite_log(tmp_path) as log:
        second = Desk(log, PSEUDONYMS)

        assert expected == second.cache.lookup(second.cache.pseudonym("ada"))
        assert revision == second.cache.revision()


def test_an_empty_record_is_a_slot_too() -> None:
    """For example after the erasure of somebody unknown."""
    cache = loaded(FakeLog(ada=EMPTY))

    assert (1, 1) == (cache.subjects, cache.profiles)
