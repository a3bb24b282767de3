"""The log on NATS apart from what every log must do: what it refuses to open, and what it makes of damage."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.aio.msg import Msg

from sidecar.config import Nats
from sidecar.consent.log import Follower, Mark, NewEntry
from sidecar.consent.nats import reading
from sidecar.consent.nats.jetstream import Consumer, JetStream
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.nats.meta import Meta, to_bytes
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, LogConflictError, LogLostError
from tests.conformance.test_consent_log import ADA, BOB, append, erasure, following, ids
from tests.nats_log import PSEUDONYMS, Reader, fill, followed, init, opened, pseudonym, request
from tests.nats_server import nats_server, shared_server
from tests.unit.consent.desk import NOW, no, yes

pytestmark = pytest.mark.nats


@pytest.fixture
def settings() -> Nats:
    """Those of an empty log."""
    settings = shared_server().settings()
    init(settings)
    return settings


@pytest.fixture
def log(settings: Nats) -> Iterator[NatsLog]:
    """An empty log."""
    with opened(settings) as log:
        yield log


def refused(settings: Nats, pseudonyms: Pseudonyms = PSEUDONYMS) -> str:
    """What is said when the log cannot be opened."""
    with pytest.raises(ConsentLogError) as caught:
        NatsLog.open(settings, pseudonyms)
    return str(caught.value)


def overwrite(log: NatsLog, subject: str, payload: bytes) -> int:
    """Put something onto a subject, as somebody else could; returns its position."""
    return log._stream.sequence(log._stream.publish(subject, payload))


# --- Opening and making ---------------------------------------------------------------------------------------------


def test_a_missing_stream_is_made_by_init_only() -> None:
    """The message says so, and that an empty log is no replacement of a lost one."""
    settings = shared_server().settings()
    said = refused(settings)

    assert f"`{settings.stream}`" in said
    assert "sidecar consent init" in said
    assert "sidecar consent restore" in said


def test_another_key_is_refused(settings: Nats) -> None:
    """Both ids are named: the two must not be mixed."""
    other = Pseudonyms(bytes(32))
    said = refused(settings, other)

    assert other.key_id in said
    assert PSEUDONYMS.key_id in said


def test_another_version_is_refused(log: NatsLog, settings: Nats) -> None:
    """Its entries may mean something else."""
    overwrite(log, log._life.names.meta, b'{"version":2}')

    assert "schema version 2, this program knows 1" in refused(settings)


def test_a_stream_of_something_else_is_refused() -> None:
    """It is not touched."""
    settings = shared_server().settings()
    other = shared_server().settings()
    init(other)
    with opened(other) as log:
        request(log, f"STREAM.CREATE.{settings.stream}", {"name": settings.stream, "subjects": ["orders.1", "o.2"]})
    said = refused(settings)

    assert "no consent log" in said
    assert "orders.1, o.2" in said


def test_a_draft_is_no_log_before_it_is_finished() -> None:
    """Nobody sees it; with what it was given when it is."""
    settings = shared_server().settings()
    draft = NatsLog.draft(settings, PSEUDONYMS)
    try:
        with draft.batch() as batch:
            position = batch.append(following(None, ADA, yes("a"))).position()
        said = refused(settings)
        log_id = draft.finish()
    finally:
        draft.discard()
    draft.discard()

    assert "cut short" in said
    with opened(settings) as log:
        assert (log_id, ["a"]) == (log.log_id, ids(log.entries(after=0, limit=10)))
        assert position < log.last_position()
        assert () == log.descends_from


def test_a_draft_removes_what_it_erases() -> None:
    """As a log does."""
    settings = shared_server().settings()
    draft = NatsLog.draft(settings, PSEUDONYMS)
    try:
        with draft.batch() as batch:
            for event in (yes("a"), erasure("gone"), yes("b")):
                batch.append(following(batch.head(ADA), ADA, event))
        draft.finish()
    finally:
        draft.discard()
    with opened(settings) as log:
        assert ["gone", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_draft_that_is_discarded_leaves_nothing() -> None:
    """The name can be used again."""
    settings = shared_server().settings()
    for _ in range(2):
        NatsLog.draft(settings, PSEUDONYMS).discard()

    assert "there is no stream" in refused(settings)


def test_a_draft_that_cannot_be_begun_leaves_nothing(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of its streams."""

    def unreachable(*_: object, **__: object) -> None:
        raise ConsentLogError("no server can be reached")

    settings = shared_server().settings()
    monkeypatch.setattr(JetStream, "publish", unreachable)
    with pytest.raises(ConsentLogError, match="no server"):
        NatsLog.draft(settings, PSEUDONYMS)
    streams = cast("list[str]", request(log, "STREAM.NAMES")["streams"])

    assert [] == [name for name in streams if name.startswith(settings.stream)]


