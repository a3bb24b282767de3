"""What other systems are told, over the wire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import consent_pb2, feed_pb2_grpc, holds_pb2, holds_pb2_grpc
from sidecar.api.v1 import feed_pb2 as pb
from sidecar.consent.log import Follower, Mark
from sidecar.model.instant import SECOND, parse
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.feed import SIGN_OF_LIFE_SECONDS
from tests.integration.caller import Caller, calling, choice, ends_with, eventually

FOREIGN = f"{'f' * 16}.1"
NOON = parse("2026-06-01T12:00:00Z")  # what the clock says


@dataclass
class Consumers:
    """A sidecar with two consumers, ``mail`` which may see ids and ``crm`` which may not, and who calls it."""

    served: Served
    caller: Caller
    tokens: dict[str, str]
    clock: FixedClock

    def metadata(self, who: str) -> tuple[tuple[str, str], ...]:
        """The token of consumer *who*, or of the operator with an empty name."""
        return (("authorization", f"Bearer {self.tokens[who]}"),)

    def watch(self, who: str, **request: Any) -> Any:
        """A stream of changes, which ends after a time."""
        return self.caller.feed.WatchRecords(pb.WatchRecordsRequest(**request), metadata=self.metadata(who), timeout=20)

    def ack(self, who: str, revision: str, consumer: str = "") -> str:
        """Acknowledge; what is kept."""
        request = pb.AckRequest(consumer=consumer, revision=revision)
        return str(self.caller.feed.Ack(request, metadata=self.metadata(who), timeout=5).revision)

    def propagation(self, **request: Any) -> pb.GetPropagationResponse:
        """Who has applied it."""
        response: pb.GetPropagationResponse = self.caller.feed.GetPropagation(
            pb.GetPropagationRequest(**request), metadata=self.caller.operator, timeout=5
        )
        return response

    def lag(self, consumer: str) -> float | None:
        """The metric, as the next scrape has it."""
        self.served.sidecar._lookout.look()
        return self.served.sidecar.registry.get_sample_value("sidecar_downstream_lag_seconds", {"consumer": consumer})


@contextmanager
def consumers(folder: Path, *, transport: str = "auto", **settings: Any) -> Iterator[Consumers]:
    """A running sidecar with both, its data in *folder*."""
    files = {name: folder / f"{name}.token" for name in ("mail", "crm")}
    known = f"mail,token={files['mail']},subjects=yes crm,token={files['crm']}"
    named = {f"{'consent' if name == 'tombstone_days' else 'limits'}.{name}": value for name, value in settings.items()}
    clock = FixedClock()
    with (
        serving(
            data_dir=folder / "data",
            clock=clock,
            settings={"consumers.known": known, "consent.instance": "this", **named},
            transport=transport,
        ) as served,
        calling(served) as caller,
    ):
        tokens = {name: file.read_text().strip() for name, file in files.items()}
        yield Consumers(served, caller, {"": served.token, **tokens}, clock)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Consumers]:
    """A sidecar with an empty log."""
    with consumers(tmp_path) as running:
        yield running


def until_caught_up(stream: Any) -> list[pb.WatchRecordsResponse]:
    """What *stream* sends until it says that it was all."""
    received = []
    for response in stream:
        received.append(response)
        if response.caught_up:
            break
    return received


def events(received: list[pb.WatchRecordsResponse]) -> list[str]:
    """The ids of the events in it."""
    entries = [response.change.entry for response in received if response.HasField("change")]
    return [entry.event.id or entry.erasure.id for entry in entries]


def test_a_stream_begins_at_the_start_and_tells_every_change_with_its_record(feed: Consumers) -> None:
    """In the order of the log: who, what, and what the record says then, as history and record have it."""
    given = feed.caller.record("p1", choice("e1", "GIVEN"))
    feed.caller.record("p2", choice("e2", "GIVEN"))
    withdrawn = feed.caller.record("p1", choice("e3", "WITHDRAWN"))
    first, *told = until_caught_up(feed.watch("mail", consumer="mail"))
    record = feed.caller.consent.GetRecord(
        consent_pb2.GetRecordRequest(subject="p1"), metadata=feed.caller.operator, timeout=5
    )
    history = feed.caller.consent.ListHistory(
        consent_pb2.ListHistoryRequest(subject="p1"), metadata=feed.caller.operator, timeout=5
    )

    assert (True, False, False) == (first.from_start, first.HasField("change"), first.caught_up)
    assert ["e1", "e2", "e3"] == events(told)
    assert [given.revision, withdrawn.revision] == [told[0].revision, told[2].revision]
    assert [False, False, True] == [response.caught_up for response in told]
    assert ["p1", "p2", "p1"] == [response.change.subject for response in told]
    assert told[0].change.pseudonym == told[2].change.pseudonym != told[1].change.pseudonym
    assert {"submission"} == {response.change.kind for response in told}
    assert [False] * 3 == [response.change.everyone for response in told]
    assert record.summary
    record.ClearField("summary")
    record.ClearField("language")
    assert record == told[2].change.record
    assert list(history.entries) == [told[0].change.entry, told[2].change.entry]


def test_a_stream_goes_on_with_what_happens(feed: Consumers) -> None:
    """On an empty log it says at once that this is all; then each change comes by itself."""
    stream = feed.watch("mail")
    begun = until_caught_up(stream)
    feed.caller.record("p1", choice("e1", "GIVEN"))
    second = until_caught_up(stream)
    feed.caller.record("p1", choice("e2", "WITHDRAWN"))
    third = until_caught_up(stream)
    stream.cancel()

    assert [[], ["e1"], ["e2"]] == [events(begun), events(second), events(third)]
    assert [True, True] == [second[-1].caught_up, third[-1].caught_up]


def test_silence_is_broken_by_signs_of_life(feed: Consumers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change, so that a reader can tell a quiet time from a dead one; they carry how far it has come."""
    monkeypatch.setattr("sidecar.transport.feed.SIGN_OF_LIFE_SECONDS", 0.01)
    recorded = feed.caller.record("p1", choice("e1", "GIVEN"))
    stream = feed.watch("mail", after_revision=recorded.revision)
    signs = [next(stream) for _ in range(3)]
    stream.cancel()

    assert SIGN_OF_LIFE_SECONDS > 0.01
    assert [(recorded.revision, False)] * 3 == [(sign.revision, sign.HasField("change")) for sign in signs]
    assert [False, True, True] == [sign.caught_up for sign in signs]


