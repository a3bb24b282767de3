"""Both clients ask a real sidecar on a stream, over both transports."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from threading import enumerate as threads

import pytest

from sidecar.client import AsyncClient, Client, Failure, Question
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import calling, choice, eventually
from tests.integration.streaming import EVERY_WAY, Ask, about, ask_async, hang, holds, streaming
from tests.integration.test_client import QUESTION, unused_address

__all__ = ["unused_address"]  # a fixture


@pytest.fixture(scope="module", params=["native", "grpcio"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A sidecar with room for one stream; p1 agreed to the newsletter."""
    settings = {"limits.streams": 1}
    with (
        serving(clock=FixedClock(), settings=settings, transport=str(request.param)) as running,
        calling(running) as caller,
    ):
        caller.record("p1", choice("e1", "GIVEN"))
        yield running


@EVERY_WAY
def test_answers_are_those_of_a_batch(ask: Ask, served: Served) -> None:
    """In order, each wrong question with its own error, whether it could be sent or not."""
    asked = [*about("p1", "", "p2"), replace(QUESTION, action="sell"), *about("p1")]
    with Client(served.address, timeout_seconds=5) as client:
        single = [client.check(one) for one in asked]
        batch = client.check_batch([one for one in asked if one.action == "use"])
    streamed = ask(served.address, asked)
    batch.insert(3, single[3])

    assert [True, False, False, False, True] == [one.allowed for one in streamed]
    assert [1, 3] == [place for place, one in enumerate(streamed) if one.failure is Failure.INVALID_QUESTION]
    assert [replace(one, decision_id="") for one in batch] == [replace(one, decision_id="") for one in streamed]
    assert [replace(one, decision_id="") for one in single] == [replace(one, decision_id="") for one in streamed]


@EVERY_WAY
def test_a_question_is_taken_when_the_one_before_is_answered(ask: Ask, served: Served) -> None:
    """By whoever asks: a later question can be made of what came of an earlier one."""
    taken: list[str] = []

    def questions() -> Iterator[Question]:
        for subject in ("p1", "p2", "p3"):
            taken.append(subject)
            yield from about(subject)

    with Client(served.address, timeout_seconds=5) as client:
        stream = client.check_stream(questions())
        seen = [(next(stream).allowed, len(taken)) for _ in range(3)]
        stream.close()

    async def one_by_one() -> list[tuple[bool, int]]:
        async with (
            AsyncClient(served.address, timeout_seconds=5) as other,
            aclosing(other.check_stream(questions())) as decisions,
        ):
            return [(decision.allowed, len(taken)) async for decision in decisions]

    if ask is ask_async:
        taken.clear()
        eventually(lambda: _free(served))
        seen = asyncio.run(one_by_one())

    assert [(True, 1), (False, 2), (False, 3)] == seen


def _free(served: Served) -> None:
    assert 0 == len(served.sidecar._grpc.desk.shared.streams)


@EVERY_WAY
def test_a_stream_that_came_to_its_end_has_left_its_place(ask: Ask, served: Served) -> None:
    """To the next, at once; and it was no call that somebody broke off."""

    def ended(code: str) -> float:
        labels = {"method": "CheckStream", "code": code}
        return served.sidecar.registry.get_sample_value("sidecar_calls_total", labels) or 0.0

    eventually(lambda: _free(served))
    before = ended("OK")
    decisions = [decision for _ in range(5) for decision in ask(served.address, about("p1", "p1"))]
    eventually(lambda: holds(ended("OK") == before + 5))

    assert [True] * 10 == [decision.allowed for decision in decisions]


@EVERY_WAY
def test_one_stream_too_many_is_a_deny(ask: Ask, served: Served) -> None:
    """For as long as there is no room; who closes a stream leaves it."""
    eventually(lambda: _free(served))
    with Client(served.address, timeout_seconds=5) as client:
        first = client.check_stream(about("p1", "p1"))
        held = next(first)
        refused = ask(served.address, about("p1"))
        first.close()
        eventually(lambda: _free(served))
        after = ask(served.address, about("p1"))

    assert [True, False, True] == [one.allowed for one in (held, *refused, *after)]
    assert [(Failure.SERVER_ERROR, True)] == [(one.failure, "CheckBatch" in one.detail) for one in refused]


@EVERY_WAY
def test_questions_may_come_to_nothing(ask: Ask, unused_address: str) -> None:
    """Nobody is called then."""
    assert [] == ask(unused_address, [])


def test_questions_may_come_asynchronously(served: Served) -> None:
    """As from a queue."""

    async def questions() -> AsyncIterator[Question]:
        for question in about("p1", "p2"):
            await asyncio.sleep(0)
            yield question

    async def ask() -> list[bool]:
        async with AsyncClient(served.address, timeout_seconds=5) as client:
            return [decision.allowed async for decision in client.check_stream(questions())]

    eventually(lambda: _free(served))

    assert [True, False] == asyncio.run(ask())


@EVERY_WAY
def test_what_is_no_question_is_raised(ask: Ask, served: Served) -> None:
    """As by every other way to ask."""
    eventually(lambda: _free(served))
    with pytest.raises(TypeError, match="`Question`"):
        ask(served.address, [*about("p1"), None])
    eventually(lambda: _free(served))


@EVERY_WAY
def test_no_thread_is_left(ask: Ask, served: Served) -> None:
    """Of a stream that ended, one that was closed, and one that broke."""
    eventually(lambda: _free(served))
    ask(served.address, about("p1"))
    with Client(served.address, timeout_seconds=5) as client:
        stream = client.check_stream(about("p1", "p2"))
        next(stream)
        stream.close()
    with streaming(hang) as address:
        ask(address, about("a"), seconds=0.2)

    eventually(lambda: holds([] == [one.name for one in threads() if one.name.startswith("check-stream")]))
