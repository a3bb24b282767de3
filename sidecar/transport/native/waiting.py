"""Calls that are answered on threads that may wait, since the answer could not be had at once."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import grpc

from sidecar.transport.desk import Desk
from sidecar.transport.identity import Identity
from sidecar.transport.native.ending import fail
from sidecar.transport.native.front import Front

Steps = Generator[bool, None, bytes]
"""An answer in the making: yields whether the next step may wait, and returns the answer."""


class Waiting:
    """Those of one front, on *executor*'s threads. Safe for any number of threads."""

    def __init__(self, front: Front, desk: Desk, identity: Identity, executor: ThreadPoolExecutor) -> None:
        self._front = front
        self._desk = desk
        self._shared = desk.shared
        self._identity = identity
        self._executor = executor
        self._calls: set[int] = set()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._calls)

    def take(self, call: int, method: str, data: bytes, until: float) -> None:
        """Answer *call* to *method*, whose caller waits *until* then on the monotonic clock; does not wait."""
        self._hand_over(call, method, partial(self._desk.wait, method, data, self._identity, until))

    def go_on(self, call: int, method: str, steps: Steps) -> None:
        """Answer *call* to *method* in the rest of *steps*; does not wait."""
        self._hand_over(call, method, partial(self._desk.audiences.finish, steps))

    def _hand_over(self, call: int, method: str, work: Callable[[], bytes]) -> None:
        self._calls.add(call)
        try:
            self._executor.submit(self._answer, call, method, work)
        except BaseException:  # the threads are gone: the process is about to end
            self._calls.discard(call)
            raise

    def _answer(self, call: int, method: str, work: Callable[[], bytes]) -> None:
        tally = self._shared.metrics.tallies.begin()
        code = grpc.StatusCode.OK
        try:
            if not self._front.respond(call, work()):
                code = grpc.StatusCode.CANCELLED
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is told
            status = fail(self._front, call, error)
            if status.ours:
                self._shared.errors.report("grpc", error)
            code = status.code
        finally:
            self._calls.discard(call)
            tally.ended(method, code.name)
            self._shared.metrics.tallies.end(tally)