def test_ids_are_shown_only_to_who_may_see_them(feed: Consumers) -> None:
    """Neither another consumer nor the operator gets one; the pseudonym tells people apart all the same."""
    feed.caller.record("person-secret", choice("e1", "GIVEN"))
    seen = {who: until_caught_up(feed.watch(who))[-1] for who in ("mail", "crm", "")}

    assert {"mail": "person-secret", "crm": "", "": ""} == {who: one.change.subject for who, one in seen.items()}
    assert 1 == len({one.change.pseudonym for one in seen.values()})
    assert [who for who, one in seen.items() if "person-secret" in str(one)] == ["mail"]


def test_an_erasure_is_told_without_what_it_removed(feed: Consumers) -> None:
    """By the pseudonym alone; live, and to who comes later, who hears nothing of what was before."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    stream = feed.watch("mail")
    before = until_caught_up(stream)[-1].change
    request = consent_pb2.EraseRequest(subject="p1", id="gone")
    feed.caller.consent.Erase(request, metadata=feed.caller.operator, timeout=5)
    live = until_caught_up(stream)[-1].change
    stream.cancel()
    later = until_caught_up(feed.watch("mail"))

    assert ("p1", "", "erasure") == (before.subject, live.subject, live.kind)
    assert before.pseudonym == live.pseudonym
    assert ["gone"] == events(later)
    assert live == later[-1].change
    assert ([], True) == (list(live.record.choices), live.record.HasField("erased_at"))


def test_a_hold_is_told_as_about_everyone(feed: Consumers) -> None:
    """It has no id: whoever follows asks again about all."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    scope = consent_pb2.Scope(categories=["user.contact"])
    hold = holds_pb2.PlaceHoldRequest(id="breach", scope=scope, why="addresses leaked")
    holds_pb2_grpc.HoldServiceStub(feed.caller.channel).PlaceHold(hold, metadata=feed.caller.operator, timeout=5)
    one, everyone = (response.change for response in until_caught_up(feed.watch("mail"))[1:])

    assert [False, True] == [one.everyone, everyone.everyone]
    assert ("", "restriction", "breach") == (everyone.subject, everyone.kind, everyone.entry.event.id)


