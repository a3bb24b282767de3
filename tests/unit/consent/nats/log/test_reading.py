"""Reading a log on NATS: whatever a consumer lacks is fetched, or it is an error."""

from collections.abc import Mapping
from typing import Any

import pytest
from nats.aio.msg import Msg

from sidecar.consent.nats import reading
from sidecar.consent.nats.jetstream import Consumer
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConsentLogError
from tests.conformance.backends import ADA, append
from tests.nats_log import Reader, fill, pseudonym
from tests.unit.consent.desk import no, yes

pytestmark = pytest.mark.nats


def test_many_entries_come_by_way_of_a_consumer(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts, and none twice; no more than asked for."""
    monkeypatch.setattr(reading, "_AT_ONCE", 100)
    positions = fill(log, range(450))

    assert positions == [entry.position for entry in log.entries(after=0, limit=1_000)]
    assert positions[:250] == [entry.position for entry in log.entries(after=0, limit=250)]
    assert positions[9:10] == [entry.position for entry in log.entries(after=positions[8], limit=1)]


def test_what_a_consumer_lacks_comes_from_the_leader(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its replica may be behind, and what it counted may be removed before it comes."""
    positions = fill(log, range(100))
    fetch = reading._Fetch

    def behind(*args: object) -> object:
        monkeypatch.setattr(reading, "_Fetch", fetch)
        for number in (20, 30):
            log._stream.purge(log._life.names.entry(pseudonym(number)), before=positions[-1])
        append(log, ADA, *(yes(f"a{number}") for number in range(5)))
        return fetch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_Fetch", behind)
    read = log.entries(after=0, limit=1_000)

    kept = [position for number, position in enumerate(positions) if number not in (20, 30)]
    later = [entry.position for entry in log.history(ADA, after=0, limit=10)]
    assert [*kept, *later] == [entry.position for entry in read]


def test_what_was_counted_and_removed_is_not_waited_for(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says that there are no more."""
    positions = fill(log, range(50))
    fetch = reading._Fetch

    def late(*args: object) -> object:
        for number in (20, 30):
            log._stream.purge(log._life.names.entry(pseudonym(number)), before=positions[-1])
        return fetch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_Fetch", late)

    kept = [position for number, position in enumerate(positions) if number not in (20, 30)]
    assert kept == [entry.position for entry in log.entries(after=0, limit=1_000)]


def test_what_is_lost_on_the_way_is_an_error(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on behind the last one would never know of it."""
    fill(log, range(100))
    messages = reading._Fetch.messages

    def all_but_one(fetch: Any) -> Any:
        came = messages(fetch)
        return came[:20] + came[21:]

    monkeypatch.setattr(reading._Fetch, "messages", all_but_one)
    with pytest.raises(ConsentLogError, match="lost on the way"):
        log.entries(after=0, limit=1_000)


def test_heads_that_do_not_come_are_an_error(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that lacks somebody would take them for unknown."""
    fill(log, range(10))
    monkeypatch.setattr(type(log.follow(after=None)), "take", lambda *_: None)
    with pytest.raises(ConsentLogError, match="nothing came"):
        list(log.heads())


def test_a_bootstrap_ends_though_its_last_entry_was_removed(log: NatsLog) -> None:
    """Then what is last is last."""
    positions = fill(log, range(10))
    feed = log.follow(after=None)
    try:
        reader = Reader(feed)
        start = feed._start_session

        def removed() -> None:
            start()
            feed.whole_at += 5  # as if there had been more

        feed._start_session = removed  # type: ignore[method-assign]
        reader.until(lambda: feed.whole)
    finally:
        feed.close()

    assert positions == reader.positions
    assert positions[-1] <= reader.through[-1]


def test_a_message_that_was_lost_on_the_way_is_fetched(log: NatsLog) -> None:
    """The consumer counts what it delivers, and its heartbeats tell how far it has come."""
    positions = fill(log, range(10))
    feed = log.follow(after=None)
    try:
        reader = Reader(feed)
        reader.reach(log.last_position())
        for more in (range(10, 20), range(20, 20)):
            session = feed._session
            assert session is not None
            session.number -= 1  # as if the consumer had delivered one more
            positions += fill(log, more)
            reader.until(lambda session=session: feed._session is not session)  # type: ignore[misc]
            reader.reach(positions[-1])
    finally:
        feed.close()

    assert positions == reader.positions


def test_a_consumer_that_says_that_it_is_gone_is_replaced(log: NatsLog) -> None:
    """At once, by whatever status it says so."""
    position = append(log, ADA, yes("a"))
    feed = log.follow(after=None)
    try:
        reader = Reader(feed)
        reader.reach(position)
        session = feed._session
        assert session is not None
        session.arrived.append(Msg(_client=None, headers={"Status": "409"}))  # type: ignore[arg-type]
        reader.until(lambda: feed._session is not session)
        later = append(log, ADA, no("b"))
        reader.reach(later)
    finally:
        feed.close()

    assert [position, later] == reader.positions


def test_a_feed_whose_consumer_cannot_be_made_tries_again(log: NatsLog) -> None:
    """Meanwhile it is silent."""
    position = append(log, ADA, yes("a"))
    feed = log.follow(after=None)
    consume = feed._stream.consume
    refusals = iter([ConsentLogError("no leader"), ConsentLogError("no leader")])

    def refusing(config: Mapping[str, object]) -> Consumer:
        for refusal in refusals:
            raise refusal
        return consume(config)

    feed._stream.consume = refusing  # type: ignore[method-assign]
    try:
        quiet = feed.take(0)
        reader = Reader(feed)
        reader.reach(position)
    finally:
        feed.close()
        del feed._stream.consume

    assert quiet is None
    assert [position] == reader.positions
