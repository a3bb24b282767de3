"""A gRPC server whose every call is answered by nothing at once: what the transport alone costs.

``noop_server.py unix:PATH THREADS`` serves until it is told to stop. The same library, address and number of threads as
the server that it is compared with; the handler neither parses nor writes a message.
"""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import grpc


class _Anything(grpc.GenericRpcHandler):
    """Answers every method."""

    def __init__(self) -> None:
        self._handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_nothing)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The one handler."""
        del handler_call_details
        return self._handler


def _nothing(request: bytes, context: grpc.ServicerContext) -> bytes:
    del request, context
    return b""


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
