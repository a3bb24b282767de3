"""A front that is told what comes, and tells what was answered."""

from queue import SimpleQueue

from sidecar.transport.native.front import Event

CHECK, BATCH, FILTER = 0, 1, 2


def event(call: int, data: bytes = b"", *, method: int = CHECK, timeout: bytes | None = None) -> Event:
    """A call as the front gives it."""
    return (0, call, method, data, timeout if timeout is not None else "unix:1")


class FakeFront:
    """Gives out what is put in ``coming``, and ends with the ``None`` in it; what calls ended with is in ``ended``."""

    bound_port = 1

    def __init__(self) -> None:
        self.coming: SimpleQueue[list[Event] | None] = SimpleQueue()
        self.ended: dict[int, bytes | tuple[int, str]] = {}
        self.gone: set[int] = set()  # calls whose callers are not there any more
        self.ended_again: list[int] = []

    def set_fallback(self, path: str) -> None:
        """Nothing."""

    def start(self) -> None:
        """Nothing."""

    def recv_batch(self, max_events: int, timeout_ms: int | None = None) -> list[Event] | None:
        """What is next; waits for it."""
        del max_events
        if timeout_ms == 0 and self.coming.empty():
            return []
        return self.coming.get(timeout=10)

    def respond(self, call_id: int, payload: bytes) -> bool:
        """Keep it."""
        return self._end(call_id, payload)

    def fail(self, call_id: int, code: int, message: str) -> bool:
        """Keep it."""
        return self._end(call_id, (code, message))

    def close(self) -> None:
        """Have nothing come any more."""
        self.coming.put(None)

    def _end(self, call: int, how: bytes | tuple[int, str]) -> bool:
        if call in self.ended:
            self.ended_again.append(call)
            raise ValueError("a call ends once")
        self.ended[call] = how
        return call not in self.gone
