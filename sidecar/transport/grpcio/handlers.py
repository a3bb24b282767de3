"""From the methods of a service to what grpc calls: our own parsing, so that malformed bytes are the caller's fault."""

from collections.abc import Callable, Container, Iterator
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from sidecar.errors import RequestError
from sidecar.transport.convert.parsing import parse
from sidecar.transport.edge import Edge

_Behavior = Callable[[Any, grpc.ServicerContext], Any]


def add_service(
    server: grpc.Server, service: ServiceDescriptor, servicer: object, edge: Edge, *, in_bytes: Container[str] = ()
) -> None:
    """Let *servicer* answer for *service* on *server*; methods *in_bytes* take and return messages as they travel.

    grpc's generated code would end a call that cannot be parsed as ``INTERNAL``, which says that we are broken.
    """
    methods = {
        method.name: _handler(method, getattr(servicer, method.name), None if method.name in in_bytes else edge)
        for method in service.methods
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))


def _handler(method: MethodDescriptor, behavior: _Behavior, edge: Edge | None) -> "grpc.RpcMethodHandler[Any, Any]":
    """What answers *method*; without an *edge* in bytes."""
    kind = _KINDS[method.client_streaming, method.server_streaming]
    if edge is None:
        return kind(behavior)
    message = GetMessageClass(method.input_type)
    serialize = GetMessageClass(method.output_type).SerializeToString
    if method.client_streaming:
        return kind(_parsing_each(behavior, message), response_serializer=serialize)
    return kind(_parsing(behavior, method.name, message, edge), response_serializer=serialize)


_KINDS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def _parsing(behavior: _Behavior, method: str, message: type[Message], edge: Edge) -> _Behavior:
    def call(data: bytes, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - any message
        try:
            request = parse(message, data)
        except RequestError:
            with edge.call(context, method):
                raise
        return behavior(request, context)

    return call


def _parsing_each(behavior: _Behavior, message: type[Message]) -> _Behavior:
    """What parses a message when *behavior* pulls it, so that it is inside its edge already."""

    def call(requests: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        return behavior((parse(message, data) for data in requests), context)

    return call