def test_a_named_consumer_goes_on_where_it_acknowledged(tmp_path: Path) -> None:
    """After a cut, and after a restart of the sidecar; not where it only read."""
    with consumers(tmp_path) as feed:
        first = feed.caller.record("p1", choice("e1", "GIVEN"))
        feed.caller.record("p1", choice("e2", "WITHDRAWN"))
        until_caught_up(feed.watch("mail"))
        kept = feed.ack("mail", first.revision, consumer="mail")
        again = until_caught_up(feed.watch("mail"))
        other = until_caught_up(feed.watch("crm"))
    with consumers(tmp_path) as feed:
        after = until_caught_up(feed.watch("mail"))
        start = until_caught_up(feed.watch("mail", from_start=True))

    assert first.revision == kept
    assert [["e2"], ["e1", "e2"], ["e2"], ["e1", "e2"]] == [events(each) for each in (again, other, after, start)]
    assert [False, True, False, True] == [each[0].from_start for each in (again, other, after, start)]


def test_a_reader_says_itself_where_to_go_on(feed: Consumers) -> None:
    """The operator too, of whom nothing is kept; behind the last change nothing is repeated."""
    revisions = [feed.caller.record("p1", choice(f"e{n}", "GIVEN")).revision for n in range(3)]
    told = [events(until_caught_up(feed.watch("", after_revision=revision))) for revision in revisions]

    assert [["e1", "e2"], ["e2"], []] == told


def test_acknowledging_is_safe_to_repeat_and_never_goes_back(feed: Consumers) -> None:
    """What is kept is the latest, for each consumer its own."""
    revisions = [feed.caller.record("p1", choice(f"e{n}", "GIVEN")).revision for n in range(3)]
    kept = [feed.ack("mail", revisions[n]) for n in (1, 1, 0, 2)]

    assert [revisions[n] for n in (1, 1, 1, 2)] == kept
    assert revisions[0] == feed.ack("crm", revisions[0])


@pytest.mark.parametrize(
    ("who", "consumer", "code"),
    [
        pytest.param("nobody", "mail", "UNAUTHENTICATED", id="unknown-token"),
        pytest.param("crm", "mail", "PERMISSION_DENIED", id="of-another"),
        pytest.param("", "mail", "PERMISSION_DENIED", id="of-the-operator"),
        pytest.param("", "", "PERMISSION_DENIED", id="of-the-operator-without-a-name"),
        pytest.param("mail", "absent", "PERMISSION_DENIED", id="unknown-name"),
        pytest.param("mail", "m" * 64, "INVALID_ARGUMENT", id="no-name"),
    ],
)
def test_only_a_consumer_itself_acknowledges(feed: Consumers, who: str, consumer: str, code: str) -> None:
    """An acknowledgement by somebody else would say of a system what it never did."""
    revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    feed.tokens["nobody"] = "no-token-of-anybody"
    ends_with(grpc.StatusCode[code], lambda: feed.ack(who, revision, consumer))
    if (who, consumer) != ("", ""):
        ends_with(grpc.StatusCode[code], lambda: next(feed.watch(who, consumer=consumer)))

    assert [False, False] == [
        status.applied for status in feed.propagation(revision=revision).followers if status.kind == "consumer"
    ]


def test_no_token_no_feed(feed: Consumers) -> None:
    """And a consumer's token opens nothing else."""
    watch = feed.caller.feed.WatchRecords
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: next(watch(pb.WatchRecordsRequest(), timeout=5)))
    get, mail = feed.caller.consent.GetRecord, feed.metadata("mail")
    request = consent_pb2.GetRecordRequest(subject="p1")
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: get(request, metadata=mail, timeout=5))
    ask = partial(feed.caller.feed.GetPropagation, pb.GetPropagationRequest(revision=FOREIGN), timeout=5)
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: ask(metadata=mail))


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda feed, token: next(feed.watch("mail", after_revision=token)), id="watch"),
        pytest.param(lambda feed, token: feed.ack("mail", token), id="ack"),
        pytest.param(lambda feed, token: feed.propagation(revision=token), id="propagation"),
    ],
)
def test_a_revision_that_means_nothing_here_is_refused(
    feed: Consumers, call: Callable[[Consumers, str], object]
) -> None:
    """Of another log: start over. No revision at all, or one that is not reached: an error of the caller."""
    recorded = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    ahead = f"{recorded.partition('.')[0]}.2"
    text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: call(feed, FOREIGN))
    ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(feed, "yesterday"))
    with pytest.raises(grpc.RpcError):
        call(feed, ahead)

    assert "from_start" in text


