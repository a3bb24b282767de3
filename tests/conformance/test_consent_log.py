"""What every backend of the consent log must do; a new one joins by adding itself to ``BACKENDS``.

What a test here may know of a backend is in ``Backend``: how to open a log, how to break it, where its bytes are.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from sidecar.consent.fold import fold
from sidecar.consent.log import ConsentLog, Follower, LogEntry, Mark, NewEntry, erases_person
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.packing import unpack
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.errors import ConsentLogError, LogConflictError, RequestError
from sidecar.model.catalog import Catalog, Recipient
from sidecar.model.event import Erasure, Event
from tests.nats_server import coordinates, keep, shared_server
from tests.unit.consent.desk import KEY, NOW, no, yes
from tests.worlds import CATALOG, scope

ADA, BOB = b"ada-------------", b"bob-------------"
MARKER = "marker-of-a-person"

_APPENDER = """
import sys
from pathlib import Path
from tests.conformance.test_consent_log import ADA, BACKENDS, append, yes
backend, folder = sys.argv[1:]
with BACKENDS[backend].opened(Path(folder)) as log:
    for number in range(1_000_000):
        print(append(log, ADA, yes(f"e{number}")), flush=True)
"""


@dataclass(frozen=True)
class Backend:
    """One kind of log; *full* makes appending fail for want of space while it is entered."""

    open: Callable[[Path], ConsentLog]
    full: Callable[[ConsentLog], AbstractContextManager[None]]
    files: Callable[[Path], Iterable[Path]]
    transactional: bool  # of a batch that fails all is there or nothing; else any part of it

    @contextmanager
    def opened(self, folder: Path) -> Iterator[ConsentLog]:
        """The log in *folder*, closed in the end."""
        log = self.open(folder)
        try:
            yield log
        finally:
            log.close()


@contextmanager
def _sqlite_full(log: ConsentLog) -> Iterator[None]:
    assert isinstance(log, SqliteLog)
    pages = log._writer.execute("PRAGMA page_count").fetchone()[0]
    log._writer.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        log._writer.execute("PRAGMA max_page_count = 1000000")


def _open_nats(folder: Path) -> NatsLog:
    settings = coordinates(folder)
    if settings is None:
        settings = shared_server().settings()
        draft = NatsLog.draft(settings, Pseudonyms(KEY))
        try:
            draft.finish()
        finally:
            draft.discard()
        keep(settings, folder)
    return NatsLog.open(settings, Pseudonyms(KEY))


@contextmanager
def _nats_full(log: ConsentLog) -> Iterator[None]:
    assert isinstance(log, NatsLog)
    ask, stream = log._connection.ask, log._stream.stream
    info = json.loads(ask(f"$JS.API.STREAM.INFO.{stream}").result().data)

    def bound(most: int) -> None:
        config = json.dumps(info["config"] | {"max_bytes": most}).encode()
        assert "error" not in json.loads(ask(f"$JS.API.STREAM.UPDATE.{stream}", config).result().data)

    bound(info["state"]["bytes"])
    try:
        yield
    finally:
        bound(-1)


def _nats_files(folder: Path) -> Iterable[Path]:
    settings = coordinates(folder)
    assert settings is not None
    store = shared_server().folder / "store"
    return [path for path in store.rglob(f"{settings.stream}/**/*") if path.is_file()]


BACKENDS = {
    "sqlite": Backend(
        open=lambda folder: SqliteLog.open(folder / "consent.db", Pseudonyms(KEY)),
        full=_sqlite_full,
        files=lambda folder: folder.glob("consent.db*"),
        transactional=True,
    ),
    "nats": Backend(open=_open_nats, full=_nats_full, files=_nats_files, transactional=False),
}

PARAMETERS = [
    pytest.param(name, marks=pytest.mark.nats if name == "nats" else ()) for name in sorted(BACKENDS, reverse=True)
]


@pytest.fixture(params=PARAMETERS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn."""
    return BACKENDS[request.param]


