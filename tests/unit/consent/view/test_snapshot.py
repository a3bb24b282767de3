"""A view on the disk: read back as it was, or thrown away; never believed too much."""

import logging
import stat
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.consent.profile import UNKNOWN_STANDING, Profile, Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view import snapshot as module
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.loading import Load
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.slots import Slots
from sidecar.consent.view.snapshot import DAY, Snapshot
from sidecar.errors import ConsentLogError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event, Traits
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import AgeBand
from tests.strategies import START, Step, catalogs, lives
from tests.unit.consent.desk import KEY, NOW, Desk, lived, no, sqlite_log, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import MemoryLog, Store

PSEUDONYMS = Pseudonyms(KEY)
EVERYBODY = [PSEUDONYMS.of(f"p{number}") for number in range(1_000)]


def file_of(folder: Path, log: MemoryLog | SqliteLog, pseudonyms: Pseudonyms = PSEUDONYMS) -> Snapshot:
    """The snapshot in *folder*."""
    return Snapshot(folder / "view.snapshot", log, pseudonyms, max_offline=30 * DAY)


def everything(slots: Slots) -> dict[bytes, Standing]:
    """Everybody's standing."""
    found = (slots.get(pseudonym) for pseudonym in EVERYBODY)
    return {pseudonym: standing for pseudonym, standing in zip(EVERYBODY, found, strict=True) if standing is not None}


@pytest.fixture
def desk() -> SharedDesk:
    """Three people's records in a log, and a view of it."""
    desk = SharedDesk(Store())
    desk.ledger.record("p0", yes("a"))
    desk.ledger.record("p1", yes("a"))
    desk.ledger.record("p2", no("a"))
    desk.catch_up()
    return desk


def saved(folder: Path, desk: SharedDesk, *, last_entry: int = 3, now: Instant = NOW) -> Path:
    """The file of the desk's view."""
    slots = desk.cache._slots
    file_of(folder, desk.log).write(
        slots, desk.cache.revision(), last_entry=last_entry, now=now, resolved_at=lambda: now
    )
    return folder / "view.snapshot"


# --- There and back ------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs(), st.lists(lives(most=4), max_size=4), st.integers(-1, 400))
def test_what_is_saved_comes_back(
    tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, life: list[tuple[Step, ...]], after: int
) -> None:
    """Every standing of any life, with its profile shared by all who have it."""
    log, slots = MemoryLog(Store()), Slots()
    for number, pseudonym in enumerate(EVERYBODY[: 3 * len(life)]):
        slots.put(pseudonym, resolve(lived(catalog, life[number % len(life)]), START + after))
    snapshot = file_of(tmp_path_factory.mktemp("view"), log)
    snapshot.write(slots, Revision(log.log_id, 0), last_entry=0, now=NOW, resolved_at=lambda: NOW)
    restored = snapshot.read(now=NOW)

    assert restored is not None
    assert everything(slots) == everything(restored.slots)
    assert (len(slots), slots.profiles) == (len(restored.slots), restored.slots.profiles)
    assert slots.profiles == len({id(standing.profile) for standing in everything(restored.slots).values()})


def test_nothing_of_a_profile_is_left_out() -> None:
    """One that has something new would come back without it."""
    assert {each.name for each in fields(Profile) if each.init} == set(module._Profile.__struct_fields__)


def test_slots_that_came_back_are_as_others(tmp_path: Path, desk: SharedDesk) -> None:
    """A profile is forgotten with its last user; who is new shares it."""
    saved(tmp_path, desk)
    restored = file_of(tmp_path, desk.log).read(now=NOW)

    assert restored is not None
    slots = restored.slots
    assert (3, 2) == (len(slots), slots.profiles)
    slots.put(EVERYBODY[9], slots.get(EVERYBODY[0]) or UNKNOWN_STANDING)
    slots.drop(EVERYBODY[2])
    assert (3, 1) == (len(slots), slots.profiles)
    for number in (0, 1, 9):
        slots.drop(EVERYBODY[number])
    assert (0, 0) == (len(slots), slots.profiles)