def test_a_draft_does_not_touch_what_is_there(log: NatsLog, settings: Nats) -> None:
    """The stream is named; so is that of the marks, if it is somebody else's."""
    append(log, ADA, yes("a"))
    with pytest.raises(ConsentLogError, match=rf"`{settings.stream}` is there.*nothing was touched"):
        NatsLog.draft(settings, PSEUDONYMS)
    other = shared_server().settings()
    marks = f"{other.stream}_MARKS"
    request(log, f"STREAM.CREATE.{marks}", {"name": marks, "subjects": [f"mine.{marks}"]})
    with pytest.raises(ConsentLogError, match=f"`{marks}` is there"):
        NatsLog.draft(other, PSEUDONYMS)

    assert ["a"] == ids(log.entries(after=0, limit=10))
    assert "there is no stream" in refused(other)
    request(log, f"STREAM.INFO.{marks}")


def test_marks_of_a_log_that_is_gone_go_too(log: NatsLog, settings: Nats) -> None:
    """Their positions mean nothing in the next one."""
    log.mark(Mark(kind=Follower.CONSUMER, name="mail", position=1, at=NOW))
    request(log, f"STREAM.DELETE.{settings.stream}")
    init(settings)
    with opened(settings) as other:
        assert () == other.marks()


def test_a_stream_is_made_as_the_settings_say() -> None:
    """And drops nothing by itself."""
    settings = shared_server().settings(storage="memory", max_bytes=2_000_000)
    init(settings)
    with opened(settings) as log:
        configs = [
            cast("dict[str, object]", request(log, f"STREAM.INFO.{name}")["config"])
            for name in (settings.stream, f"{settings.stream}_MARKS")
        ]

    for config in configs:
        wanted = {"storage": "memory", "max_bytes": 2_000_000, "num_replicas": 1, "retention": "limits"}
        assert wanted == {key: config[key] for key in wanted}
        assert [0, -1] == [config.get("max_age", 0), config.get("max_msgs", -1)]
    assert ("new", 1) == (configs[0]["discard"], configs[1]["max_msgs_per_subject"])


# --- What goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x91\x01"])
def test_an_entry_that_is_damaged_is_named(log: NatsLog, payload: bytes) -> None:
    """It is an error wherever it is read, not somebody unknown; a feed does not pass it over."""
    append(log, BOB, yes("a"))
    position = overwrite(log, log._life.names.entry(ADA), payload)
    calls: list[Callable[[], object]] = [
        lambda: log.head(ADA),
        lambda: log.history(ADA, after=0, limit=10),
        lambda: log.entries(after=0, limit=10),
        lambda: list(log.heads()),
    ]
    for call in calls:
        with pytest.raises(ConsentLogError, match=f"entry {position} is damaged"):
            call()
    with followed(log) as reader:
        for _ in range(2):
            with pytest.raises(ConsentLogError, match=f"entry {position} is damaged"):
                reader.until(lambda: False)

    assert 1 == len(reader.heads)


def test_an_entry_of_somebody_else_is_damaged(log: NatsLog) -> None:
    """What is said of one person must not be moved to another."""
    append(log, BOB, yes("a"))
    (stored,) = log._stream.walk(log._life.names.entry(BOB))
    overwrite(log, log._life.names.entry(ADA), stored.data)
    with pytest.raises(ConsentLogError, match="is damaged"):
        log.head(ADA)


def test_a_subject_that_is_nobodys_is_damage(log: NatsLog) -> None:
    """Where entries are only entries can be."""
    overwrite(log, log._life.names.entries.replace("*", "somebody"), b"")
    with pytest.raises(ConsentLogError, match="is no entry"):
        log.entries(after=0, limit=10)


def test_a_mark_that_is_damaged_is_told(log: NatsLog, settings: Nats) -> None:
    """With where it is."""
    marks = log._life.marks
    marks._stream.sequence(marks._stream.publish(log._life.names.mark("consumer", "mail"), b"{"))
    with pytest.raises(ConsentLogError, match=f"`{settings.stream}_MARKS` is damaged"):
        log.marks()


def test_a_server_whose_disk_is_full_says_so(tmp_path: Path) -> None:
    """Nothing is acknowledged, all that was can be read."""
    limits = f'jetstream {{ store_dir: "{tmp_path}/store", max_file_store: 1MB }}'
    with nats_server(tmp_path, limits, jetstream=False) as server:
        settings = server.settings()
        init(settings)
        with opened(settings) as log:
            entry = replace(following(None, ADA, yes("a")), sealed=b"s" * 50_000)
            acknowledged: list[int] = []

            def fill_up() -> None:
                for number in range(100):
                    with log.batch() as batch:
                        receipt = batch.append(replace(entry, pseudonym=pseudonym(number)))
                    acknowledged.append(receipt.position())

            with pytest.raises(ConsentLogError, match="full"):
                fill_up()
            kept = [each.position for each in log.entries(after=0, limit=200)]

    assert acknowledged == kept
    assert 5 < len(kept) < 100