@pytest.fixture
def log(backend: Backend, tmp_path: Path) -> Iterator[ConsentLog]:
    """An empty log."""
    with backend.opened(tmp_path) as log:
        yield log


def following(head: LogEntry | None, pseudonym: bytes, event: Event, catalog: Catalog = CATALOG) -> NewEntry:
    """The entry that comes after *head*."""
    record = EMPTY if head is None else head.record
    folded = fold(record, event, accepted_at=NOW, catalog=catalog)
    return NewEntry(
        pseudonym=pseudonym,
        expected=None if head is None else head.position,
        event=event,
        record=folded.record,
        effective_at=folded.effective_at,
        accepted_at=NOW,
        sealed=b"" if erases_person(event) else b"sealed with " + event.id.encode(),
    )


def append(log: ConsentLog, pseudonym: bytes, *events: Event) -> int:
    """Append *events*, each in a batch of its own; returns the last position."""
    position = 0
    for event in events:
        with log.batch() as batch:
            position = batch.append(following(batch.head(pseudonym), pseudonym, event)).position()
    return position


def append_together(log: ConsentLog, *events: Event, leaving_with: BaseException | None = None) -> None:
    """Append *events* of one subject in one batch, and leave it with an exception if there is one."""
    with log.batch() as batch:
        for event in events:
            batch.append(following(batch.head(ADA), ADA, event))
        if leaving_with is not None:
            raise leaving_with


def erasure(event_id: str, *categories: str) -> Event:
    """An erasure of *categories*, or of the person."""
    return Event(id=event_id, act=Erasure(categories=categories))


def ids(entries: Iterable[LogEntry]) -> list[str]:
    """The ids of their events."""
    return [entry.event.id for entry in entries]


def bytes_of(backend: Backend, folder: Path) -> bytes:
    """Everything the log has on the disk."""
    return b"".join(path.read_bytes() for path in sorted(backend.files(folder)))


def test_an_empty_log_knows_nobody(log: ConsentLog) -> None:
    """No head, no heads, no history, a position before every entry; and it can be read."""
    log.ping()
    before = log.last_position()

    assert log.head(ADA) is None
    assert [] == list(log.heads())
    assert () == log.history(ADA, after=0, limit=10)
    assert before < append(log, ADA, yes("a"))


def test_an_entry_comes_back_as_it_was_appended(log: ConsentLog) -> None:
    """Event, record, times and seal."""
    entry = following(None, ADA, yes("a"))
    with log.batch() as batch:
        position = batch.append(entry).position()

    assert entry.at(position) == log.head(ADA)
    assert (entry.at(position),) == log.history(ADA, after=0, limit=10)
    assert position == log.last_position()


def test_positions_grow_over_all_subjects(log: ConsentLog) -> None:
    """One order for the whole log."""
    positions = [append(log, pseudonym, yes(name)) for pseudonym, name in ((ADA, "a"), (BOB, "b"), (BOB, "c"))]

    assert all(one < next_ for one, next_ in pairwise(positions))
    assert positions[0] > 0


def test_the_last_entry_of_each_subject_is_its_head(log: ConsentLog) -> None:
    """Heads are what a cache starts from."""
    append(log, ADA, yes("a"), no("b"))
    append(log, BOB, yes("c"))
    expected = {entry.pseudonym: (entry.position, entry.record) for entry in map(log.head, (ADA, BOB)) if entry}

    assert expected == {head.pseudonym: (head.position, unpack(head.packed)) for head in log.heads()}


def test_more_heads_than_are_read_at_once(log: ConsentLog) -> None:
    """Every subject is there, once."""
    pseudonyms = [number.to_bytes(16, "big") for number in range(2_001)]
    with log.batch() as batch:
        for pseudonym in pseudonyms:
            batch.append(following(None, pseudonym, yes("a")))

    assert pseudonyms == sorted(head.pseudonym for head in log.heads())


