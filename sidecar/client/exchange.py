"""One call, seen without I/O: what to send, and which decisions each ending means. Both clients share it."""

from collections.abc import Iterable, Sequence
from typing import Final, Self

import grpc
import grpc.aio

from sidecar.client.answer import denied, denied_by_status, from_batch, from_check
from sidecar.client.decision import CheckFailedError, Decision, Failure
from sidecar.client.question import Question, to_batch, to_request

CHECK: Final = "/sidecar.api.v1.AuthorizationService/Check"
CHECK_BATCH: Final = "/sidecar.api.v1.AuthorizationService/CheckBatch"

TIMEOUT_SECONDS: Final = 0.25
"""How long a call waits for its answer unless told otherwise."""

CHANNEL_OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.enable_http_proxy", 0),  # the sidecar is on this machine
    ("grpc.initial_reconnect_backoff_ms", 100),  # grpc's own choice waits up to 120 s after a restart
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


class Exchange:
    """One call about *questions*: ``Check`` for one, ``CheckBatch`` for *batch*.

    Send ``request`` to ``method`` (``None``: it cannot be sent, use ``unsent``), then hand over how it ended. Raises
    ``TypeError`` for what is no question or has no fields: there is nothing that could be denied.
    """

    def __init__(self, questions: Iterable[Question], *, batch: bool) -> None:
        self._questions = [_asked(question) for question in questions]
        self._batch = batch
        self.method = CHECK_BATCH if batch else CHECK
        self.request: bytes | None = None
        self._detail = ""
        try:
            requests = [to_request(question).SerializeToString() for question in self._questions]
            self.request = to_batch(requests) if batch else b"".join(requests)
        except (TypeError, ValueError) as error:
            self._detail = str(error)

    @classmethod
    def of(cls, questions: Sequence[Question], requests: Sequence[bytes]) -> Self:
        """One about at least one of *questions*, each of which has been made a request already."""
        exchange = cls((), batch=len(questions) > 1)
        exchange._questions = list(questions)
        exchange.request = to_batch(requests) if exchange._batch else requests[0]
        return exchange

    def unsent(self) -> list[Decision]:
        """The decisions without a call."""
        return [denied(question, Failure.INVALID_QUESTION, self._detail) for question in self._questions]

    def answered(self, data: bytes) -> list[Decision]:
        """The decisions that *data* has; never raises."""
        if self._batch:
            return from_batch(self._questions, data)
        return [from_check(self._questions[0], data)]

    def failed(self, error: Exception) -> list[Decision]:
        """The decisions when the call ended with *error*; never raises."""
        if isinstance(error, grpc.Call | grpc.aio.AioRpcError):
            return [denied_by_status(question, error.code(), error.details()) for question in self._questions]
        return [denied(question, Failure.UNREACHABLE, str(error)) for question in self._questions]


def _asked(question: Question) -> Question:
    if not isinstance(question, Question):
        raise TypeError(f"what is asked is a `Question`, not of type {type(question).__name__}")
    return question


def returned(decisions: list[Decision], *, raise_on_error: bool) -> list[Decision]:
    """*decisions*, or ``CheckFailedError`` for the first without an answer if the caller asked for exceptions."""
    for decision in decisions:
        if raise_on_error and decision.failure is not None:
            raise CheckFailedError(decision)
    return decisions
