"""A log that is gone through: what is as it should be, and each way in which something is not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from sidecar.consent.audit.differences import Difference, Kind
from sidecar.consent.audit.heads import Heads
from sidecar.consent.audit.holes import Holes
from sidecar.consent.audit.refold import Counts, Refolding
from sidecar.consent.holds import Holds
from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import LogEntry
from sidecar.consent.record import Record, Trait
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event, LinkTo, Restriction, Traits
from sidecar.model.instant import DAY
from sidecar.model.renames import Renames
from tests.unit.consent.desk import NOW, Desk, desk, no, yes
from tests.worlds import CATALOG, EMAIL, choice, scope, submission


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk."""
    with desk(tmp_path) as one:
        yield one


def fill(one: Desk) -> list[LogEntry]:
    """The entries of the log of *one*, which has seen everything then."""
    ledger = one.ledger
    for number in range(70):
        one.now += 1
        ledger.record("ada", yes(f"a{number}") if number % 2 else no(f"a{number}"))
    ledger.record("bob", Event(id="b1", act=Traits(of_age_at=NOW + 5, jurisdiction="DE")))
    ledger.record("bob", Event(id="b2", act=Restriction(scope=scope("marketing", "", "", "third_party"))))
    ledger.record("bob", yes("b3", one.now - 50))
    past = (yes("e1", 5), no("e2", 6), no("e3", one.now + DAY))
    ledger.import_lines([ImportLine(line=1, subject="eve", event=event) for event in past])
    ledger.erase("eve", "e4", ["user.contact"])
    ledger.record("cat", submission("c0", choice("objected", scope("marketing"))))
    ledger.record("cat", yes("c1"))
    ledger.erase("cat", "c3")
    ledger.record("cat", yes("c4"))
    ledger.record("fay", no("f0"))
    ledger.record("fay", Event(id="f1", act=LinkTo(other_subject="gus")))
    ledger.import_lines([ImportLine(line=1, subject="gus", event=no("g0", 7, about=scope("content")))])
    ledger.erase("fay", "f2")
    ledger.record("fay", Event(id="f3", act=LinkTo(other_subject="gus")))
    Holds(ledger, lambda: CATALOG).place("h", scope(categories="user"), why="w")
    Holds(ledger, lambda: CATALOG).release("r", hold_id="h")
    ledger.erase("dan", "d0")
    ledger.erase("dan", "d1")
    return list(one.log.entries(after=0, limit=1_000))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> list[LogEntry]:
    """The entries of a log that has seen everything."""
    with desk(tmp_path_factory.mktemp("full")) as one:
        return fill(one)


def found(entries: Iterable[LogEntry], catalog: Catalog = CATALOG) -> tuple[list[Difference], Counts]:
    """What is wrong with *entries*, and how they came out."""
    with closing(Heads()) as heads:
        refolding = Refolding(catalog, heads)
        differences = [refolding.take(entry) for entry in entries]
        return [difference for difference in differences if difference is not None], refolding.counts


def kinds(entries: Iterable[LogEntry], catalog: Catalog = CATALOG) -> list[tuple[int, Kind]]:
    """Where something is wrong, and what."""
    return [(difference.position, difference.kind) for difference in found(entries, catalog)[0]]


def at(entries: Sequence[LogEntry], event_id: str) -> int:
    """The place of the entry with *event_id*."""
    return next(place for place, entry in enumerate(entries) if entry.event.id == event_id)


def changed(entries: list[LogEntry], event_id: str, change: Callable[[LogEntry], LogEntry]) -> list[LogEntry]:
    """*entries* with one of them changed."""
    place = at(entries, event_id)
    return [*entries[:place], change(entries[place]), *entries[place + 1 :]]


def recorded(entry: LogEntry, **parts: object) -> LogEntry:
    """*entry* with other parts of its record."""
    return replace(entry, record=structs.replace(entry.record, **parts))


def test_what_a_ledger_wrote_is_as_it_should_be(full: list[LogEntry]) -> None:
    """Acts now and claimed, imports, erasures of both kinds, people who came back, ids that were forgotten."""
    differences, counts = found(full)

    assert [] == differences
    assert Counts(entries=len(full)) == counts


def test_an_erasure_that_is_read_while_it_happens_is_as_it_should_be(at_work: Desk) -> None:
    """The tombstone comes behind entries that were read before it removed them."""
    full = fill(at_work)
    at_work.ledger.erase("bob", "b-gone")

    assert [] == kinds([*full, *at_work.log.entries(after=full[-1].position, limit=9)])


