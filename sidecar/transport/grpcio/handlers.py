"""From the methods of a service to what grpc calls: our own parsing, so that malformed bytes are the caller's fault."""

from collections.abc import Callable, Container, Iterator
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from sidecar.errors import OverloadedError, RequestError
from sidecar.transport.convert.parsing import parse, sized
from sidecar.transport.edge import Edge

_Behavior = Callable[[Any, grpc.ServicerContext], Any]


class Intake(NamedTuple):
    """What messages pass on their way in."""

    edge: Edge
    most_bytes: int  # grpc itself has one limit for all methods: the largest of theirs


def add_service(
    server: grpc.Server, service: ServiceDescriptor, servicer: object, intake: Intake, *, in_bytes: Container[str] = ()
) -> None:
    """Let *servicer* answer for *service* on *server*.

    Methods *in_bytes* take and return messages as they travel, and look at their size themselves. grpc's generated code
    would end a call that cannot be parsed as ``INTERNAL``, which says that we are broken.
    """
    methods = {
        method.name: _handler(method, getattr(servicer, method.name), None if method.name in in_bytes else intake)
        for method in service.methods
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))


def _handler(method: MethodDescriptor, behavior: _Behavior, intake: Intake | None) -> "grpc.RpcMethodHandler[Any, Any]":
    """What answers *method*; without an *intake* in bytes."""
    kind = _KINDS[method.client_streaming, method.server_streaming]
    if intake is None:
        return kind(behavior)
    message = GetMessageClass(method.input_type)
    serialize = GetMessageClass(method.output_type).SerializeToString
    if method.client_streaming:
        return kind(_parsing_each(behavior, message, intake), response_serializer=serialize)
    return kind(_parsing(behavior, method.name, message, intake), response_serializer=serialize)


_KINDS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def _parsing(behavior: _Behavior, method: str, message: type[Message], intake: Intake) -> _Behavior:
    def call(data: bytes, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - any message
        try:
            request = parse(message, sized(data, intake.most_bytes))
        except (RequestError, OverloadedError):
            with intake.edge.call(context, method):
                raise
        return behavior(request, context)

    return call


def _parsing_each(behavior: _Behavior, message: type[Message], intake: Intake) -> _Behavior:
    """What parses a message when *behavior* pulls it, so that it is inside its edge already."""

    def call(requests: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        return behavior((parse(message, sized(data, intake.most_bytes)) for data in requests), context)

    return call
