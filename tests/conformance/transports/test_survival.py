"""Whatever goes wrong while a call is answered ends that call, and that call alone: the next is answered.

The native transport answers in one loop on one thread: what escapes it would silence the listener for good.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Final

import grpc
import pytest

from sidecar.transport.burst import Burst
from sidecar.transport.desk import Desk
from tests.conformance.transports.over import Over
from tests.conformance.transports.spoiled import marked, marked_batch, marked_filter, meeting, meeting_in_wait
from tests.integration.caller import Caller, ends_with, eventually, question

pytestmark = pytest.mark.conformance

INTERNAL: Final = grpc.StatusCode.INTERNAL


class LastError(BaseException):
    """What nobody catches."""


WORST: Final = [
    *(KeyError, MemoryError, RecursionError, StopIteration, UnicodeEncodeError),
    *(SystemExit, KeyboardInterrupt, LastError),
]


def of(kind: type[BaseException]) -> BaseException:
    """One of that *kind*."""
    return UnicodeEncodeError("utf-8", "x", 0, 1, "secret") if kind is UnicodeEncodeError else kind("secret")


Meeting = Callable[[Callable[[], BaseException]], AbstractContextManager[None]]


@pytest.mark.parametrize("kind", WORST)
@pytest.mark.parametrize("where", [meeting, meeting_in_wait])
def test_the_call_ends_and_others_are_answered(over: Over, kind: type[BaseException], where: Meeting) -> None:
    """Those at the same time as well, and those on the same connection; each in its turn, and in a batch."""
    with over.calling() as caller, ThreadPoolExecutor(8) as pool, where(lambda: of(kind)):
        asked = [(marked() if number % 4 == 0 else question()) for number in range(64)]
        calls = [pool.submit(_end, caller, one) for one in asked]
        ends = [call.result(20) for call in calls]
        text = ends_with(INTERNAL, lambda: caller.authorization.CheckBatch(marked_batch(), timeout=5))
        ends_with(INTERNAL, lambda: caller.authorization.FilterSubjects(marked_filter(), timeout=5))
    with over.calling("unix") as caller:
        after = caller.reason(question())

    assert [INTERNAL if number % 4 == 0 else grpc.StatusCode.OK for number in range(64)] == ends
    assert ("internal error", "CONSENT_UNKNOWN") == (text, after)
    eventually(lambda: _is(over.metric("sidecar_calls_in_flight") == 0))


def _end(caller: Caller, asked: Any) -> grpc.StatusCode:
    try:
        caller.check(asked, timeout=10)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


@pytest.mark.parametrize("kind", WORST)
def test_a_burst_that_cannot_even_begin(over: Over, kind: type[BaseException]) -> None:
    """As when the clock or the view fails: its calls end, the next burst is another."""
    failing = [True]
    real = Desk.burst

    def burst(self: Desk, *args: Any) -> Burst:
        if failing[0]:
            raise of(kind)
        return real(self, *args)

    with over.calling() as caller, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Desk, "burst", burst)
        texts = [ends_with(INTERNAL, lambda: caller.check(question())) for _ in range(3)]
        failing[0] = False
        after = caller.reason(question())

    assert (["internal error"] * 3, "CONSENT_UNKNOWN") == (texts, after)


@pytest.mark.parametrize("kind", WORST)
def test_a_burst_that_cannot_be_ended(over: Over, kind: type[BaseException]) -> None:
    """As when telemetry fails: whether the answer goes out or not, the next call is answered."""
    failing = [True]
    real = Burst.end

    def end(self: Burst) -> None:
        real(self)
        if failing[0]:
            raise of(kind)

    with over.calling() as caller, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Burst, "end", end)
        ends = {_end(caller, question()) for _ in range(3)}
        failing[0] = False
        after = caller.reason(question())

    assert ends <= {grpc.StatusCode.OK, INTERNAL}
    assert "CONSENT_UNKNOWN" == after


def test_whoever_is_told_is_told_in_the_log(over: Over) -> None:
    """Each of these is an error of ours, which an operator must hear of."""
    with over.calling() as caller:
        before = over.metric("sidecar_errors_total", component="grpc")
        for kind in WORST:
            with meeting(lambda kind=kind: of(kind)):  # type: ignore[misc]
                ends_with(INTERNAL, lambda: caller.check(marked()))
        # The thread that answers a native listener has another one report it.
        eventually(lambda: _reported(over, before + len(WORST)))


def _reported(over: Over, errors: float) -> None:
    assert errors == over.metric("sidecar_errors_total", component="grpc")


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value