def test_a_record_that_was_changed_is_told_and_the_next_one_is_not(full: list[LogEntry]) -> None:
    """With the right key in hand somebody made a no of the record a yes; the entries after it are right."""
    before = full[at(full, "a40")]

    entries = changed(full, "a40", lambda entry: recorded(entry, entries=full[at(full, "a41")].record.entries))
    (difference,), counts = found(entries)

    assert (before.position, Kind.RECORD) == (difference.position, difference.kind)
    assert "its record is not what the event makes of the one before: entries" == difference.message
    assert len(full) == counts.entries


def test_every_part_of_a_record_is_looked_at(full: list[LogEntry]) -> None:
    """Traits, horizon, erased categories, the latest instant; the message names the part."""
    for parts, name in (
        ({"traits": (("jurisdiction", Trait(at=NOW, value="AT")),)}, "traits"),
        ({"horizon": NOW}, "horizon"),
        ({"erased_categories": (("user", NOW),)}, "erased categories"),
        ({"latest_at": 3}, "latest at"),
    ):
        place = at(full, "b2")
        (difference,), _ = found([*full[:place], recorded(full[place], **parts), *full[place + 1 :]])
        assert f"of the one before: {name}" in difference.message


def test_a_record_that_stays_changed_is_told_once(full: list[LogEntry]) -> None:
    """What follows from it follows from it; only where it went wrong is to be looked at."""
    entries = changed(full, "b2", lambda entry: recorded(entry, entries=()))
    last = at(entries, "b3")
    kept = entries[last].record.entries
    entries = changed(
        entries, "b3", lambda entry: recorded(entry, entries=tuple(one for one in kept if one.event_id == "b3"))
    )

    assert [(full[at(full, "b2")].position, Kind.RECORD)] == kinds(entries)


def test_an_effective_time_that_was_changed_is_told(full: list[LogEntry]) -> None:
    """Of the entry and of what the record remembers of it."""

    def later(entry: LogEntry) -> LogEntry:
        *earlier, own = entry.record.seen
        seen = (*earlier, structs.replace(own, effective_at=own.effective_at + 1))
        return replace(recorded(entry, seen=seen), effective_at=entry.effective_at + 1)

    assert [(full[at(full, "c4")].position, Kind.EFFECTIVE_AT)] == kinds(changed(full, "c4", later))


def test_an_event_that_was_changed_is_told(full: list[LogEntry]) -> None:
    """The record remembers a digest of it."""
    entries = changed(full, "a40", lambda entry: replace(entry, event=yes("a40")))

    assert [(full[at(full, "a40")].position, Kind.EARLIER)] == kinds(entries)


def test_an_entry_that_is_missing_is_told_by_the_next_one(full: list[LogEntry]) -> None:
    """In the middle of somebody's history, and at its beginning."""
    middle = [entry for entry in full if entry.event.id != "a40"]
    beginning = [entry for entry in full if entry.event.id != "b1"]
    (difference,), _ = found(middle)

    assert (full[at(full, "a41")].position, Kind.MISSING) == (difference.position, difference.kind)
    assert f"the entry at position {full[at(full, 'a40')].position} of the same person" in difference.message
    assert [(full[at(full, "b2")].position, Kind.MISSING)] == kinds(beginning)


def test_entries_in_the_wrong_place_are_told(full: list[LogEntry]) -> None:
    """An entry put twice, one of somebody else, and one whose record remembers nothing."""
    forgetful = changed(full, "b2", lambda entry: recorded(entry, seen=()))
    alone = changed(full, "b1", lambda entry: recorded(entry, seen=()))

    assert (full[at(full, "b2")].position, Kind.EARLIER) in kinds(forgetful)
    assert (full[at(full, "b1")].position, Kind.EARLIER) in kinds(alone)
    assert [(full[at(full, "b1")].position, Kind.EARLIER)] == kinds([full[at(full, "b1")], full[at(full, "b1")]])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda record, _: structs.replace(record, horizon=None), id="without-horizon"),
        pytest.param(lambda record, other: structs.replace(record, entries=other.entries), id="with-a-choice"),
        pytest.param(lambda record, _: structs.replace(record, latest_at=0), id="long-ago"),
    ],
)
def test_an_erasure_that_keeps_what_it_voids_is_told(
    full: list[LogEntry], change: Callable[[Record, Record], Record]
) -> None:
    """Nothing is left to make it from again, but what it may say is known."""
    other = full[at(full, "b3")].record
    entries = changed(full, "c3", lambda entry: replace(entry, record=change(entry.record, other)))

    assert (full[at(full, "c3")].position, Kind.ERASURE) in kinds(entries)


