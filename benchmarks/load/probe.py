"""A client in Python that records each call with its status: what h2load cannot tell apart."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple, cast

import grpc

from benchmarks.worlds.questions import CHECK

THREADS: Final = 4
"""So many calls of it are on their way."""

_LIMIT_SECONDS: Final = 30


class Call(NamedTuple):
    """One call."""

    ended: float  # on the performance counter, in seconds
    microseconds: float
    code: str  # for example OK


@dataclass
class Probed:
    """The calls so far; complete once the block has ended."""

    calls: list[Call] = field(default_factory=list)

    def since(self, began: float, code: str = "OK") -> list[float]:
        """Microseconds of the calls with this status that began at *began* or later."""
        return [
            call.microseconds
            for call in self.calls
            if call.code == code and call.ended - call.microseconds / 1e6 >= began
        ]


@contextmanager
def probing(socket: Path, message: bytes) -> Iterator[Probed]:
    """Ask one question again and again until the end of the block, on a connection of its own."""
    stop, probed = Event(), Probed()

    def again(ask: "grpc.UnaryUnaryMultiCallable[bytes, bytes]") -> None:
        while not stop.is_set():
            began = time.perf_counter()
            code = _code(ask, message)
            ended = time.perf_counter()
            probed.calls.append(Call(ended, (ended - began) * 1e6, code))

    with grpc.insecure_channel(f"unix:{socket}") as channel:
        threads = [Thread(target=again, args=(channel.unary_unary(CHECK),)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield probed
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _code(ask: "grpc.UnaryUnaryMultiCallable[bytes, bytes]", message: bytes) -> str:
    try:
        ask(message, timeout=_LIMIT_SECONDS)
    except grpc.RpcError as error:
        return cast("grpc.Call", error).code().name
    return "OK"


def recovered(calls: Sequence[Call], ended: float, *, usual: float, window: float) -> float | None:
    """Seconds from *ended* until calls are answered as ever; ``None``: they were not.

    As ever is a *window* of as many seconds in which none failed and the middle one took at most twice the *usual*
    microseconds.
    """
    later = sorted(call for call in calls if call.ended - call.microseconds / 1e6 >= ended)
    if not later:
        return None
    number = 0
    while (begins := ended + number * window) <= later[-1].ended:
        within = [call for call in later if begins <= call.ended < begins + window]
        times = sorted(call.microseconds for call in within)
        if within and all(call.code == "OK" for call in within) and times[len(times) // 2] <= 2 * usual:
            return number * window
        number += 1
    return None
