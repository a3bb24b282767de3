"""Consumers of the feed, and what they are told over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import grpc

from sidecar.api.v1 import consent_pb2, feed_pb2_grpc
from sidecar.api.v1 import feed_pb2 as pb
from sidecar.model.instant import parse
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling

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


def hanging(feed: Consumers) -> None:
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


def none_open_once_cut(feed: Consumers) -> None:
    """Whoever reads too slowly is cut, and that was everybody."""
    feed.served.sidecar._downstream.watches.cut_stalled()
    none_open(feed)


def none_open(feed: Consumers) -> None:
    """Nobody follows."""
    assert 0 == len(feed.served.sidecar._downstream.watches)
