"""From the methods of a service to what grpc calls: our own parsing, so that malformed bytes are the caller's fault."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from sidecar.errors import RequestError
from sidecar.transport.edge import Edge

_Behavior = Callable[[Any, grpc.ServicerContext], Any]

MALFORMED: Final = "cannot be parsed: not that message, or text in it is not UTF-8"


def add_service(server: grpc.Server, service: ServiceDescriptor, servicer: object, edge: Edge) -> None:
    """Let *servicer* answer for *service* on *server*.

    grpc's generated code would end a call that cannot be parsed as ``INTERNAL``, which says that we are broken.
    """
    methods = {method.name: _handler(method, getattr(servicer, method.name), edge) for method in service.methods}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))


def _handler(method: MethodDescriptor, behavior: _Behavior, edge: Edge) -> "grpc.RpcMethodHandler[Any, Any]":
    message = GetMessageClass(method.input_type)
    serialize = GetMessageClass(method.output_type).SerializeToString
    if method.client_streaming:
        return grpc.stream_stream_rpc_method_handler(
            _parsing_each(behavior, method.name, message, edge), response_serializer=serialize
        )
    one = grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
    return one(_parsing(behavior, method.name, message, edge), response_serializer=serialize)


def _parsing(behavior: _Behavior, method: str, message: type[Message], edge: Edge) -> _Behavior:
    def call(data: bytes, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - any message
        try:
            request = message.FromString(data)
        except DecodeError:
            with edge.call(context, method):
                raise _malformed(message) from None
        return behavior(request, context)

    return call


def _parsing_each(behavior: _Behavior, method: str, message: type[Message], edge: Edge) -> _Behavior:
    del method, edge  # the stream's own behavior is already inside the edge when it pulls a message

    def parsed(requests: Iterator[bytes]) -> Iterator[Message]:
        for data in requests:
            try:
                yield message.FromString(data)
            except DecodeError:
                raise _malformed(message) from None

    def call(requests: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        return behavior(parsed(requests), context)

    return call


def _malformed(message: type[Message]) -> RequestError:
    return RequestError(message.DESCRIPTOR.name, MALFORMED)