def test_what_the_catalog_no_longer_has_is_counted_and_is_no_difference(full: list[LogEntry]) -> None:
    """A purpose that is gone, say: with the reason; what can be made again still is."""
    purposes = {key: purpose for key, purpose in CATALOG.purposes.items() if key != EMAIL}
    catalog = replace(CATALOG, purposes=purposes)
    differences, counts = found(full, catalog)

    assert [] == differences
    assert 70 < counts.unknown < counts.entries
    assert counts.unknown == sum(counts.whys.values())
    assert any(EMAIL in why for why in counts.whys)
    broken = changed(full, "b2", lambda entry: recorded(entry, entries=()))
    assert [(full[at(full, "b2")].position, Kind.RECORD)] == kinds(broken, catalog)


def test_what_the_catalog_calls_otherwise_now_is_compared_under_its_present_name(at_work: Desk) -> None:
    """Purposes, recipients and notices: counted, and damage is still seen."""
    event = submission(
        "a", choice("given", scope(EMAIL, "user.contact"), notice=("home", 1)), choice("refused", scope("content"))
    )
    at_work.ledger.record("ada", event)
    entries = list(at_work.log.entries(after=0, limit=9))
    catalog = replace(
        CATALOG,
        purposes={**CATALOG.purposes, "stuff": replace(CATALOG.purposes["content"], key="stuff")},
        notices={**CATALOG.notices, ("house", 1): replace(CATALOG.notices["home", 1], key="house")},
        renames=Renames(purposes={"content": "stuff"}, notices={"home": "house"}),
    )
    differences, counts = found(entries, catalog)
    broken = [recorded(entries[0], entries=entries[0].record.entries[:1])]

    assert [] == differences
    assert 1 == counts.renamed
    assert [(1, Kind.RECORD)] == kinds(broken, catalog)


def holes(entries: Iterable[LogEntry], remembered_from: int | None = None) -> list[Difference]:
    """The holes in *entries* that nothing accounts for."""
    found = Holes(remembered_from=remembered_from)
    for entry in entries:
        found.take(entry)
    return found.unaccounted()


def test_what_erasures_removed_is_accounted_for(full: list[LogEntry]) -> None:
    """The tombstone remembers where it was."""
    assert [entry.position for entry in full] != list(range(1, len(full) + 1))
    assert [] == holes(full)


def test_the_last_entry_of_somebody_that_was_removed_leaves_a_hole(full: list[LogEntry]) -> None:
    """Nothing else of that person tells; one hole, or several next to each other."""
    gone = full[at(full, "b3")].position
    one = holes(entry for entry in full if entry.position != gone)
    two = holes(entry for entry in full if entry.position not in (gone, gone - 1))

    assert [(gone + 1, Kind.REMOVED)] == [(difference.position, difference.kind) for difference in one]
    assert f"no entry at position {gone}, and no erasure" in one[0].message
    assert f"no entry at 2 positions from {gone - 1} on" in two[0].message


def test_what_may_be_of_somebody_with_a_long_history_is_let_be(at_work: Desk) -> None:
    """An erasure remembers 64 events; a hole before the first of them may have been one more."""
    full = fill(at_work)
    at_work.ledger.erase("ada", "a-gone")
    entries = list(at_work.log.entries(after=0, limit=999))
    gone = full[at(full, "b2")].position

    assert [] == holes(entries)
    assert [gone] == [
        difference.position - 1 for difference in holes(entry for entry in entries if entry.position != gone)
    ]


def test_holes_of_a_time_whose_erasures_may_be_forgotten_are_let_be(full: list[LogEntry]) -> None:
    """A younger one is not: its erasure would still be there."""
    gone = full[at(full, "b2")]
    entries = [entry for entry in full if entry.position not in (1, gone.position)]
    before = full[at(full, "b1")].accepted_at

    assert [2, gone.position + 1] == [difference.position for difference in holes(entries)]
    assert [gone.position + 1] == [difference.position for difference in holes(entries, remembered_from=before)]
    assert [] == holes(entries, remembered_from=before + 1)


def test_heads_can_be_gone_through(full: list[LogEntry]) -> None:
    """Everybody once, with the last entry."""
    with closing(Heads()) as heads:
        refolding = Refolding(CATALOG, heads)
        for entry in full:
            refolding.take(entry)
        lasts = list(heads.each())
        nobody = heads.get(bytes(16))

        assert 8 == len(heads) == len(lasts)
    assert {entry.pseudonym: entry.position for entry in full} == {last.pseudonym: last.position for last in lasts}
    assert nobody is None