def test_a_snapshot_says_what_it_is_of(tmp_path: Path, desk: SharedDesk) -> None:
    """The position, an entry, the latest instant; the file is its owner's alone, and there is no draft left."""
    path = saved(tmp_path, desk)
    restored = file_of(tmp_path, desk.log).read(now=NOW)

    assert restored is not None
    assert (3, 3, NOW) == restored[1:]
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_a_snapshot_takes_the_place_of_the_one_before(tmp_path: Path, desk: SharedDesk) -> None:
    """As a whole; one that could not be written leaves it alone."""
    path = saved(tmp_path, desk)
    first = path.read_bytes()
    desk.ledger.record("p3", no("a"))
    desk.catch_up()

    def failing() -> Instant:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        file_of(tmp_path, desk.log).write(
            desk.cache._slots, desk.cache.revision(), last_entry=4, now=NOW, resolved_at=failing
        )
    kept = path.read_bytes()
    saved(tmp_path, desk, last_entry=4)

    assert first == kept != path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


# --- Thrown away ---------------------------------------------------------------------------------------------------


@pytest.fixture
def thrown_away(tmp_path: Path, desk: SharedDesk, caplog: pytest.LogCaptureFixture) -> Callable[[str, Instant], None]:
    """Asserts that the snapshot is not used, for a reason, and gone."""

    def check(because: str, now: Instant = NOW) -> None:
        with caplog.at_level(logging.WARNING):
            assert file_of(tmp_path, desk.log).read(now=now) is None
        assert because in vars(caplog.records[-1])["details"]["because"]
        assert not (tmp_path / "view.snapshot").exists()

    return check


def test_no_file_is_no_snapshot(tmp_path: Path, desk: SharedDesk, caplog: pytest.LogCaptureFixture) -> None:
    """And nothing to be said about."""
    assert file_of(tmp_path, desk.log).read(now=NOW) is None
    assert [] == caplog.records


def test_a_file_that_cannot_be_read_is_not_used(tmp_path: Path, desk: SharedDesk) -> None:
    """A folder, for example."""
    (tmp_path / "view.snapshot").mkdir()

    assert file_of(tmp_path, desk.log).read(now=NOW) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_never_used(tmp_path: Path, data: st.DataObject) -> None:
    """Whichever bit, cut, or addition: the log has everything, so nothing is lost."""
    desk = SharedDesk(Store())
    desk.ledger.record("p0", no("a"))
    desk.catch_up()
    path = saved(tmp_path, desk, last_entry=1)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "add"])):
        case "flip":
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del content[place:]
        case "add":
            content[place:place] = data.draw(st.binary(min_size=1, max_size=40).filter(lambda b: b))
    path.write_bytes(content)

    assert file_of(tmp_path, desk.log).read(now=NOW) is None


def test_a_file_with_something_behind_its_end_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None]
) -> None:
    """Nobody knows what that is."""
    path = saved(tmp_path, desk)
    path.write_bytes(path.read_bytes() + b"S")

    thrown_away("behind its end")


def test_a_file_under_another_key_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None]
) -> None:
    """Nobody in it would be found, and anybody could have written it."""
    file_of(tmp_path, desk.log, Pseudonyms(bytes(32))).write(
        desk.cache._slots, desk.cache.revision(), last_entry=0, now=NOW, resolved_at=lambda: NOW
    )

    thrown_away("another key")


def test_a_file_of_another_version_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it means this program does not know."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "VERSION", 9)
        saved(tmp_path, desk)

    thrown_away("version 9")


def test_a_view_of_another_log_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None]
) -> None:
    """Its positions mean nothing here."""
    saved(tmp_path, desk)
    desk.store.log_id = desk.log.log_id = "f" * 16

    thrown_away("ffffffffffffffff")


