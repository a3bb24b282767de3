"""Reflection, for tools that ask a server what it offers."""

from collections.abc import Iterator
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha.reflection import ReflectionServicer

from sidecar.transport.edge import Edge
from sidecar.transport.streams import Streams


class Reflection(ReflectionServicer):  # type: ignore[misc] # the library has no types
    """The library's, counted among the streams: each holds a thread."""

    def __init__(self, services: tuple[str, ...], *, edge: Edge, streams: Streams) -> None:
        super().__init__(services)
        self._edge = edge
        self._streams = streams

    def ServerReflectionInfo(  # noqa: N802
        self, request_iterator: Iterator[pb.ServerReflectionRequest], context: grpc.ServicerContext
    ) -> Iterator[Any]:
        """Answer questions about services, files and symbols."""
        with self._edge.call(context, "ServerReflectionInfo"), self._streams.open(context) as stream:
            yield from super().ServerReflectionInfo(stream.each(request_iterator), context)