def test_a_place_is_said_once(feed: Consumers) -> None:
    """The start and a revision contradict each other."""
    revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    ends_with(
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda: next(feed.watch("mail", after_revision=revision, from_start=True)),
    )


def test_an_acknowledged_place_that_the_log_lost_means_to_start_over(feed: Consumers) -> None:
    """The file of the log was put back to an older state: what came in between is not known."""
    log = feed.served.sidecar._log
    log.mark(Mark(kind=Follower.CONSUMER, name="mail", position=5, at=0))
    text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: next(feed.watch("mail")))

    recorded = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    anew = until_caught_up(feed.watch("mail", from_start=True))

    assert "from_start" in text
    assert (True, ["e1"]) == (anew[0].from_start, events(anew))
    assert recorded == feed.ack("mail", recorded)


def test_who_never_acknowledged_is_not_waited_for_everywhere(tmp_path: Path) -> None:
    """Only the marks in the log are known to all sidecars: without one erasures may be forgotten behind its back."""
    with consumers(tmp_path, tombstone_days=40) as feed:
        revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
        feed.caller.record("p2", choice("e2", "GIVEN"))
        soon = events(until_caught_up(feed.watch("mail", after_revision=revision)))
        feed.clock.advance(41 * 86_400)
        text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: next(feed.watch("mail", after_revision=revision)))
        feed.ack("mail", revision)

        assert (["e2"], True) == (soon, "forgotten" in text)
        assert ["e2"] == events(until_caught_up(feed.watch("mail", after_revision=revision)))


def test_who_begins_anew_and_is_killed_begins_anew_again(feed: Consumers) -> None:
    """What was acknowledged before is nothing that it still has."""
    first = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    second = feed.caller.record("p2", choice("e2", "GIVEN")).revision
    feed.ack("mail", second)
    next(feed.watch("mail", from_start=True))
    again = until_caught_up(feed.watch("mail"))
    feed.ack("mail", first)

    assert (True, ["e1", "e2"]) == (again[0].from_start, events(again))
    assert ["e2"] == events(until_caught_up(feed.watch("mail")))


def test_a_slow_reader_is_cut_with_a_clear_status(tmp_path: Path) -> None:
    """It is told why, and where to go on; its place is free again, and others were never held up."""
    # A native listener has 4 MiB lie before anything notices: tests/integration/test_native.py.
    with consumers(tmp_path, transport="grpcio", watch_stall_seconds=0.1, watches=1) as feed:
        record_much(feed)
        with reading_slowly(feed) as slow:
            first = next(slow)
            eventually(lambda: _none_open_once_cut(feed))
            text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(slow))
        after = until_caught_up(feed.watch("mail"))

        assert first.from_start
        assert "after_revision" in text
        assert 60 == len(events(after))


def test_a_stop_ends_a_stream_that_hangs(tmp_path: Path) -> None:
    """At once, and with a word, though its thread hears nothing."""
    with consumers(tmp_path, transport="grpcio", watch_stall_seconds=3_600) as feed:
        record_much(feed)
        with reading_slowly(feed) as slow:
            next(slow)
            eventually(lambda: _hanging(feed))
            feed.served.sidecar.stop(3_600)
            ends_with(grpc.StatusCode.UNAVAILABLE, lambda: list(slow))


def _hanging(feed: Consumers) -> None:
    """The stream has let its last message lie."""
    (watch,) = feed.served.sidecar._downstream.watches._open
    assert watch._lying_since is not None
    assert monotonic() - watch._lying_since > 0.2


def record_much(feed: Consumers) -> None:
    """More than fits into the buffers between."""
    scopes = [
        consent_pb2.Scope(recipients=["*"], channels=[channel], categories=[category])
        for channel in ("email", "sms", "phone", "push")
        for category in ("user.contact.email", "user.content", "user.device", "user.financial")
    ]
    choices = [consent_pb2.Choice(kind="CHOICE_KIND_WITHDRAWN", scope=scope) for scope in scopes]
    for n in range(60):
        submission = consent_pb2.Submission(choices=choices)
        feed.caller.record(f"p{n}", consent_pb2.Event(id=f"{'e' * 100}{n}", submission=submission))


@contextmanager
def reading_slowly(feed: Consumers) -> Iterator[Any]:
    """A stream whose reader takes nothing that it is not asked to."""
    options = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 4_096))
    with grpc.insecure_channel(feed.served.address, options=options) as channel:
        stub = feed_pb2_grpc.FeedServiceStub(channel)
        yield stub.WatchRecords(pb.WatchRecordsRequest(), metadata=feed.metadata("mail"), timeout=20)