def test_a_view_that_is_too_old_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str, Instant], None]
) -> None:
    """What an erasure left in the log may be gone by then, and then nothing would tell of the erasure."""
    saved(tmp_path, desk)
    assert file_of(tmp_path, desk.log).read(now=NOW + 30 * DAY) is not None

    thrown_away("older than 30 days", NOW + 30 * DAY + 1)


def test_a_view_from_the_future_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str, Instant], None]
) -> None:
    """Who came of age by a clock that ran ahead is a child still."""
    saved(tmp_path, desk)
    assert file_of(tmp_path, desk.log).read(now=NOW - SECOND) is not None

    thrown_away("ahead", NOW - SECOND - 1)


def test_a_view_that_was_filled_in_the_future_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str, Instant], None]
) -> None:
    """Even if the clock was put right before it was saved."""
    file_of(tmp_path, desk.log).write(
        desk.cache._slots, desk.cache.revision(), last_entry=3, now=NOW, resolved_at=lambda: NOW + DAY
    )

    thrown_away("it was made under a clock that was ahead", NOW)


def test_a_view_that_was_saved_in_the_future_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str, Instant], None]
) -> None:
    """Even if it was filled before: how long ago it was saved, and what was forgotten since, nobody knows."""
    file_of(tmp_path, desk.log).write(
        desk.cache._slots, desk.cache.revision(), last_entry=3, now=NOW + DAY, resolved_at=lambda: NOW
    )

    thrown_away("how old it is nobody knows", NOW + DAY - SECOND - 1)


def test_a_view_that_has_seen_more_than_the_log_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None]
) -> None:
    """The log is an older backup: what it lacks would never be missed."""
    saved(tmp_path, desk)
    desk.store.position = 2

    thrown_away("older backup")


@pytest.mark.parametrize("gone", [False, True])
def test_a_view_of_a_log_that_went_another_way_is_not_used(
    tmp_path: Path, desk: SharedDesk, thrown_away: Callable[[str], None], *, gone: bool
) -> None:
    """An older backup to which something else was appended since; of an entry that was erased nobody can tell."""
    saved(tmp_path, desk)
    desk.ledger.record("p4", yes("later"))
    entry = desk.store.entries.pop(3)
    if not gone:
        desk.store.entries[3] = replace(entry, accepted_at=entry.accepted_at + 1)

    thrown_away("last entry")


def test_an_unreadable_log_is_an_error(tmp_path: Path, desk: SharedDesk) -> None:
    """Whether the snapshot is of any use is not known, and it stays."""
    path = saved(tmp_path, desk)
    desk.store.down = True
    with pytest.raises(ConsentLogError):
        file_of(tmp_path, desk.log).read(now=NOW)

    assert path.exists()


# --- A replica that starts from one --------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    """A log of one process."""
    with sqlite_log(tmp_path) as log:
        yield log


def replica(folder: Path, log: SqliteLog | MemoryLog, contact: Contact | None = None) -> Replica:
    """One that is saved to *folder*."""
    return Replica(log, PSEUDONYMS, contact=contact, load=Load(lambda: 0), snapshot=file_of(folder, log))


def test_a_warm_start_reads_only_what_came_since(tmp_path: Path, log: SqliteLog) -> None:
    """And has the same view as a cold one."""
    at_work = Desk(log, PSEUDONYMS)
    at_work.ledger.record("p0", yes("a"))
    first = replica(tmp_path, log)
    first.load(now=NOW)
    wrote = [first.save(now=NOW), first.save(now=NOW)]
    at_work.ledger.record("p0", no("b"))
    at_work.ledger.record("p1", yes("a"))
    second, heads = replica(tmp_path, log), log.heads
    log.heads = lambda: pytest.fail("everything is read")  # type: ignore[method-assign]
    second.load(now=NOW)
    log.heads = heads  # type: ignore[method-assign]

    assert [True, False] == wrote
    assert everything(at_work.cache._slots) == everything(second._slots)
    assert (3, 2) == (second.applied, second.subjects)
    assert second.save(now=NOW)


