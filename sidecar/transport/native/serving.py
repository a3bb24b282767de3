"""The thread that answers what a front takes in: all that waits in one go, again and again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import Final

import grpc

from sidecar.telemetry.tally import Tally
from sidecar.transport.burst import Burst
from sidecar.transport.convert.parsing import sized
from sidecar.transport.desk import FILTER_SUBJECTS, Desk
from sidecar.transport.identity import Identity
from sidecar.transport.native.deadline import seconds_of
from sidecar.transport.native.ending import end, fail
from sidecar.transport.native.front import METHODS, Event, Front
from sidecar.transport.native.intake import Intake
from sidecar.transport.native.turns import Turns
from sidecar.transport.native.waiting import Waiting

TOO_MANY: Final = "Concurrent RPC limit exceeded!"
"""grpcio's own words, so that callers hear the same on both transports."""

_BURST: Final = 64
"""Calls that share a look at clock and sources: some hundred microseconds of work."""

_LONG: Final = METHODS.index(FILTER_SUBJECTS)

_OK: Final = grpc.StatusCode.OK.name
_CANCELLED: Final = grpc.StatusCode.CANCELLED.name


class Serving:
    """The thread of one front, whose callers have *identity*: from ``start`` until the front is closed.

    Nothing that goes wrong ends it, for the listener would be deaf.
    """

    def __init__(self, front: Front, desk: Desk, identity: Identity, executor: ThreadPoolExecutor) -> None:
        self.waiting = Waiting(front, desk, identity, executor)
        self._front = front
        self._intake = Intake(front)
        self._desk = desk
        self._identity = identity
        self._executor = executor
        self._limits = desk.shared.limits
        self._tallies = desk.shared.metrics.tallies
        self._turns = Turns(front, self.waiting, self._tallies, self._report)
        self._at_work = False
        self._thread = Thread(target=self._run, name="native", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether no call is being answered, here or on a thread that waits."""
        return not (self._at_work or self.waiting or self._turns)

    @property
    def alive(self) -> bool:
        """Whether the thread is there."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, at most *seconds*; the front must be closed."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while (events := self._intake.take(wait=not self._turns)) is not None:
            self._at_work = True
            try:
                self._take(events)
                if self._turns:
                    self._turns.step()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the thread goes on
                self._report([error])
            self._at_work = False

    def _take(self, events: Sequence[Event]) -> None:
        """Answer *events*, as many as there may be in flight; turn the others away first, for that is quick."""
        room = max(0, self._limits.calls_in_flight - len(self.waiting) - len(self._turns))
        if len(events) > room:
            self._turn_away(events[room:])
            events = events[:room]
        for first in range(0, len(events), _BURST):
            self._burst(events[first : first + _BURST])

    def _turn_away(self, events: Sequence[Event]) -> None:
        tally = self._tallies.begin()
        for _, call, method, _, _ in events:
            end(self._front, call, grpc.StatusCode.RESOURCE_EXHAUSTED, TOO_MANY)
            tally.ended(METHODS[method], grpc.StatusCode.RESOURCE_EXHAUSTED.name)
        self._tallies.end(tally)

    def _burst(self, events: Sequence[Event]) -> None:
        tally = self._tallies.begin()
        ours: list[BaseException] = []
        calls = iter(events)
        try:
            burst = self._desk.burst(ours.append)
            try:
                self._answer(burst, calls, tally, ours)
            finally:
                burst.end()
        except BaseException as error:  # noqa: BLE001 - what spoils the burst must not leave its calls unanswered
            ours.append(error)
            for _, call, method, _, _ in calls:
                tally.ended(METHODS[method], fail(self._front, call, error).code.name)
        finally:
            self._tallies.end(tally)
        if ours:
            self._report(ours)

    def _answer(self, burst: Burst, calls: Iterator[Event], tally: Tally, ours: list[BaseException]) -> None:
        """Answer *calls* by *burst*; errors on our side are added to *ours*."""
        answers = (burst.check, burst.check_batch)
        respond, identity, most = self._front.respond, self._identity, self._limits.message_bytes
        ended = [0] * len(METHODS)
        for _, call, method, data, timeout in calls:
            try:
                if method == _LONG:
                    self._begin(call, data, seconds_of(timeout))
                    continue
                response = answers[method](data if len(data) <= most else sized(data, most), identity)
                if response is None:
                    self.waiting.take(call, METHODS[method], data, self._desk.patience(seconds_of(timeout)))
                elif respond(call, response):
                    ended[method] += 1
                else:
                    tally.ended(METHODS[method], _CANCELLED)
            except BaseException as error:  # noqa: BLE001 - one call must not spoil the others
                status = fail(self._front, call, error)
                if status.ours:
                    ours.append(error)
                tally.ended(METHODS[method], status.code.name)
        for method, number in enumerate(ended):
            if number:
                tally.ended(METHODS[method], _OK, number)

    def _begin(self, call: int, data: bytes, seconds: float | None) -> None:
        """Have *call* be answered in turns; its caller waits for *seconds*."""
        self._desk.shared.lifecycle.require_ready()
        steps = self._desk.audiences.steps(data, self._identity, self._desk.patience(seconds))
        self._turns.take(call, METHODS[_LONG], steps, seconds)

    def _report(self, errors: Sequence[BaseException]) -> None:
        """Have *errors* reported by another thread: this one never writes a log."""

        def report() -> None:
            for error in errors:
                self._desk.shared.errors.report("grpc", error)

        with suppress(RuntimeError):  # the threads are gone: the process is about to end
            self._executor.submit(report)
