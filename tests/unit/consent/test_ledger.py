"""Recording, erasing, importing: what is acknowledged is durable and seen; what fails changes nothing."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from msgspec import structs

from sidecar.consent.codec import event_to_json
from sidecar.consent.fold import fold
from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import Batch, ConsentLog, LogEntry, NewEntry, Receipt
from sidecar.consent.profile import resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Kind
from sidecar.errors import ConsentLogError, EventConflictError, LogConflictError, LogLostError, RequestError
from sidecar.model.event import Erasure, Event, Traits
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Actor
from tests.unit.consent.desk import KEY, NOW, Desk, desk, no, sqlite_log, yes
from tests.worlds import CATALOG, EMAIL, choice, scope, submission

PAST = NOW - 10**12


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as at_work:
        yield at_work


def ids(entries: tuple[LogEntry, ...]) -> list[str]:
    """The ids of their events."""
    return [entry.event.id for entry in entries]


def line(number: int, subject: str, event: Event) -> ImportLine:
    """A line of an import."""
    return ImportLine(line=number, subject=subject, event=event)


def standing_is_current(at_work: Desk, subject: str) -> bool:
    """Whether the cache says of *subject* what the log says."""
    _, record = at_work.ledger.record_of(subject)
    return resolve(record, at_work.now) == at_work.cache.lookup(at_work.cache.pseudonym(subject))


# --- Recording -----------------------------------------------------------------------------------------------------


def test_what_is_recorded_is_in_the_log_and_in_the_cache(at_work: Desk) -> None:
    """With the revision that has it, when it counts from, and the record as the rules fold it."""
    recorded = at_work.ledger.record("ada", yes("a"))
    expected = fold(EMPTY, yes("a"), accepted_at=NOW, catalog=CATALOG)
    revision, record = at_work.ledger.record_of("ada")

    assert (f"{at_work.log.log_id}.1", NOW, False) == (recorded.revision, recorded.effective_at, recorded.duplicate)
    assert expected.record == structs.replace(record, seen=())
    assert recorded.revision == revision == str(at_work.cache.revision())
    assert standing_is_current(at_work, "ada")


def test_events_of_a_subject_follow_each_other(at_work: Desk) -> None:
    """In the same microsecond a tick, an untick and a tick keep their order; the history tells them."""
    times = [at_work.ledger.record("ada", event).effective_at for event in (yes("a"), no("b"), yes("c"))]

    assert [NOW, NOW + 1, NOW + 2] == times
    assert ["a", "b", "c"] == ids(at_work.ledger.history("ada", after=0, limit=10))
    assert ["b"] == ids(at_work.ledger.history("ada", after=1, limit=1))


def test_an_entry_knows_its_subject_under_seal_only(at_work: Desk, tmp_path: Path) -> None:
    """Authorised readers can open it; the file does not show it."""
    at_work.ledger.record("ada-lovelace", yes("a"))
    (entry,) = at_work.ledger.history("ada-lovelace", after=0, limit=1)

    assert "ada-lovelace" == at_work.pseudonyms.unseal(entry.sealed)
    assert b"lovelace" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert NOW == entry.accepted_at


def test_a_subject_without_a_record(at_work: Desk) -> None:
    """Has an empty one, no revision, no history."""
    assert ("", EMPTY) == at_work.ledger.record_of("nobody")
    assert () == at_work.ledger.history("nobody", after=0, limit=10)


@pytest.mark.parametrize(
    ("subject", "event", "field"),
    [
        ("", yes("a"), "subject"),
        ("s" * 257, yes("a"), "subject"),
        ("a\0b", yes("a"), "subject"),
        ("ada", yes(""), "event.id"),
        ("ada", replace(yes("a"), method="\0"), "event.method"),
        ("ada", yes("a", about=scope("no.such.purpose", "*")), "event.submission.choices[0].scope.purposes[0]"),
        ("ada", yes("a", occurred_at=NOW + 301_000_000), "event.occurred_at"),
        ("ada", Event(id="a", act=Erasure()), "event"),
    ],
)
def test_a_malformed_event_changes_nothing(at_work: Desk, subject: str, event: Event, field: str) -> None:
    """The error names the field."""
    with pytest.raises(RequestError) as caught:
        at_work.ledger.record(subject, event)

    assert field == caught.value.field
    assert (0, 0) == (at_work.log.last_position(), at_work.cache.applied)


@pytest.mark.parametrize("subject", ["s" * 257, "a\nb"])
def test_a_malformed_subject_is_not_looked_up(at_work: Desk, subject: str) -> None:
    """Neither for a record nor for a history nor for an erasure."""
    for call in (
        lambda: at_work.ledger.record_of(subject),
        lambda: at_work.ledger.history(subject, after=0, limit=1),
        lambda: at_work.ledger.erase(subject, "e"),
    ):
        with pytest.raises(RequestError, match="`subject`"):
            call()


# --- Repeating -----------------------------------------------------------------------------------------------------


def test_repeating_an_event_changes_nothing(at_work: Desk) -> None:
    """Right away, and after others: the first revision and time come back, told to be a repetition."""
    first = at_work.ledger.record("ada", yes("a"))
    at_once = at_work.ledger.record("ada", yes("a"))
    at_work.now += 10**9
    second = at_work.ledger.record("ada", no("b"))
    again = [at_work.ledger.record("ada", event) for event in (yes("a"), no("b"), yes("a"))]

    expected = [replace(recorded, duplicate=True) for recorded in (first, second, first)]
    assert replace(first, duplicate=True) == at_once
    assert expected == again
    assert ["a", "b"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_repeating_is_known_after_a_restart(tmp_path: Path) -> None:
    """It is in the record, not in memory."""
    with desk(tmp_path) as at_work:
        first = at_work.ledger.record("ada", yes("a"))
    with desk(tmp_path) as at_work:
        again = at_work.ledger.record("ada", yes("a"))

    assert replace(first, duplicate=True) == again


def test_an_id_used_for_something_else_is_refused(at_work: Desk) -> None:
    """Whatever differs, and nothing changes; another subject may use it."""
    at_work.ledger.record("ada", yes("a"))
    for other in (no("a"), replace(yes("a"), method="x"), yes("a", occurred_at=1)):
        with pytest.raises(EventConflictError, match="`a`"):
            at_work.ledger.record("ada", other)

    assert not at_work.ledger.record("bob", no("a")).duplicate
    assert ["a"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_the_last_64_ids_are_known(at_work: Desk) -> None:
    """A record is bounded, so is its memory."""
    for number in range(65):
        at_work.ledger.record("ada", no(f"e{number}"))
    _, record = at_work.ledger.record_of("ada")

    assert [f"e{number}" for number in range(1, 65)] == [seen.event_id for seen in record.seen]
    assert [*range(2, 65), None] == [seen.position for seen in record.seen]
    assert at_work.ledger.record("ada", no("e1")).duplicate


def test_an_id_that_the_record_forgot_is_known_to_the_log(at_work: Desk) -> None:
    """However many events ago: a grant sent again does not undo the withdrawal, and its id means nothing else."""
    first = at_work.ledger.record("ada", yes("g"))
    at_work.ledger.record("ada", no("w"))
    for number in range(64):
        at_work.ledger.record("ada", no(f"e{number}"))
    again = at_work.ledger.record("ada", yes("g"))
    with pytest.raises(EventConflictError):
        at_work.ledger.record("ada", no("g"))

    assert (first.revision, first.effective_at, True) == (again.revision, again.effective_at, again.duplicate)
    assert 66 == at_work.cache.applied
    assert not at_work.ledger.record("ada", no("new")).duplicate


# --- Erasing -------------------------------------------------------------------------------------------------------


def test_erasing_a_person_leaves_one_entry_without_a_name(at_work: Desk, tmp_path: Path) -> None:
    """Objections stay; everything else is gone from record, history and files."""
    marker = "method-of-ada"
    at_work.ledger.record("ada", replace(yes("a"), method=marker))
    at_work.ledger.record("ada", Event(id="t", act=Traits(jurisdiction="DE")))
    at_work.ledger.record("ada", submission("o", choice("objected", scope("marketing"))))
    erased = at_work.ledger.erase("ada", "gone")
    _, record = at_work.ledger.record_of("ada")
    (entry,) = at_work.ledger.history("ada", after=0, limit=10)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert (Kind.OBJECTED,) == tuple(entry.kind for entry in record.entries)
    assert () == record.traits
    assert erased.effective_at == record.horizon == record.latest_at
    assert ["a", "t", "o", "gone"] == [seen.event_id for seen in record.seen]
    assert ("gone", b"", Actor.OPERATOR) == (entry.event.id, entry.sealed, entry.event.actor)
    assert marker.encode() not in content
    assert standing_is_current(at_work, "ada")


def test_erasing_twice_is_erasing(at_work: Desk) -> None:
    """The same id, whatever the order of its categories; another set of categories is another erasure."""
    first = at_work.ledger.erase("ada", "gone", ["user.health", "user.contact"])
    again = at_work.ledger.erase("ada", "gone", ["user.contact", "user.health", "user.health"])
    with pytest.raises(EventConflictError):
        at_work.ledger.erase("ada", "gone")

    assert replace(first, duplicate=True) == again


def test_a_replay_after_an_erasure_opens_nothing(at_work: Desk) -> None:
    """What happened before it is void, whenever it arrives; what comes after it counts, under a new seal."""
    at_work.ledger.erase("ada", "gone")
    at_work.ledger.record("ada", yes("old", occurred_at=PAST))
    _, after_replay = at_work.ledger.record_of("ada")
    at_work.ledger.record("ada", yes("new"))
    _, after_grant = at_work.ledger.record_of("ada")
    last = at_work.ledger.history("ada", after=0, limit=10)[-1]

    assert () == after_replay.entries
    assert ["new"] == [entry.event_id for entry in after_grant.entries]
    assert "ada" == at_work.pseudonyms.unseal(last.sealed)


def test_erasing_categories_keeps_the_history(at_work: Desk) -> None:
    """It is the proof of consent; what it voids is in the record."""
    at_work.ledger.record("ada", yes("a"))
    erased = at_work.ledger.erase("ada", "some", ["user.contact"])
    _, record = at_work.ledger.record_of("ada")

    assert ["a", "some"] == ids(at_work.ledger.history("ada", after=0, limit=10))
    assert (("user.contact", erased.effective_at),) == record.erased_categories
    assert standing_is_current(at_work, "ada")


@pytest.mark.parametrize(
    ("event_id", "categories", "field"),
    [
        ("", (), "id"),
        ("e", ("*",), "categories"),
        ("e" * 129, (), "id"),
        ("a\0", (), "id"),
        ("e", ("user", "no.such"), "categories[0]"),
    ],
)
def test_a_malformed_erasure_changes_nothing(
    at_work: Desk, event_id: str, categories: tuple[str, ...], field: str
) -> None:
    """The error names the field of the request."""
    with pytest.raises(RequestError) as caught:
        at_work.ledger.erase("ada", event_id, categories)

    assert field == caught.value.field
    assert 0 == at_work.log.last_position()


# --- Importing -----------------------------------------------------------------------------------------------------


def test_an_import_records_each_line_as_of_its_time(at_work: Desk) -> None:
    """Several of one subject too; the revision that comes back has all of them, and so has the cache."""
    outcome = at_work.ledger.import_lines(
        [
            line(1, "ada", yes("a", occurred_at=PAST)),
            line(2, "bob", yes("a", occurred_at=PAST)),
            line(3, "ada", no("b", occurred_at=PAST + 5)),
        ]
    )
    history = at_work.ledger.history("ada", after=0, limit=10)

    assert (3, 0, ()) == (outcome.recorded, outcome.duplicates, outcome.rejections)
    assert f"{at_work.log.log_id}.3" == outcome.revision
    assert [("a", PAST, NOW), ("b", PAST + 5, NOW)] == [(e.event.id, e.effective_at, e.accepted_at) for e in history]
    assert all(standing_is_current(at_work, subject) for subject in ("ada", "bob"))


def test_a_bad_line_spoils_no_other(at_work: Desk) -> None:
    """Each is told of with its number and why."""
    outcome = at_work.ledger.import_lines(
        [
            line(10, "ada", yes("a", occurred_at=PAST)),
            line(11, "ada", no("a", occurred_at=PAST)),
            line(12, "ada", yes("b")),
            line(13, "", yes("c", occurred_at=PAST)),
            line(14, "ada", yes("d" * 129, occurred_at=PAST)),
            line(15, "ada", Event(id="e", act=Erasure(), occurred_at=PAST)),
            line(16, "ada", yes("f", occurred_at=PAST, about=scope("no.such", "*"))),
            line(17, "ada", yes("a", occurred_at=PAST)),
            line(18, "ada", no("g", occurred_at=PAST)),
        ]
    )
    whys = dict(outcome.rejections)

    assert (2, 1) == (outcome.recorded, outcome.duplicates)
    assert [11, 12, 13, 14, 15, 16] == sorted(whys)
    assert "used before with another body" in whys[11]
    assert "`event.occurred_at`" in whys[12]
    assert "`subject`" in whys[13]
    assert "`event.id`" in whys[14]
    assert "erase instead" in whys[15]
    assert "no.such" in whys[16]
    assert ["a", "g"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_sending_an_import_again_changes_nothing(at_work: Desk) -> None:
    """As after a stream that broke."""
    lines = [line(number, f"s{number % 3}", no(f"e{number}", occurred_at=PAST + number)) for number in range(9)]
    at_work.ledger.import_lines(lines)
    before = list(at_work.log.heads())
    again = at_work.ledger.import_lines(lines)

    assert (0, 9) == (again.recorded, again.duplicates)
    assert before == list(at_work.log.heads())


def test_no_lines_are_no_entries(at_work: Desk) -> None:
    """An empty batch is fine."""
    outcome = at_work.ledger.import_lines([])

    assert (0, 0, (), f"{at_work.log.log_id}.0") == (
        outcome.recorded,
        outcome.duplicates,
        outcome.rejections,
        outcome.revision,
    )


# --- Many at once, and failures ------------------------------------------------------------------------------------


def test_no_update_is_lost_among_eight_writers(at_work: Desk) -> None:
    """Of one subject, through one ledger: each no is in the record, the view is that of the last."""
    purposes = list(CATALOG.purposes)[:5]

    def write(writer: int) -> None:
        for number, purpose in enumerate(purposes):
            at_work.ledger.record("ada", no(f"{writer}-{number}", about=scope(purpose)))

    threads = [Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = at_work.ledger.history("ada", after=0, limit=100)
    _, record = at_work.ledger.record_of("ada")

    assert 40 == len(history)
    assert all(one.effective_at < next_.effective_at for one, next_ in pairwise(history))
    assert set(purposes) == {entry.atom.purpose for entry in record.entries}
    assert standing_is_current(at_work, "ada")
    assert 40 == at_work.cache.applied


class TroubledLog:
    """A real log that fails the way a remote one can."""

    def __init__(self, log: ConsentLog) -> None:
        self._log = log
        self.conflicts = 0  # how many batches find that another was first
        self.lost_answers = 0  # how many batches arrive without the answer coming back
        self.failures = 0  # how many batches fail before anything arrives
        self.unreadable = False
        self.unreadable_times = 0  # how many reads fail
        self.emptied = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """A batch that may fail before or after it arrives."""
        if self.failures:
            self.failures -= 1
            raise ConsentLogError("cannot write")
        with self._log.batch() as batch:
            yield _Conflicting(batch, self)
        if self.lost_answers:
            self.lost_answers -= 1
            raise ConsentLogError("no answer")

    def ping(self) -> None:
        """Return if the log is still the one that was opened."""
        if self.emptied:
            raise LogLostError("it was emptied")

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, if the log can be read."""
        if self.unreadable or self.unreadable_times:
            self.unreadable_times = max(0, self.unreadable_times - 1)
            raise ConsentLogError("cannot read")
        return self._log.head(pseudonym)


