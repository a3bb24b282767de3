"""The client's feed against sidecars that break off, fall silent or refuse."""

from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from threading import Event

import grpc
import pytest

from sidecar.api.v1 import feed_pb2 as pb
from sidecar.client import Feed, FeedError, Update

LOG = "0123456789abcdef"

Script = Callable[[pb.WatchRecordsRequest, grpc.ServicerContext], Iterator[pb.WatchRecordsResponse]]


class Sidecar(grpc.GenericRpcHandler):
    """Plays one script for each stream, one after the other, and keeps what was asked and acknowledged."""

    def __init__(self, *scripts: Script) -> None:
        self.asked: list[pb.WatchRecordsRequest] = []
        self.acknowledged: list[str] = []
        self.refuse_acks = [grpc.StatusCode.OK]
        self._scripts = iter(scripts)

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Both methods of the feed."""
        if details.method.endswith("/Ack"):
            return grpc.unary_unary_rpc_method_handler(self._ack)
        return grpc.unary_stream_rpc_method_handler(self._watch)

    def _watch(self, data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        self.asked.append(pb.WatchRecordsRequest.FromString(data))
        for response in next(self._scripts)(self.asked[-1], context):
            yield response.SerializeToString()

    def _ack(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        code = self.refuse_acks.pop() if self.refuse_acks else grpc.StatusCode.OK
        if code is not grpc.StatusCode.OK:
            context.abort(code, "not now")
        self.acknowledged.append(pb.AckRequest.FromString(data).revision)
        return pb.AckResponse().SerializeToString()


@contextmanager
def following(sidecar: Sidecar, **options: Callable[[FeedError], None]) -> Iterator[Feed]:
    """A feed of *sidecar*, as the consumer ``mail``."""
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[sidecar])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with Feed(f"127.0.0.1:{port}", token="t", consumer="mail", **options) as feed:
            yield feed
    finally:
        server.stop(0).wait()


def change(position: int, *, caught_up: bool = False) -> pb.WatchRecordsResponse:
    """A change of somebody's record."""
    return pb.WatchRecordsResponse(
        revision=f"{LOG}.{position}", change=pb.RecordChange(pseudonym="p"), caught_up=caught_up
    )


def sends(*positions: int, ends_with: grpc.StatusCode | None = None) -> Script:
    """A stream of changes that then ends, or goes on without one."""

    def script(_request: pb.WatchRecordsRequest, context: grpc.ServicerContext) -> Iterator[pb.WatchRecordsResponse]:
        for position in positions:
            yield change(position, caught_up=position == positions[-1])
        if ends_with is not None:
            context.abort(ends_with, "that is why")
        over = Event()
        context.add_callback(over.set)
        over.wait(10)

    return script


def take(feed: Feed, count: int, after: str = "") -> list[Update]:
    """The first *count* updates."""
    updates = feed.follow(after)
    taken = [next(updates) for _ in range(count)]
    updates.close()
    return taken


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "ABORTED"])
def test_a_stream_that_breaks_is_taken_up_where_it_broke(code: str) -> None:
    """Nothing is left out and nothing told twice; who follows may hear of it."""
    cuts: list[FeedError] = []
    sidecar = Sidecar(sends(1, 2, ends_with=grpc.StatusCode[code]), sends(3, 4))
    with following(sidecar, on_cut=cuts.append) as feed:
        taken = take(feed, 4)

    assert [f"{LOG}.{n}" for n in (1, 2, 3, 4)] == [update.revision for update in taken]
    assert ["", f"{LOG}.2"] == [asked.after_revision for asked in sidecar.asked]
    assert ["mail", "mail"] == [asked.consumer for asked in sidecar.asked]
    assert [f"{code}: that is why"] == [str(cut) for cut in cuts]


