"""Waiting for a revision, slots whose time is over, and a log that cannot be read."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2, status_pb2
from sidecar.model.instant import SECOND
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, ends_with, eventually, question


@pytest.fixture
def clock() -> FixedClock:
    """A clock for one test."""
    return FixedClock()


@pytest.fixture
def served(clock: FixedClock, tmp_path: Path) -> Iterator[Served]:
    """A sidecar of its own for each test."""
    with serving(clock=clock, data_dir=tmp_path / "data") as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """A caller by TCP."""
    with calling(served) as calls:
        yield calls


def later(served: Served, entries: int = 1) -> str:
    """The revision that so many more entries will have."""
    revision = served.sidecar.world.cache.revision()
    return f"{revision.log_id}.{revision.position + entries}"


def test_a_question_waits_for_the_revision_it_asks_for(served: Served, caller: Caller) -> None:
    """The answer comes as soon as the view has it, and has seen it."""
    answers: list[pb.CheckResponse] = []
    asked = question("p1", at_least_as_fresh=later(served))
    asking = Thread(target=lambda: answers.append(caller.check(asked)))
    asking.start()
    recorded = caller.record("p1", choice("e1", "GIVEN"))
    asking.join(5)

    assert [recorded.revision] == [answer.consent_revision for answer in answers]
    assert pb.CheckResponse().results != answers[0].results


def test_a_revision_that_does_not_come_is_a_deny_before_the_deadline(served: Served, caller: Caller) -> None:
    """STALE_CONSENT arrives while the caller still listens."""
    began = time.monotonic()
    answer = caller.check(question(at_least_as_fresh=later(served)), timeout=0.5)

    assert "REASON_STALE_CONSENT" == _reason(answer)
    assert 0.2 < time.monotonic() - began < 0.5


def test_a_revision_of_another_log_is_a_deny_at_once(caller: Caller) -> None:
    """It will never come: a token of a log that was replaced is not waited for."""
    began = time.monotonic()
    answer = caller.check(question(at_least_as_fresh="0123456789abcdef.1"))

    assert "REASON_STALE_CONSENT" == _reason(answer)
    assert time.monotonic() - began < 1


def test_only_so_many_questions_wait(clock: FixedClock) -> None:
    """One too many is denied at once, and the others still get what they wait for."""
    with serving(clock=clock, settings={"limits.parked": 1}) as served, calling(served) as caller:
        asked = question(at_least_as_fresh=later(served))
        waiting = caller.authorization.Check.future(asked, timeout=5)
        while served.sidecar._grpc.desk.decider.parked == 0:
            time.sleep(0.005)
        second = caller.check(asked)
        caller.record("p1", choice("e1", "GIVEN"))
        first = waiting.result()

    assert ["REASON_ALLOWED", "REASON_STALE_CONSENT"] == [_reason(first), _reason(second)]


def test_no_failure_mode_waits_beyond_the_configured_time(clock: FixedClock) -> None:
    """A caller without a deadline does not wait for ever."""
    settings = {"limits.park_seconds": 0.1}
    with serving(clock=clock, settings=settings) as served, calling(served) as caller:
        answer = caller.authorization.Check(question(at_least_as_fresh=later(served)))

    assert "REASON_STALE_CONSENT" == _reason(answer)


def test_a_batch_waits_no_longer_than_a_question(clock: FixedClock) -> None:
    """All of its questions share one patience."""
    settings = {"limits.park_seconds": 0.2}
    with serving(clock=clock, settings=settings) as served, calling(served) as caller:
        item = pb.CheckBatchItem(request=question(at_least_as_fresh=later(served)))
        began = time.monotonic()
        results = caller.authorization.CheckBatch(pb.CheckBatchRequest(items=[item] * 64)).results
        took = time.monotonic() - began

    assert {"REASON_STALE_CONSENT"} == {_reason(result.response) for result in results}
    assert took < 5


def test_time_alone_changes_an_answer_when_it_says(clock: FixedClock, caller: Caller) -> None:
    """Until `clock_changes_at` the grant counts, from then on it has expired; the slot is resolved again."""
    until = clock.now + 60 * SECOND
    caller.record("p1", choice("e1", "GIVEN", expires_at=Timestamp(seconds=until // SECOND)))
    before = caller.check(question("p1"))
    clock.now = until - 1
    last = caller.check(question("p1"))
    clock.now = until
    after = caller.check(question("p1"))

    assert Timestamp(seconds=until // SECOND) == before.clock_changes_at
    assert ["REASON_ALLOWED", "REASON_ALLOWED", "REASON_CONSENT_EXPIRED"] == [
        _reason(answer) for answer in (before, last, after)
    ]
    assert not after.HasField("clock_changes_at")


def test_a_record_that_cannot_be_read_is_a_deny_and_an_event_not_acknowledged(
    clock: FixedClock, served: Served, caller: Caller
) -> None:
    """CONSENT_UNAVAILABLE, never unknown; others, whose slots still hold, are served; operators hear of it."""
    until = clock.now + 60 * SECOND
    caller.record("p1", choice("e1", "GIVEN", expires_at=Timestamp(seconds=until // SECOND)))
    caller.record("p2", choice("e1", "GIVEN"))
    clock.now = until
    served.sidecar._log.close()
    reasons = [caller.reason(question(subject)) for subject in ("p1", "p2")]
    text = ends_with(grpc.StatusCode.UNAVAILABLE, lambda: caller.record("p3", choice("e1", "GIVEN")))
    ends_with(
        grpc.StatusCode.UNAVAILABLE,
        lambda: caller.authorization.Explain(pb.ExplainRequest(request=question("p1")), metadata=caller.operator),
    )
    status = caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator)

    assert ["CONSENT_UNAVAILABLE", "ALLOWED"] == reasons
    assert "/" not in text
    assert {"consent", "grpc"} == {error.component for error in status.last_errors}


def test_a_log_that_cannot_be_read_for_too_long_makes_every_answer_stale(
    clock: FixedClock, served: Served, caller: Caller
) -> None:
    """Within the bound the view is served, past it no more, and the age is in every answer."""
    caller.record("p1", choice("e1", "GIVEN"))
    served.sidecar._pulse.look()
    served.sidecar._log.close()
    clock.advance(30)
    served.sidecar._pulse.look()
    within = caller.check(question("p1"))
    clock.advance(0.001)
    past = caller.check(question("p1"))

    assert [(30_000, "REASON_ALLOWED"), (30_001, "REASON_STALE_CONSENT")] == [
        (answer.consent_age_ms, _reason(answer)) for answer in (within, past)
    ]


def test_an_error_of_ours_is_internal_and_says_nothing(served: Served, caller: Caller) -> None:
    """The text is fixed; the status tells operators what kind it was, without the subject."""
    pseudonym = served.sidecar.world.cache.pseudonym

    def broken(subject: str) -> bytes:
        if not subject:  # stands for everyone, whom the status asks about
            return pseudonym(subject)
        raise KeyError(subject)

    served.sidecar.world.cache.pseudonym = broken  # type: ignore[misc]
    text = ends_with(grpc.StatusCode.INTERNAL, lambda: caller.check(question("person-secret")))
    batch = caller.authorization.CheckBatch(
        pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=question("person-secret"))])
    )

    def reported() -> None:  # by a thread that does not answer
        status = caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator)
        told = [(error.component, error.message) for error in status.last_errors]
        assert [("grpc", "unexpected KeyError")] * 2 == told

    assert "internal error" == text
    assert (13, "internal error") == (batch.results[0].error.code, batch.results[0].error.message)
    eventually(reported)


def _reason(answer: pb.CheckResponse) -> str:
    return model_pb2.Reason.Name(answer.results[0].reason)