class _Conflicting:
    def __init__(self, batch: Batch, log: TroubledLog) -> None:
        self._batch = batch
        self._log = log

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        self._batch.expect(pseudonyms)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        return self._batch.head(pseudonym)

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        return self._batch.find(pseudonym, event_id)

    def append(self, entry: NewEntry) -> Receipt:
        if self._log.conflicts:
            self._log.conflicts -= 1
            raise LogConflictError("another was first")
        return self._batch.append(entry)


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[tuple[Desk, TroubledLog]]:
    """A ledger over a log that can be made to fail."""
    with sqlite_log(tmp_path) as real:
        log = TroubledLog(real)
        yield Desk(cast("ConsentLog", log), Pseudonyms(KEY)), log


def test_a_conflict_is_read_again_and_decided_again(troubled: tuple[Desk, TroubledLog]) -> None:
    """The caller does not notice."""
    at_work, log = troubled
    log.conflicts = 3
    recorded = at_work.ledger.record("ada", yes("a"))
    log.conflicts = 3
    outcome = at_work.ledger.import_lines([line(1, "ada", no("b", occurred_at=PAST)), line(2, "bob", yes("c"))])

    assert not recorded.duplicate
    assert (1, 0, 1) == (outcome.recorded, outcome.duplicates, len(outcome.rejections))
    assert ["a", "b"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_conflicts_without_end_are_an_error(troubled: tuple[Desk, TroubledLog]) -> None:
    """After a number of attempts; nothing is recorded."""
    at_work, log = troubled
    log.conflicts = 1_000
    with pytest.raises(LogConflictError):
        at_work.ledger.record("ada", yes("a"))

    assert 1_000 - 16 == log.conflicts
    assert 0 == at_work.log.last_position()


def test_an_entry_whose_answer_was_lost_is_found(troubled: tuple[Desk, TroubledLog]) -> None:
    """It is durable, so it is acknowledged, as recorded now, and the cache has it."""
    at_work, log = troubled
    log.lost_answers = 1
    recorded = at_work.ledger.record("ada", no("a"))

    assert not recorded.duplicate
    assert (recorded.revision, 1) == (str(at_work.cache.revision()), at_work.cache.applied)
    assert standing_is_current(at_work, "ada")


def test_an_entry_that_did_not_arrive_is_an_error(troubled: tuple[Desk, TroubledLog]) -> None:
    """Nothing is acknowledged; sent again it is recorded."""
    at_work, log = troubled
    log.failures = 1
    with pytest.raises(ConsentLogError, match="cannot write"):
        at_work.ledger.record("ada", yes("a"))

    assert ("", EMPTY) == at_work.ledger.record_of("ada")
    assert not at_work.ledger.record("ada", yes("a")).duplicate


def test_a_log_that_takes_nothing_is_not_asked_what_it_took(troubled: tuple[Desk, TroubledLog]) -> None:
    """Whoever waits is told the first failure, and does not wait for another."""
    at_work, log = troubled
    log.failures, log.unreadable = 1, True

    with pytest.raises(ConsentLogError, match="cannot write"):
        at_work.ledger.record("ada", yes("a"))


def test_an_entry_of_unknown_fate_is_an_error(troubled: tuple[Desk, TroubledLog]) -> None:
    """When the log cannot even be read; sent again it is known."""
    at_work, log = troubled
    log.lost_answers, log.unreadable = 1, True
    with pytest.raises(ConsentLogError):
        at_work.ledger.record("ada", no("a"))
    doubtful = at_work.cache.lookup(at_work.cache.pseudonym("ada"))
    log.unreadable = False
    again = at_work.ledger.record("ada", no("a"))

    assert doubtful.changes_at is not None
    assert doubtful.changes_at < at_work.now  # it must be read before it is used
    assert again.duplicate
    assert standing_is_current(at_work, "ada")
    assert again.revision == str(at_work.cache.revision())


def test_whatever_fails_after_the_commit_leaves_nothing_unseen(at_work: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache takes it over all the same, and the event sent again is known."""
    at_work.ledger.record("ada", yes("a"))
    apply = at_work.cache.apply
    failures = iter([ZeroDivisionError("a bug")])

    def failing(entries: Iterable[LogEntry], *, now: Instant, log_id: str) -> None:
        for error in failures:
            raise error
        apply(entries, now=now, log_id=log_id)

    monkeypatch.setattr(at_work.cache, "apply", failing)
    with pytest.raises(ZeroDivisionError):
        at_work.ledger.record("ada", no("w"))
    after = standing_is_current(at_work, "ada")

    assert after
    assert at_work.ledger.record("ada", no("w")).duplicate


def test_a_found_entry_is_in_the_cache_before_it_is_acknowledged(troubled: tuple[Desk, TroubledLog]) -> None:
    """Also if the log could be read only the second time."""
    at_work, log = troubled
    log.lost_answers, log.unreadable_times = 1, 1
    recorded = at_work.ledger.record("ada", no("a"))

    assert recorded.revision == str(at_work.cache.revision())
    assert standing_is_current(at_work, "ada")


def test_what_got_into_a_log_that_was_emptied_is_not_acknowledged(troubled: tuple[Desk, TroubledLog]) -> None:
    """It can be found there, and will go with it."""
    at_work, log = troubled
    log.lost_answers, log.emptied = 1, True

    with pytest.raises(LogLostError, match="emptied"):
        at_work.ledger.record("ada", no("a"))


def test_what_arrived_of_an_import_that_failed_is_seen(troubled: tuple[Desk, TroubledLog]) -> None:
    """It is not acknowledged, but durable, so it must count; sent again every line is known."""
    at_work, log = troubled
    lines = [line(1, "ada", no("a", occurred_at=PAST)), line(2, "bob", no("b", occurred_at=PAST))]
    log.lost_answers = 1
    with pytest.raises(ConsentLogError, match="no answer"):
        at_work.ledger.import_lines(lines)
    seen = [standing_is_current(at_work, subject) for subject in ("ada", "bob")]

    assert [True, True] == seen
    assert 2 == at_work.cache.applied
    assert 2 == at_work.ledger.import_lines(lines).duplicates


def test_a_rolled_back_import_leaves_the_cache_alone(troubled: tuple[Desk, TroubledLog]) -> None:
    """What is not in the log is not in the view."""
    at_work, log = troubled
    real_batch = log._log.batch

    @contextlib.contextmanager
    def failing() -> Iterator[Batch]:
        with real_batch() as batch:
            yield batch
            raise ConsentLogError("disk full")

    log.batch = failing  # type: ignore[method-assign] # breaks right before the commit
    with pytest.raises(ConsentLogError, match="disk full"):
        at_work.ledger.import_lines([line(1, "ada", no("a", occurred_at=PAST))])

    assert (0, 0) == (at_work.log.last_position(), at_work.cache.subjects)


def test_the_json_of_an_event_is_what_the_log_keeps(at_work: Desk) -> None:
    """Nothing is added, nothing left out, no subject."""
    at_work.ledger.record("ada", yes("a"))
    (entry,) = at_work.ledger.history("ada", after=0, limit=1)

    assert yes("a") == entry.event
    assert b"ada" not in event_to_json(entry.event)
    assert EMAIL in event_to_json(entry.event).decode()
