"""A running sidecar in which the answering of marked questions meets what a test wants it to meet."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.transport.audiences import Audiences
from sidecar.transport.burst import Burst
from sidecar.transport.desk import Desk
from tests.integration.caller import question

MARK: Final = "spoiled"
"""A subject whose questions are."""


def marked(**changes: Any) -> pb.CheckRequest:
    """A question that meets it."""
    return question(MARK, **changes)


def marked_filter() -> pb.FilterSubjectsRequest:
    """A question about many that does."""
    asked = question()
    return pb.FilterSubjectsRequest(
        service=asked.service, subjects=["p", MARK], fields=asked.fields, purpose=asked.purpose
    )


def marked_batch() -> pb.CheckBatchRequest:
    """A batch that does."""
    return pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=marked())])


@contextmanager
def meeting(what: Callable[[], BaseException]) -> Iterator[None]:
    """Whoever answers a marked question, at once where that can be, meets what *what* makes."""

    def spoil(data: bytes) -> None:
        if MARK.encode() in data:
            raise what()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("check", "check_batch"):
            patch.setattr(Burst, name, _before(getattr(Burst, name), lambda args: spoil(args[0])))
        patch.setattr(Audiences, "_steps", _after(Audiences._steps, spoil, waits=[]))
        yield


@contextmanager
def meeting_in_wait(what: Callable[[], BaseException]) -> Iterator[None]:
    """Marked questions cannot be answered at once; who waits for their answer meets what *what* makes."""

    def spoil(data: bytes) -> None:
        if MARK.encode() in data:
            raise what()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("check", "check_batch"):
            patch.setattr(Burst, name, _not_now(getattr(Burst, name)))
        patch.setattr(Desk, "wait", _before(Desk.wait, lambda args: spoil(args[1])))
        patch.setattr(Audiences, "_steps", _after(Audiences._steps, spoil, waits=[False, True]))
        yield


def _before(real: Callable[..., Any], look: Callable[[Any], None]) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **named: Any) -> Any:
        look(args)
        return real(self, *args, **named)

    return call


def _after(
    real: Callable[..., Generator[bool, None, bytes]], look: Callable[[bytes], None], *, waits: Sequence[bool]
) -> Callable[..., Generator[bool, None, bytes]]:
    """*real* steps, which first do nothing, each time saying whether the next one *waits*."""

    def steps(self: Any, data: bytes, *args: Any) -> Generator[bool, None, bytes]:
        yield from waits
        look(data)
        return (yield from real(self, data, *args))

    return steps


def _not_now(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, data: bytes, *args: Any) -> Any:
        return None if MARK.encode() in data else real(self, data, *args)

    return call
