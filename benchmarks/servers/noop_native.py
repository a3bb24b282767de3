"""A server on ``NativeGrpcFront`` whose every call is answered by nothing at once: what that transport alone costs.

``python -m benchmarks.servers.noop_native PATH`` serves on a Unix socket until it is told to stop. One thread takes
what has come in one go and answers it, as the sidecar does; it neither parses nor writes a message.
"""

import os
import signal
import sys
from typing import Final

from pygrpc_native import EVENT_CALL, NativeGrpcFront

METHODS: Final = ("Check", "CheckBatch", "FilterSubjects")
EVENTS_AT_ONCE: Final = 512
WAIT_MILLISECONDS: Final = 200


def main(path: str) -> None:
    """Serve on the socket *path* until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    methods = [(f"/sidecar.api.v1.AuthorizationService/{method}", False) for method in METHODS]
    front = NativeGrpcFront(f"unix:{path}", methods)
    front.start()
    while (events := front.recv_batch(EVENTS_AT_ONCE, WAIT_MILLISECONDS)) is not None:
        for kind, call, _, _, _ in events:
            if kind == EVENT_CALL:
                front.respond(call, b"")


if __name__ == "__main__":
    main(*sys.argv[1:])
