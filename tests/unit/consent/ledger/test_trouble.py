"""A log in trouble: an entry of unknown fate is found, or nothing is acknowledged."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import pytest

from sidecar.consent.log import Batch, ConsentLog, LogEntry, NewEntry, Receipt
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY
from sidecar.errors import ConsentLogError, LogConflictError, LogLostError
from sidecar.model.instant import Instant
from tests.unit.consent.desk import KEY, Desk, no, sqlite_log, yes
from tests.unit.consent.ledger.lines import PAST, ids, line, standing_is_current


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
