"""Calls that are too long for a burst: answered in steps of less than a millisecond, between bursts."""

from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

import grpc

from sidecar.telemetry.tally import Tallies, Tally
from sidecar.transport.native.ending import fail
from sidecar.transport.native.front import Front
from sidecar.transport.native.waiting import Steps, Waiting


class _Long(NamedTuple):
    call: int
    method: str
    steps: Steps
    deadline: float | None  # on the monotonic clock; the front ends the call then by itself
    tally: Tally


class Turns:
    """The long calls of one front, which take turns. For the thread that serves it."""

    def __init__(
        self, front: Front, waiting: Waiting, tallies: Tallies, report: Callable[[Sequence[BaseException]], None]
    ) -> None:
        self._front = front
        self._waiting = waiting
        self._tallies = tallies
        self._report = report
        self._long: deque[_Long] = deque()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._long)

    def take(self, call: int, method: str, steps: Steps, seconds: float | None) -> None:
        """Answer *call* to *method* in *steps*; its caller waits for *seconds*."""
        deadline = None if seconds is None else monotonic() + seconds
        self._long.append(_Long(call, method, steps, deadline, self._tallies.begin()))

    def step(self) -> None:
        """Do one step of the call whose turn it is; what may wait goes to a thread that may. Never raises."""
        one = self._long.popleft()
        if one.deadline is not None and monotonic() >= one.deadline:
            one.steps.close()
            self._end(one, grpc.StatusCode.DEADLINE_EXCEEDED)
            return
        try:
            if next(one.steps):
                self._waiting.go_on(one.call, one.method, one.steps)
                self._tallies.end(one.tally)
            else:
                self._long.append(one)
        except StopIteration as end:
            sent = self._front.respond(one.call, end.value)
            self._end(one, grpc.StatusCode.OK if sent else grpc.StatusCode.CANCELLED)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is told, and others have their turn
            status = fail(self._front, one.call, error)
            if status.ours:
                self._report([error])
            self._end(one, status.code)

    def _end(self, one: _Long, code: grpc.StatusCode) -> None:
        one.tally.ended(one.method, code.name)
        self._tallies.end(one.tally)