def test_history_comes_in_pages(log: ConsentLog) -> None:
    """Oldest first, from behind a position, no more than asked for, of one subject only."""
    append(log, ADA, yes("a"))
    append(log, BOB, yes("x"))
    middle = append(log, ADA, no("b"))
    append(log, ADA, yes("c"), no("d"))

    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=2))
    assert ["c", "d"] == ids(log.history(ADA, after=middle, limit=2))


def test_the_entries_of_all_come_in_pages(log: ConsentLog) -> None:
    """In the order of the log, from behind a position, no more than asked for; without what an erasure removed."""
    append(log, ADA, yes("a"))
    middle = append(log, BOB, yes("x"))
    append(log, ADA, no("b"))
    append(log, BOB, no("y"))

    assert ["a", "x", "b"] == ids(log.entries(after=0, limit=3))
    assert ["b", "y"] == ids(log.entries(after=middle, limit=10))
    append(log, ADA, erasure("gone"))
    assert ["x", "y", "gone"] == ids(log.entries(after=0, limit=10))


def test_a_mark_replaces_the_one_before(backend: Backend, tmp_path: Path) -> None:
    """Of the same kind and name; it is there after opening again."""
    marks = [
        Mark(kind=kind, name=name, position=position, at=NOW + position)
        for kind, name, position in (
            (Follower.CONSUMER, "mail", 1),
            (Follower.SIDECAR, "mail", 2),
            (Follower.CONSUMER, "mail", 3),
            (Follower.CONSUMER, "crm", 4),
        )
    ]
    with backend.opened(tmp_path) as log:
        for mark in marks:
            log.mark(mark)

    with backend.opened(tmp_path) as log:
        assert (marks[3], marks[2], marks[1]) == log.marks()
        assert log.marks() == (*log.marks(Follower.CONSUMER), *log.marks(Follower.SIDECAR))
        assert {Follower.SIDECAR} == {mark.kind for mark in log.marks(Follower.SIDECAR)}


def test_an_entry_must_follow_the_last(log: ConsentLog) -> None:
    """Neither a position that is past nor "none yet" will do once there is an entry; nothing is appended."""
    first = append(log, ADA, yes("a"))
    append(log, ADA, no("b"))
    late = following(log.head(ADA), ADA, yes("c"))

    for expected in (first, None, first + 100):
        with pytest.raises(LogConflictError), log.batch() as batch:
            batch.append(replace(late, expected=expected))
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_batch_sees_its_own_entries(log: ConsentLog) -> None:
    """So that one batch can hold several events of one subject."""
    with log.batch() as batch:
        batch.append(following(None, ADA, yes("a")))
        batch.append(following(batch.head(ADA), ADA, no("b")))
        inside = batch.head(ADA)

    assert inside == log.head(ADA)
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_who_is_expected_is_found_as_everybody(log: ConsentLog) -> None:
    """Be it known or not, asked for or not, appended to meanwhile by the batch or by somebody else."""
    append(log, ADA, yes("a"))
    people = [ADA, BOB, *(number.to_bytes(16, "big") for number in range(1_000))]
    with log.batch() as batch:
        batch.expect(people)
        heads = [batch.head(pseudonym) for pseudonym in people[:500]]
        batch.append(following(heads[0], ADA, no("b")))
        again = batch.head(ADA)

    assert log.history(ADA, after=0, limit=10) == (heads[0], again)
    assert {None} == set(heads[1:])


def test_readers_do_not_wait_for_a_batch(log: ConsentLog) -> None:
    """A reader in the midst of a long import answers, and from what is durable only or with the batch, never torn."""
    append(log, ADA, yes("a"))
    with log.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, no("b")))
        head = log.head(ADA)

    assert head is not None
    assert head.event.id in ("a", "b")


def test_everything_is_there_after_opening_again(backend: Backend, tmp_path: Path) -> None:
    """Entries, positions and the log's id."""
    with backend.opened(tmp_path) as log:
        append(log, ADA, yes("a"), no("b"))
        expected = (log.log_id, log.last_position(), log.history(ADA, after=0, limit=10))

    with backend.opened(tmp_path) as log:
        assert expected == (log.log_id, log.last_position(), log.history(ADA, after=0, limit=10))