def test_what_was_not_handled_is_told_again_to_who_follows_anew() -> None:
    """An update counts as taken only once the next one is asked for."""
    sidecar = Sidecar(sends(1, 2, ends_with=grpc.StatusCode.UNAVAILABLE), sends(2))
    with following(sidecar) as feed:
        first = take(feed, 1)
        again = take(feed, 1, after=first[0].revision)

    assert [f"{LOG}.1", f"{LOG}.2"] == [first[0].revision, again[0].revision]
    assert ["", f"{LOG}.1"] == [asked.after_revision for asked in sidecar.asked]


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT", "UNIMPLEMENTED"])
def test_what_trying_again_does_not_mend_is_raised(code: str) -> None:
    """With the text that says what to do."""
    sidecar = Sidecar(sends(ends_with=grpc.StatusCode[code]))
    with following(sidecar) as feed, pytest.raises(FeedError, match="that is why") as caught:
        take(feed, 1)

    assert (grpc.StatusCode[code], False) == (caught.value.code, caught.value.start_over)
    assert 1 == len(sidecar.asked)


def test_a_lost_place_means_to_start_over() -> None:
    """Which who follows must say, since it has to forget what it has."""
    sidecar = Sidecar(sends(ends_with=grpc.StatusCode.FAILED_PRECONDITION), sends(1))
    with following(sidecar) as feed:
        with pytest.raises(FeedError) as caught:
            take(feed, 1)
        updates = feed.follow(from_start=True)
        next(updates)
        updates.close()

    assert caught.value.start_over
    assert [False, True] == [asked.from_start for asked in sidecar.asked]


def test_who_starts_over_owes_nothing_of_before() -> None:
    """An acknowledgement that did not get through is of the log that is gone; the new one would refuse it."""
    sidecar = Sidecar(sends(1, ends_with=grpc.StatusCode.FAILED_PRECONDITION), sends(7))
    sidecar.refuse_acks = [grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAVAILABLE]
    with following(sidecar) as feed:
        updates = feed.follow()
        kept = feed.ack(next(updates).revision)
        with pytest.raises(FeedError):
            next(updates)
        updates = feed.follow(from_start=True)
        anew = next(updates)
        updates.close()

    assert (False, f"{LOG}.7") == (kept, anew.revision)
    assert [] == sidecar.acknowledged


def test_a_sidecar_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is dead without saying so would leave people on the list for ever."""
    monkeypatch.setattr("sidecar.client.feed.SILENCE_SECONDS", 0.2)
    sidecar = Sidecar(sends(1), sends(2))
    with following(sidecar) as feed:
        taken = take(feed, 2)

    assert [f"{LOG}.1", f"{LOG}.2"] == [update.revision for update in taken]


def test_what_takes_long_to_apply_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only waiting for the sidecar counts."""
    monkeypatch.setattr("sidecar.client.feed.SILENCE_SECONDS", 0.1)
    sidecar = Sidecar(sends(1, 2), sends(3))
    with following(sidecar) as feed:
        updates = feed.follow()
        first = next(updates)
        Event().wait(0.3)
        second = next(updates)
        updates.close()

    assert ([f"{LOG}.1", f"{LOG}.2"], 1) == ([first.revision, second.revision], len(sidecar.asked))


def test_an_acknowledgement_that_did_not_get_through_is_made_up_for() -> None:
    """The next update that comes shows that the sidecar is there again."""
    sidecar = Sidecar(sends(1, 2, 3))
    sidecar.refuse_acks = [grpc.StatusCode.UNAVAILABLE] * 2
    with following(sidecar) as feed:
        updates = feed.follow()
        kept = [feed.ack(next(updates).revision)]
        next(updates)
        next(updates)
        kept.append(feed.ack(f"{LOG}.3"))
        updates.close()

    assert [False, True] == kept
    assert [f"{LOG}.1", f"{LOG}.3"] == sidecar.acknowledged


def test_an_acknowledgement_that_is_refused_is_raised_once() -> None:
    """And not sent again with the next one."""
    sidecar = Sidecar()
    sidecar.refuse_acks = [grpc.StatusCode.PERMISSION_DENIED]
    with following(sidecar) as feed:
        with pytest.raises(FeedError, match="PERMISSION_DENIED"):
            feed.ack(f"{LOG}.1")

        assert feed.ack(f"{LOG}.2")

    assert [f"{LOG}.2"] == sidecar.acknowledged


def test_a_feed_that_is_closed_ends() -> None:
    """From another thread too, without an error."""
    sidecar = Sidecar(sends(1))
    with following(sidecar) as feed:
        updates = feed.follow()
        next(updates)
        feed.close()
        rest = list(updates)

    assert [] == rest
    assert [] == list(feed.follow())
