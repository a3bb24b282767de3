"""A log on a NATS server at work: made, opened, followed, filled."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from sidecar.config import Nats
from sidecar.consent.log import Fed, Feed, Head
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, LogLostError
from tests.conformance.backends import following
from tests.unit.consent.desk import KEY, yes

PSEUDONYMS = Pseudonyms(KEY)
SECONDS = 20.0  # bound of every wait; what is waited for takes a second or two


def init(settings: Nats, *, descends_from: tuple[str, ...] = (), pseudonyms: Pseudonyms = PSEUDONYMS) -> str:
    """Make an empty log; returns its id."""
    draft = NatsLog.draft(settings, pseudonyms)
    try:
        return draft.finish(descends_from=descends_from)
    finally:
        draft.discard()


@contextmanager
def opened(settings: Nats) -> Iterator[NatsLog]:
    """The log, closed in the end."""
    log = NatsLog.open(settings, PSEUDONYMS)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def followed(log: NatsLog, after: int | None = None) -> Iterator["Reader"]:
    """A feed of *log*, closed in the end."""
    feed = log.follow(after=after)
    try:
        yield Reader(feed)
    finally:
        feed.close()


@dataclass
class Reader:
    """Takes from a feed, and keeps what came."""

    feed: Feed
    heads: list[Head] = field(default_factory=list)
    through: list[int] = field(default_factory=list)
    beats: int = 0

    @property
    def positions(self) -> list[int]:
        """Of the entries that came, as they came."""
        return [head.position for head in self.heads]

    def until(self, there: Callable[[], bool], each: Callable[[], None] = lambda: None) -> None:
        """Take until *there* is true, for a bounded time; *each* is called in between."""
        deadline = time.monotonic() + SECONDS
        while not there():
            assert time.monotonic() < deadline, "it does not come"
            self.keep(self.feed.take(0.2))
            each()

    def keep(self, fed: Fed | None) -> None:
        """Keep what came."""
        if fed is not None:
            self.heads += fed.heads
            self.through.append(fed.through)
            self.beats += fed.beats

    def reach(self, position: int) -> None:
        """Take until everything up to *position* came."""
        self.until(lambda: bool(self.through) and self.through[-1] >= position)

    def lose(self) -> str:
        """Take until the log is lost; returns what is said of it."""
        with pytest.raises(LogLostError) as caught:
            self.until(lambda: False)
        with pytest.raises(LogLostError):  # and stays so
            self.feed.take(0)
        return str(caught.value)


def eventually(call: Callable[[], object]) -> object:
    """What *call* gives once it raises no ``ConsentLogError``, for a bounded time."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return call()
        except ConsentLogError:
            assert time.monotonic() < deadline


def wait_for(there: Callable[[], bool]) -> None:
    """Wait until *there* is true, for a bounded time."""
    deadline = time.monotonic() + SECONDS
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def request(log: NatsLog, what: str, content: object = None) -> dict[str, object]:
    """Ask JetStream something behind the log's back."""
    payload = b"" if content is None else json.dumps(content).encode()
    answer: dict[str, object] = json.loads(log._connection.ask(f"$JS.API.{what}", payload).result(SECONDS).data)
    assert "error" not in answer
    return answer


def pseudonym(number: int) -> bytes:
    """Somebody's."""
    return number.to_bytes(16, "big")


def fill(log: NatsLog, numbers: Iterable[int]) -> list[int]:
    """Append an entry for each of these people, all together; returns the positions."""
    with log.batch() as batch:
        receipts = [batch.append(following(None, pseudonym(n), yes("a"))) for n in numbers]
    return [receipt.position() for receipt in receipts]
