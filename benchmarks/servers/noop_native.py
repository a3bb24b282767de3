"""A server on the native transport whose every call is answered by nothing at once: what that transport alone costs.

``python -m benchmarks.servers.noop_native PATH`` serves on a Unix socket until it is told to stop. The front is the
sidecar's own; one thread takes what has come in one go and answers it, as the sidecar does, but neither parses nor
writes a message.
"""

import os
import signal
import sys
from typing import Final

from sidecar.config import Listener
from sidecar.transport.native.front import open_front

CALLS_AT_ONCE: Final = 65_536
LOOK_MILLISECONDS: Final = 200
"""So often a signal is looked at."""


def main(path: str) -> None:
    """Serve on the socket *path* until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    front = open_front(Listener.parse(f"unix:{path}"))
    front.start()
    while (calls := front.recv_batch(CALLS_AT_ONCE, LOOK_MILLISECONDS)) is not None:
        for _, call, _, _, _ in calls:
            front.respond(call, b"")


if __name__ == "__main__":
    main(*sys.argv[1:])
