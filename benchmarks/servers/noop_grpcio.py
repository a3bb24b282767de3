"""A grpcio server whose every call is answered by nothing at once: what that transport alone costs.

``python -m benchmarks.servers.noop_grpcio unix:PATH THREADS`` serves until it is told to stop. The same library,
address and number of threads as the sidecar that it is compared with; the handler neither parses nor writes a
message. A stream of questions gets an empty answer for each.
"""

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import grpc


class _Anything(grpc.GenericRpcHandler):
    """Answers every method."""

    def __init__(self) -> None:
        self._call: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_nothing)
        self._stream: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(_nothing_each)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The handler of calls, or of streams, by the method's name."""
        return self._stream if handler_call_details.method.endswith("Stream") else self._call


def _nothing(request: bytes, context: grpc.ServicerContext) -> bytes:
    del request, context
    return b""


def _nothing_each(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    del context
    for _ in requests:
        yield b""


def main(address: str, threads: str) -> None:
    """Serve at *address* until SIGTERM."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = grpc.server(ThreadPoolExecutor(int(threads)), handlers=[_Anything()])
    server.add_insecure_port(address)
    server.start()
    stop.wait()
    server.stop(grace=None).wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