def test_what_the_clock_did_meanwhile_is_found_out_before_it_is_used(tmp_path: Path, log: SqliteLog) -> None:
    """A slot says until when it is good, however long it lay on the disk."""
    at_work = Desk(log, PSEUDONYMS)
    at_work.ledger.record("p0", Event(id="t", act=Traits(of_age_at=NOW + DAY)))
    first = replica(tmp_path, log)
    first.load(now=NOW)
    first.save(now=NOW)
    second = replica(tmp_path, log)
    second.load(now=NOW + 2 * DAY)
    held = second.lookup(EVERYBODY[0])
    second.refresh(EVERYBODY[0], now=NOW + 2 * DAY)
    grown = second.lookup(EVERYBODY[0])

    assert (AgeBand.CHILD, NOW + DAY) == (held.profile.age, held.changes_at)
    assert AgeBand.ADULT is grown.profile.age


def test_a_replica_of_a_shared_log_follows_from_where_it_was_saved(tmp_path: Path, desk: SharedDesk) -> None:
    """Own entries that were ahead of the feed come again, and change nothing."""
    desk.cache._snapshot = file_of(tmp_path, desk.log)
    desk.ledger.record("p1", no("b"))
    desk.cache.save(now=NOW)
    other = replica(tmp_path, desk.log, Contact())
    after = other.begin(now=NOW, resume=True)
    feed = desk.log.follow(after=after)
    fed = feed.take(0)

    assert 3 == after
    assert fed is not None
    other.take(fed.heads, through=fed.through, now=NOW)
    other.complete()
    desk.catch_up()
    assert everything(desk.cache._slots) == everything(other._slots)
    assert desk.cache.revision() == other.revision()


def test_a_replica_that_starts_over_is_empty(tmp_path: Path, desk: SharedDesk) -> None:
    """Or without a snapshot, or when it is not to resume."""
    desk.cache._snapshot = file_of(tmp_path, desk.log)
    desk.cache.save(now=NOW)
    other = replica(tmp_path, desk.log, Contact())

    assert other.begin(now=NOW, resume=False) is None


def test_a_view_that_is_replaced_while_it_is_saved_is_not_kept(tmp_path: Path, desk: SharedDesk) -> None:
    """What it had is being forgotten already: those would be missing, and one of them may have objected."""
    snapshot = file_of(tmp_path, desk.log)
    view = Replica(desk.log, PSEUDONYMS, contact=Contact(), snapshot=snapshot)

    def filled() -> None:
        view.begin(now=NOW, resume=False)
        view.take(tuple(desk.log.heads()), through=3, now=NOW)
        view.complete()

    filled()
    witness = snapshot._witness

    def replaced(position: int) -> tuple[int, bytes] | None:
        filled()
        return witness(position)

    snapshot._witness = replaced  # type: ignore[method-assign]
    with pytest.raises(ConsentLogError, match="replaced while it was saved"):
        view.save(now=NOW)
    snapshot._witness = witness  # type: ignore[method-assign]
    left = list(tmp_path.iterdir())

    assert ([], True) == (left, view.save(now=NOW))


def test_nothing_is_saved_of_a_lost_log_or_an_empty_one(tmp_path: Path) -> None:
    """Nor where nothing is to be saved."""
    desk = SharedDesk(Store())
    wrote = [desk.cache.save(now=NOW)]
    desk.cache._snapshot = file_of(tmp_path, desk.log)
    wrote.append(desk.cache.save(now=NOW))
    desk.ledger.record("p0", yes("a"))
    desk.catch_up()
    desk.contact.lose("gone")
    wrote.append(desk.cache.save(now=NOW))

    assert [False] * 3 == wrote
    assert [] == list(tmp_path.iterdir())
