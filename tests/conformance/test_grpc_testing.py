"""The servicers as grpc's own testing server calls them: synchronous, each method, with the status it ends with."""

from collections.abc import Iterator
from typing import Any

import grpc
import grpc_testing  # type: ignore[import-untyped] # has none
import pytest
from google.protobuf.message_factory import GetMessageClass

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, status_pb2
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.authorization import AuthorizationServicer
from sidecar.transport.consent import ConsentServicer
from sidecar.transport.identity import Identity
from sidecar.transport.operations import StatusServicer
from sidecar.transport.world import Source

AUTHORIZATION = pb.DESCRIPTOR.services_by_name["AuthorizationService"]
CONSENT = consent_pb2.DESCRIPTOR.services_by_name["ConsentService"]
STATUS = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
QUESTION = pb.CheckRequest(
    service="newsletter", subject="p1", fields=["customer.email"], purpose="marketing.communications.email"
)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A sidecar whose parts the tests put behind grpc's testing server."""
    with serving(clock=FixedClock()) as running:
        yield running


class InMessages:
    """A servicer of messages, as the testing server calls it, over one of bytes, as grpc does."""

    def __init__(self, servicer: AuthorizationServicer) -> None:
        self._servicer = servicer

    def __getattr__(self, name: str) -> Any:
        behavior = getattr(self._servicer, name)
        if name not in self._servicer.IN_BYTES:
            return behavior
        method = AUTHORIZATION.methods_by_name[name]
        parse = GetMessageClass(method.output_type).FromString
        if method.client_streaming:
            return lambda sent, context: map(parse, behavior((one.SerializeToString() for one in sent), context))
        return lambda sent, context: parse(behavior(sent.SerializeToString(), context))


@pytest.fixture
def server(served: Served) -> Any:
    """A testing server of grpc, in real time, with every servicer; callers say who they are."""
    desk = served.sidecar._grpc.desk
    return grpc_testing.server_from_dictionary(
        {
            AUTHORIZATION: InMessages(AuthorizationServicer(desk, Identity())),
            CONSENT: ConsentServicer(desk.shared),
            STATUS: StatusServicer(desk.shared, Source(backend="sqlite", mode="replica", instance="test")),
        },
        grpc_testing.strict_real_time(),
    )


def call(server: Any, method: Any, request: Any, metadata: Any = ()) -> tuple[Any, grpc.StatusCode, str]:
    """Response, status and its text of a unary call."""
    response, _, code, details = server.invoke_unary_unary(method, metadata, request, 5.0).termination()
    return response, code, details


def test_check_answers(server: Any) -> None:
    """A question gets an answer, not a coroutine and not a status alone."""
    response, code, _ = call(server, AUTHORIZATION.methods_by_name["Check"], QUESTION)

    assert grpc.StatusCode.OK is code
    assert isinstance(response, pb.CheckResponse)
    assert ["customer.email"] == [result.field for result in response.results]


def test_check_refuses_a_malformed_question(server: Any) -> None:
    """The status names the field, and there is no response."""
    response, code, details = call(server, AUTHORIZATION.methods_by_name["Check"], pb.CheckRequest(service="s"))

    assert (None, grpc.StatusCode.INVALID_ARGUMENT) == (response, code)
    assert details.startswith("`subject`")


def test_check_batch_answers_each(server: Any) -> None:
    """In their order."""
    items = [pb.CheckBatchItem(correlation_id=name, request=QUESTION) for name in "ba"]
    response, code, _ = call(server, AUTHORIZATION.methods_by_name["CheckBatch"], pb.CheckBatchRequest(items=items))

    assert grpc.StatusCode.OK is code
    assert ["b", "a"] == [result.correlation_id for result in response.results]


def test_check_stream_answers_one_by_one(server: Any) -> None:
    """Each question before the next is sent."""
    stream = server.invoke_stream_stream(AUTHORIZATION.methods_by_name["CheckStream"], (), 5.0)
    answered = []
    for name in "ab":
        stream.send_request(pb.CheckStreamRequest(correlation_id=name, request=QUESTION))
        answered.append(stream.take_response().correlation_id)
    stream.requests_closed()
    _, code, _ = stream.termination()

    assert ["a", "b"] == answered
    assert grpc.StatusCode.OK is code


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        pytest.param(AUTHORIZATION.methods_by_name["Explain"], pb.ExplainRequest(request=QUESTION), id="Explain"),
        pytest.param(CONSENT.methods_by_name["GetRecord"], consent_pb2.GetRecordRequest(subject="p1"), id="GetRecord"),
        pytest.param(
            CONSENT.methods_by_name["ListHistory"], consent_pb2.ListHistoryRequest(subject="p1"), id="ListHistory"
        ),
        pytest.param(CONSENT.methods_by_name["Erase"], consent_pb2.EraseRequest(subject="p9", id="x"), id="Erase"),
        pytest.param(STATUS.methods_by_name["GetStatus"], status_pb2.GetStatusRequest(), id="GetStatus"),
    ],
)
def test_what_tells_of_people_needs_the_token(server: Any, served: Served, method: Any, request_: Any) -> None:
    """Without it UNAUTHENTICATED, with it an answer."""
    _, without, _ = call(server, method, request_)
    _, with_, _ = call(server, method, request_, served.operator)

    assert (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.OK) == (without, with_)


def test_import_answers_at_the_end(server: Any, served: Served) -> None:
    """A line that is refused is told by its number; the others are recorded."""
    stream = server.invoke_stream_stream(CONSENT.methods_by_name["ImportEvents"], served.operator, 5.0)
    stream.send_request(consent_pb2.ImportEventsRequest(lines=[consent_pb2.ImportLine(line=1, subject="p1")]))
    stream.requests_closed()
    response = stream.take_response()
    _, code, _ = stream.termination()

    assert grpc.StatusCode.OK is code
    assert (1, 0, [1]) == (response.through_line, response.recorded, [each.line for each in response.rejections])