def test_two_logs_have_two_ids(backend: Backend, tmp_path: Path) -> None:
    """A revision of one must never be taken for one of the other."""
    ids_seen = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with backend.opened(tmp_path / name) as log:
            ids_seen.append(log.log_id)

    assert 2 == len(set(ids_seen))
    assert all(16 == len(log_id) for log_id in ids_seen)


def test_a_kill_loses_nothing_that_was_acknowledged(
    request: pytest.FixtureRequest, backend: Backend, tmp_path: Path
) -> None:
    """SIGKILL in the midst of appending: every position that was told is there, and the log goes on."""
    name = request.node.callspec.params["backend"]
    with backend.opened(tmp_path):  # made here: the process must not be the one that starts a server, and ends it
        command = [sys.executable, "-c", _APPENDER, name, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(25)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    with backend.opened(tmp_path) as log:
        kept = [entry.position for entry in log.history(ADA, after=0, limit=1_000_000)]

        assert acknowledged == kept[: len(acknowledged)]
        assert append(log, ADA, no("after")) > kept[-1]


def test_no_update_is_lost_among_eight_writers(log: ConsentLog) -> None:
    """Each reads, folds outside of any batch, appends, and starts again if another was first: all noes are kept."""

    def write(writer: int) -> None:
        for number in range(5):
            event = no(f"{writer}-{number}", about=scope("", "", "", f"p{writer}{number}"))
            while not attempt(event):
                pass

    def attempt(event: Event) -> bool:
        entry = following(log.head(ADA), ADA, event, catalog=wide)
        try:
            with log.batch() as batch:
                batch.append(entry)
        except LogConflictError:
            return False
        return True

    partners = {f"p{writer}{number}" for writer in range(8) for number in range(5)}
    wide = replace(CATALOG, recipients={key: Recipient(key=key, title="") for key in partners})
    threads = [Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = log.head(ADA)

    assert head is not None
    assert partners == {entry.atom.recipient for entry in head.record.entries}
    assert 40 == len(log.history(ADA, after=0, limit=100))


@pytest.mark.parametrize("error", [RequestError("event", "wrong"), KeyboardInterrupt()])
def test_a_batch_that_is_left_with_an_exception_is_not_there(
    backend: Backend, log: ConsentLog, error: BaseException
) -> None:
    """Or, where there are no transactions, any part of it: the exception comes out as it is, and the next one works."""
    with pytest.raises(type(error)):
        append_together(log, yes("a"), leaving_with=error)
    left = ids(log.history(ADA, after=0, limit=10))
    append(log, ADA, yes("b"))

    assert left in ([], [] if backend.transactional else ["a"])
    assert [*left, "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_full_disk_is_an_error_and_passes(backend: Backend, log: ConsentLog) -> None:
    """Nothing of the batch is there, what was there can be read, and once there is space it goes on."""
    first = append(log, ADA, yes("a"))
    with backend.full(log):
        with pytest.raises(ConsentLogError, match="full"):
            append_together(log, *(no(f"b{number}") for number in range(200)))
        while_full = log.last_position()
    append(log, ADA, no("c"))

    assert first == while_full
    assert ["a", "c"] == ids(log.history(ADA, after=0, limit=10))


def test_the_erasure_of_a_person_removes_what_came_before(backend: Backend, log: ConsentLog, tmp_path: Path) -> None:
    """From what can be asked, and from every file; others, and what comes later, stay."""
    append(log, ADA, yes(MARKER), no("b"))
    append(log, BOB, yes("c"))
    before = bytes_of(backend, tmp_path)
    position = append(log, ADA, erasure("gone"))
    after_erasure = bytes_of(backend, tmp_path)
    append(log, ADA, yes("d"))

    assert MARKER.encode() in before
    assert MARKER.encode() not in after_erasure
    assert ["gone", "d"] == ids(log.history(ADA, after=0, limit=10))
    assert ["c"] == ids(log.history(BOB, after=0, limit=10))
    assert position < log.last_position()


def test_an_event_is_found_by_its_id(log: ConsentLog) -> None:
    """Those of the subject only, those of the batch included, until the erasure of the person removes them."""
    append(log, ADA, yes("a"), no("b"))
    append(log, BOB, yes("c"))
    with log.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, yes("d")))
        found = [batch.find(ADA, event_id) for event_id in "abcd"]
    history = log.history(ADA, after=0, limit=10)
    append(log, ADA, erasure("gone"))
    with log.batch() as batch:
        erased = [batch.find(ADA, event_id) for event_id in ("a", "d", "gone")]

    assert [*history[:2], None, history[2]] == found
    assert [None, None, *log.history(ADA, after=0, limit=10)] == erased


def test_the_erasure_of_categories_keeps_the_history(log: ConsentLog) -> None:
    """It is the proof of what had been agreed to."""
    append(log, ADA, yes("a"), erasure("some", "user.contact"))

    assert ["a", "some"] == ids(log.history(ADA, after=0, limit=10))


def test_an_erasure_that_fails_removes_nothing(backend: Backend, log: ConsentLog) -> None:
    """Unless, where there are no transactions, it is there all the same."""
    append(log, ADA, yes("a"))
    with pytest.raises(RequestError):
        append_together(log, erasure("gone"), leaving_with=RequestError("event", "wrong"))

    assert ids(log.history(ADA, after=0, limit=10)) in (["a"], ["a"] if backend.transactional else ["gone"])


def test_an_erasure_right_after_other_entries_of_its_batch(log: ConsentLog) -> None:
    """They are removed like all that came before."""
    append_together(log, yes("a"), erasure("gone"))

    assert ["gone"] == ids(log.history(ADA, after=0, limit=10))


def test_closing_twice_is_closing(backend: Backend, tmp_path: Path) -> None:
    """And afterwards every call is an error, not an empty answer."""
    log = backend.open(tmp_path)
    log.close()
    log.close()

    for call in (log.ping, log.last_position, lambda: log.head(ADA), lambda: list(log.heads())):
        with pytest.raises(ConsentLogError):
            call()
    with pytest.raises(ConsentLogError), log.batch():
        pass


def test_the_erasure_of_a_person_can_be_forgotten(log: ConsentLog) -> None:
    """Then nobody knows that they ever were there; positions go on, and the next entry begins anew."""
    append(log, ADA, yes("a"))
    tombstone = append(log, ADA, erasure("b"))
    last = append(log, BOB, yes("a"))
    forgotten = log.forget(ADA, tombstone)

    assert (True, False) == (forgotten, log.forget(ADA, tombstone))
    assert (None, ()) == (log.head(ADA), log.history(ADA, after=0, limit=9))
    assert [BOB] == [entry.pseudonym for entry in log.entries(after=0, limit=9)]
    assert last < append(log, ADA, yes("a"))


def test_what_has_something_behind_it_or_nothing_is_not_forgotten(log: ConsentLog) -> None:
    """A later entry of the subject stands on the erasure; the last entry of a log tells where it ends."""
    tombstone = append(log, ADA, erasure("a"))
    at_the_end = log.forget(ADA, tombstone)
    append(log, ADA, yes("b"))
    behind = log.forget(ADA, tombstone)
    of_somebody_else = log.forget(BOB, tombstone)

    assert (False, False, False) == (at_the_end, behind, of_somebody_else)
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=9))


def test_a_writer_finds_that_an_erasure_was_forgotten(log: ConsentLog) -> None:
    """What was made from it is not appended: whoever made it reads again and begins anew."""
    tombstone = append(log, ADA, erasure("a"))
    append(log, BOB, yes("a"))
    head = log.head(ADA)
    log.forget(ADA, tombstone)
    with pytest.raises(LogConflictError), log.batch() as batch:
        batch.append(following(head, ADA, yes("b")))

    assert log.head(ADA) is None
