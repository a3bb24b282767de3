"""Questions on one stream, from one client in Python: h2load makes no streams."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import Final

import grpc

from benchmarks.load.compare import Pace
from benchmarks.load.h2load import LoadError
from benchmarks.worlds.questions import CHECK_STREAM, question
from sidecar.api.v1 import authorization_pb2

IN_FLIGHT: Final = 64
_QUESTION: Final = authorization_pb2.CheckStreamRequest(correlation_id="1", request=question(1)).SerializeToString()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLoad:
    """A stream of questions about one field."""

    socket: Path
    empty: bool  # whether the answers are

    def rate(self, questions: int) -> float:
        """Questions a second, with ``IN_FLIGHT`` on their way. Raises ``LoadError``."""
        places = Semaphore(IN_FLIGHT)

        def ask() -> Iterator[bytes]:
            for _ in range(questions):
                places.acquire()
                yield _QUESTION

        with grpc.insecure_channel(f"unix:{self.socket}") as channel:
            stream: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(CHECK_STREAM)
            began, answers, last = time.perf_counter(), 0, b""
            for answer in stream(ask(), timeout=600):
                answers, last = answers + 1, answer
                places.release()
            seconds = time.perf_counter() - began
        good = self.empty or authorization_pb2.CheckStreamResponse.FromString(last).HasField("response")
        if answers != questions or not good:
            raise LoadError(
                f"{answers} answers to {questions} questions on a stream, the last one of {len(last)} bytes"
            )
        return questions / seconds


def streams_in_turn(loads: Mapping[str, StreamLoad], pace: Pace) -> dict[str, tuple[float, ...]]:
    """Questions a second of each load, round by round."""
    questions = {name: max(200, round(load.rate(1_000) * pace.seconds)) for name, load in loads.items()}
    rates: dict[str, list[float]] = {name: [] for name in loads}
    for number in range(pace.rounds):
        for name in loads if number % 2 else reversed(list(loads)):
            rates[name].append(loads[name].rate(questions[name]))
    return {name: tuple(values) for name, values in rates.items()}