def _none_open_once_cut(feed: Consumers) -> None:
    feed.served.sidecar._downstream.watches.cut_stalled()
    _none_open(feed)


def _none_open(feed: Consumers) -> None:
    assert 0 == len(feed.served.sidecar._downstream.watches)


def test_one_stream_too_many_is_refused(tmp_path: Path) -> None:
    """And a reader that goes away gives its place back, without a change that would show it."""
    with consumers(tmp_path, watches=1) as feed:
        stream = feed.watch("mail")
        next(stream)
        text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: next(feed.watch("crm")))
        gauge = feed.served.sidecar.registry.get_sample_value("sidecar_watches_open")
        stream.cancel()
        eventually(lambda: _none_open(feed))
        next(feed.watch("crm"))

    assert "limits.watches" in text
    assert 1.0 == gauge


def test_a_stop_ends_streams_with_unavailable(tmp_path: Path) -> None:
    """At once, though nothing changes: who follows tries again, at another sidecar or this one."""
    with consumers(tmp_path) as feed:
        stream = feed.watch("mail")
        until_caught_up(stream)
        feed.served.sidecar.stop(5)
        text = ends_with(grpc.StatusCode.UNAVAILABLE, lambda: list(stream))

    assert "draining" in text


def test_who_has_applied_a_change_is_told(feed: Consumers) -> None:
    """This sidecar, and each consumer by what it acknowledged; by revision, and by event."""
    first = feed.caller.record("p1", choice("e1", "GIVEN"))
    second = feed.caller.record("p1", choice("e2", "WITHDRAWN"))
    feed.ack("mail", first.revision)
    for name, at in (("alive", NOON - 890 * SECOND), ("dead", NOON - 910 * SECOND), ("this", NOON)):
        feed.served.sidecar._log.mark(Mark(kind=Follower.SIDECAR, name=name, position=1, at=at))
    about = {
        "first": feed.propagation(subject="p1", event_id="e1"),
        "second": feed.propagation(revision=second.revision),
    }
    found = {
        name: [
            (status.kind, status.name, status.applied, status.silent, status.revision) for status in answer.followers
        ]
        for name, answer in about.items()
    }

    assert [first.revision, second.revision] == [answer.revision for answer in about.values()]
    assert about["first"].HasField("accepted_at")
    assert [
        ("sidecar", "this", True, False, second.revision),
        ("sidecar", "alive", True, False, first.revision),
        ("sidecar", "dead", True, True, first.revision),
        ("consumer", "crm", False, False, ""),
        ("consumer", "mail", True, False, first.revision),
    ] == found["first"]
    assert [("alive", False), ("dead", False), ("crm", False), ("mail", False)] == [
        (name, applied) for _, name, applied, _, _ in found["second"][1:]
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"revision": FOREIGN, "subject": "p1"},
        {"revision": FOREIGN, "event_id": "e1"},
        {"subject": "p1"},
        {"event_id": "e1"},
        {"subject": "p1", "event_id": "absent"},
    ],
)
def test_a_change_is_named_in_one_way(feed: Consumers, request_: dict[str, str]) -> None:
    """Neither in none nor in two, and it must be there."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: feed.propagation(**request_))


def test_the_lag_of_every_consumer_is_seen(feed: Consumers) -> None:
    """0 on an empty log; the age of what is not acknowledged; 0 again once all is; also of one that never came."""
    clock = feed.served.sidecar.world.clock
    assert isinstance(clock, FixedClock)
    empty = [feed.lag("mail"), feed.lag("crm")]
    recorded = feed.caller.record("p1", choice("e1", "WITHDRAWN"))
    clock.advance(90)
    behind = [feed.lag("mail"), feed.lag("crm")]
    feed.ack("mail", recorded.revision)

    assert ([0.0, 0.0], [90.0, 90.0]) == (empty, behind)
    assert [0.0, 90.0] == [feed.lag("mail"), feed.lag("crm")]
    assert feed.lag("absent") is None


def test_tokens_are_nowhere_to_be_read(feed: Consumers) -> None:
    """The configuration that is logged and shown names their files only."""
    shown = str(feed.served.sidecar.config.redacted())

    assert "mail.token" in shown
    assert [token for token in feed.tokens.values() if token in shown] == []