def test_a_batch_of_which_some_conflict_is_a_conflict(log: NatsLog) -> None:
    """Unless something else failed too: then it is not known what is there."""
    append(log, ADA, yes("a"))
    late = following(None, ADA, no("b"))
    with pytest.raises(LogConflictError):
        append_all(log, late, following(None, BOB, yes("c")))
    large = replace(following(None, pseudonym(1), yes("d")), sealed=b"s" * 2_000_000)
    with pytest.raises(ConsentLogError, match="too large") as caught:
        append_all(log, late, large)

    assert not isinstance(caught.value, LogConflictError)
    assert ["a", "c"] == ids(log.entries(after=0, limit=10))


def append_all(log: NatsLog, *entries: NewEntry) -> None:
    """Append *entries* in one batch."""
    with log.batch() as batch:
        for entry in entries:
            batch.append(entry)


def test_an_answer_that_makes_no_sense_is_an_error(log: NatsLog) -> None:
    """Not an empty one."""
    answered = SimpleNamespace(result=lambda _: SimpleNamespace(data=b"?", status=""))
    with pytest.raises(ConsentLogError, match="makes no sense"):
        log._stream.read_state(answered)  # type: ignore[arg-type]


def test_a_refusal_that_nobody_knows_is_told_as_it_is(log: NatsLog, settings: Nats) -> None:
    """With what the server says."""
    with pytest.raises(ConsentLogError, match=r"the server refuses \(.+, code \d+\)"):
        log._stream.consume({"deliver_policy": "by_start_sequence", "opt_start_seq": 0, "ack_policy": "explicit"})
    request(log, f"STREAM.DELETE.{settings.stream}")
    with pytest.raises(ConsentLogError, match="there is no stream"):
        log._stream.consume({"ack_policy": "none"})


def test_without_its_stream_of_marks_a_log_is_no_lost_one(log: NatsLog, settings: Nats) -> None:
    """Only how far consumers have come is gone: no restore is called for, and one made by the runbook does."""
    mark = Mark(kind=Follower.CONSUMER, name="crm", position=1, at=NOW)
    request(log, f"STREAM.DELETE.{settings.stream}_MARKS")
    with pytest.raises(ConsentLogError, match="how far consumers have come") as caught:
        log.marks()
    config = {"name": f"{settings.stream}_MARKS", "subjects": [f"consent.marks.{log.log_id}.>"]}
    request(log, f"STREAM.CREATE.{settings.stream}_MARKS", config | {"max_msgs_per_subject": 1})
    log.mark(mark)

    assert "restore" not in str(caught.value)
    assert (mark,) == log.marks()


# --- Reading --------------------------------------------------------------------------------------------------------


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


def test_an_intent_about_nobody_is_passed_over(log: NatsLog, settings: Nats) -> None:
    """It is nothing of ours."""
    overwrite(log, log._life.names.intents.replace("*", "somebody"), b"")
    with opened(settings) as other:
        other.ping()


def test_what_is_erased_already_is_erased(log: NatsLog, settings: Nats) -> None:
    """Two may finish the same erasure at once; but what is there and cannot be erased is an error."""
    position = append(log, ADA, yes("a"), no("b"))
    for sequence in (position, position, 10**6):
        log._stream.erase(sequence)
    (entry,) = log.history(ADA, after=0, limit=10)
    config = cast("dict[str, object]", request(log, f"STREAM.INFO.{settings.stream}")["config"])
    request(log, f"STREAM.UPDATE.{settings.stream}", config | {"sealed": True})
    with pytest.raises(ConsentLogError, match="the server refuses"):
        log._stream.erase(entry.position)

    assert "a" == entry.event.id


def test_a_stream_whose_meta_descends_is_not_enough_without_its_key(log: NatsLog, settings: Nats) -> None:
    """Who has no key cannot have the followers of a log come over to an empty one."""
    request(log, f"STREAM.DELETE.{settings.stream}")
    stranger = Pseudonyms(bytes(32))
    made = NatsLog.draft(settings, stranger)
    names = made._names
    forged = Meta(log_id=names.log_id, key_id=PSEUDONYMS.key_id, descends_from=(log.log_id,))
    made._stream.sequence(made._stream.publish(names.meta, to_bytes(forged, stranger)))
    with pytest.raises(ConsentLogError, match="not written by"):
        log.renew()
    with pytest.raises(LogLostError):
        log.ping()
    made.discard()
