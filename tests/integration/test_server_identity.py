"""Who may ask as whom, and what needs the operator's token, over real sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, holds_pb2, holds_pb2_grpc, status_pb2
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.errors import ConfigError
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, ends_with, question


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle, in which support may also ask for the newsletter."""
    folder = tmp_path_factory.mktemp("bundle")
    for source in demo_bundle().rglob("*"):
        if source.is_file():
            target = folder / source.relative_to(demo_bundle())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    support = folder / "catalog" / "services" / "support.yaml"
    support.write_text(support.read_text(encoding="utf-8") + "\nmay_ask_for: [newsletter]\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def served(bundle: Path) -> Iterator[Served]:
    """A sidecar with a third listener, whose callers are support."""
    with serving(bundle=bundle, clock=FixedClock(), listen=["127.0.0.1:0,service=support"]) as running:
        yield running


@pytest.fixture
def pinned(served: Served) -> Iterator[Caller]:
    """A caller of the pinned listener."""
    with calling(served, served.sidecar.addresses[2]) as calls:
        yield calls


@pytest.fixture
def unpinned(served: Served) -> Iterator[Caller]:
    """A caller of a listener that takes everybody's word."""
    with calling(served) as calls:
        yield calls


def test_a_pinned_caller_is_who_the_listener_says(pinned: Caller) -> None:
    """Empty means "me": what support has declared counts, not what the newsletter has."""
    asked = question(service="", fields=["customer.email"], purpose="essential.service")

    assert "ALLOWED" == pinned.reason(asked)
    assert "NOT_DECLARED" == pinned.reason(question(service=""))


def test_a_pinned_caller_may_ask_for_whom_the_catalog_lists(pinned: Caller) -> None:
    """Then what the other has declared counts."""
    assert "CONSENT_UNKNOWN" == pinned.reason(question(service="newsletter"))


def test_a_pinned_caller_is_nobody_else(pinned: Caller) -> None:
    """In single questions, batches, streams, and with the operator's token."""
    other = question(service="social")
    ends_with(grpc.StatusCode.PERMISSION_DENIED, lambda: pinned.check(other))
    ends_with(
        grpc.StatusCode.PERMISSION_DENIED,
        lambda: pinned.authorization.Explain(pb.ExplainRequest(request=other), metadata=pinned.operator),
    )
    batch = pinned.authorization.CheckBatch(pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=other)]))
    stream = list(pinned.authorization.CheckStream(iter([pb.CheckStreamRequest(request=other)])))

    assert [7, 7] == [batch.results[0].error.code, stream[0].error.code]


def test_without_a_pin_a_service_must_be_named(unpinned: Caller) -> None:
    """There is no "me" where nobody is known."""
    text = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: unpinned.check(question(service="")))

    assert "`service`" in text


def test_the_status_says_whom_a_listener_trusts(pinned: Caller) -> None:
    """The pinned one knows who calls, the others take their word."""
    status = pinned.status.GetStatus(status_pb2.GetStatusRequest(), metadata=pinned.operator)

    assert [("", True), ("", True), ("support", False)] == [
        (listener.pinned_service, listener.trusts_callers) for listener in status.listeners
    ]


def test_a_pin_that_the_catalog_lacks_is_an_error() -> None:
    """It would deny everything; a typing error is more likely."""
    with pytest.raises(ConfigError, match="newsletter"), serving(listen=["127.0.0.1:0,service=newsleter"]):
        pass


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param((), id="none"),
        pytest.param((("authorization", "Bearer wrong-but-of-some-length"),), id="wrong"),
        pytest.param((("authorization", ""),), id="empty"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            lambda c, m: c.authorization.Explain(pb.ExplainRequest(request=question()), metadata=m), id="Explain"
        ),
        pytest.param(
            lambda c, m: c.consent.RecordEvent(
                consent_pb2.RecordEventRequest(subject="p1", event=choice("e1", "GIVEN")), metadata=m
            ),
            id="RecordEvent",
        ),
        pytest.param(
            lambda c, m: list(c.consent.ImportEvents(iter([consent_pb2.ImportEventsRequest()]), metadata=m)),
            id="ImportEvents",
        ),
        pytest.param(
            lambda c, m: c.consent.GetRecord(consent_pb2.GetRecordRequest(subject="p1"), metadata=m), id="GetRecord"
        ),
        pytest.param(
            lambda c, m: c.consent.ListHistory(consent_pb2.ListHistoryRequest(subject="p1"), metadata=m),
            id="ListHistory",
        ),
        pytest.param(
            lambda c, m: c.consent.Erase(consent_pb2.EraseRequest(subject="p1", id="x"), metadata=m), id="Erase"
        ),
        pytest.param(
            lambda c, m: holds_pb2_grpc.HoldServiceStub(c.channel).PlaceHold(
                holds_pb2.PlaceHoldRequest(id="h", scope=consent_pb2.Scope(categories=["*"]), why="w"), metadata=m
            ),
            id="PlaceHold",
        ),
        pytest.param(
            lambda c, m: holds_pb2_grpc.HoldServiceStub(c.channel).ReleaseHold(
                holds_pb2.ReleaseHoldRequest(id="r", scope=consent_pb2.Scope(categories=["*"])), metadata=m
            ),
            id="ReleaseHold",
        ),
        pytest.param(
            lambda c, m: holds_pb2_grpc.HoldServiceStub(c.channel).ListHolds(holds_pb2.ListHoldsRequest(), metadata=m),
            id="ListHolds",
        ),
        pytest.param(lambda c, m: c.status.GetStatus(status_pb2.GetStatusRequest(), metadata=m), id="GetStatus"),
    ],
)
def test_without_the_token_nothing_of_a_person_is_told_or_changed(
    unpinned: Caller,
    served: Served,
    call: Callable[[Caller, tuple[tuple[str, str], ...]], object],
    metadata: tuple[tuple[str, str], ...],
) -> None:
    """UNAUTHENTICATED, and the log is as it was."""
    before = served.sidecar.world.cache.revision()
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: call(unpinned, metadata))

    assert before == served.sidecar.world.cache.revision()
