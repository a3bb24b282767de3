"""Every error ends a call with the status and the text of the one table, whichever thread and transport met it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import grpc
import pytest

from sidecar import errors
from sidecar.api.v1 import authorization_pb2, consent_pb2
from sidecar.transport.status import INTERNAL, MAX_TEXT, STATUS, status_of
from tests.conformance.transports.over import CHECK, Over
from tests.conformance.transports.spoiled import MARK, marked, marked_batch, marked_filter, meeting, meeting_in_wait
from tests.integration.caller import Caller, choice, ends_with, eventually, question
from tests.wire.connection import message

pytestmark = pytest.mark.conformance

ARGUMENTS: Final[dict[type[BaseException], tuple[Any, ...]]] = {
    errors.RequestError: ("fields[3]", "of `größe` \u2028 100 %\r\nis wrong"),
    errors.RecordFullError: ("event", "full"),
    errors.EventConflictError: ("e1",),
    errors.RecordChangedError: (),
    errors.BundleError: ((),),
}
"""Of those that are not made of one text."""


def of(kind: type[BaseException]) -> BaseException:
    """An error of that *kind*."""
    return kind(*ARGUMENTS.get(kind, ("because of `/etc/secret`",)))


KINDS: Final = [*sorted(STATUS, key=lambda kind: kind.__name__), KeyError, AssertionError, RecursionError, MemoryError]


def _check(caller: Caller) -> object:
    return caller.check(marked())


def _batch(caller: Caller) -> object:
    return caller.authorization.CheckBatch(marked_batch(), timeout=5)


def _filter(caller: Caller) -> object:
    return caller.authorization.FilterSubjects(marked_filter(), timeout=5)


def _record(caller: Caller) -> object:
    return caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject=MARK), metadata=caller.operator, timeout=5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ask", [_check, _batch, _filter, _record])
@pytest.mark.parametrize("where", [meeting, meeting_in_wait])
def test_every_error_has_the_status_of_the_table(
    over: Over, kind: type[BaseException], ask: Callable[[Caller], object], where: Any
) -> None:
    """With its text, in full and in every letter; what is ours is told nobody."""
    ledger, wanted = over.served.sidecar.world.ledger, status_of(of(kind))
    with over.calling() as caller, where(lambda: of(kind)), pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ledger), "record_of", _raising(kind))
        text = ends_with(wanted.code, lambda: ask(caller))
        after = caller.reason(question())

    assert (wanted.text, "CONSENT_UNKNOWN") == (text, after)
    assert not wanted.ours or "secret" not in text


def _raising(kind: type[BaseException]) -> Callable[..., Any]:
    def record_of(_: object, __: str) -> Any:
        raise of(kind)

    return record_of


@pytest.mark.parametrize("size", [MAX_TEXT - 1, MAX_TEXT, 100_000])
def test_a_long_text_is_cut_not_refused(over: Over, size: int) -> None:
    """Else the caller would learn nothing at all; each letter may be three octets, nine as they travel."""
    error = errors.OverloadedError("ß€" * (size // 2))
    with over.calling() as caller, meeting(lambda: error):
        text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.check(marked()))

    assert status_of(error).text == text


def test_what_is_ours_is_reported_once(over: Over) -> None:
    """To whoever operates it, with the error itself; what is the caller's fault is not."""
    reports = "sidecar_errors_total"
    with over.calling() as caller:
        before = over.metric(reports, component="grpc")
        with meeting(lambda: errors.RequestError("fields", "wrong")):
            ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.check(marked()))
        between = over.metric(reports, component="grpc")
        with meeting(lambda: KeyError("ours")):
            text = ends_with(grpc.StatusCode.INTERNAL, lambda: caller.check(marked()))

    # The thread that answers a native listener has another one report it.
    after = eventually(lambda: more_than(between, over.metric(reports, component="grpc")))

    assert (0, 1, INTERNAL) == (between - before, after - between, text)


def more_than(before: float, value: float) -> float:
    """*value*, which must be more than *before*."""
    assert value > before
    return value


CALLS: Final = "sidecar_calls_total"


def _calls(over: Over, method: str) -> dict[str, float]:
    return {code.name: over.metric(CALLS, method=method, code=code.name) for code in grpc.StatusCode}


def _more(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_calls_are_counted_by_method_and_status(over: Over) -> None:
    """Each once, and none is left in flight."""
    before = {method: _calls(over, method) for method in ("Check", "CheckBatch", "GetRecord")}
    with over.calling() as caller:
        for _ in range(3):
            caller.check(question())
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.check(question("")))
        with meeting(lambda: KeyError("ours")):
            ends_with(grpc.StatusCode.INTERNAL, partial(_batch, caller))
        ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: caller.consent.GetRecord(consent_pb2.GetRecordRequest()))
    with over.connection() as raw:
        assert "INVALID_ARGUMENT" == raw.ask(CHECK, message(b"\xff")).outcome

    def counted() -> None:
        assert {"OK": 3.0, "INVALID_ARGUMENT": 2.0} == _more(before["Check"], _calls(over, "Check"))
        assert {"INTERNAL": 1.0} == _more(before["CheckBatch"], _calls(over, "CheckBatch"))
        assert {"UNAUTHENTICATED": 1.0} == _more(before["GetRecord"], _calls(over, "GetRecord"))
        assert 0.0 == over.metric("sidecar_calls_in_flight")

    eventually(counted)  # a caller may have its answer a moment before it is counted


def test_decisions_are_counted_and_named_once(over: Over) -> None:
    """One for each field; every answer has an id that no other has."""
    name, labels = "sidecar_decisions_total", {"effect": "deny", "reason": "CONSENT_UNKNOWN"}
    fields = ["customer.email", "customer.phone"]
    with over.calling() as caller:
        before = over.metric(name, **labels)
        answers = [caller.check(question("counted", fields=fields)) for _ in range(5)]
        items = [authorization_pb2.CheckBatchItem(request=question("counted")) for _ in range(4)]
        batch = caller.authorization.CheckBatch(authorization_pb2.CheckBatchRequest(items=items), timeout=5)
        answers += [result.response for result in batch.results]

    def counted() -> None:
        assert 14.0 == over.metric(name, **labels) - before

    eventually(counted)

    assert 9 == len({answer.decision_id for answer in answers})


def test_an_event_id_that_was_used_for_something_else(caller: Caller, over: Over, door: str) -> None:
    """The one status that no question can end with."""
    subject = f"twice-{over.transport}-{door}"
    caller.record(subject, choice("e1", "GIVEN"))

    ends_with(grpc.StatusCode.ALREADY_EXISTS, lambda: caller.record(subject, choice("e1", "WITHDRAWN")))
