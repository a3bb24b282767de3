"""Questions of many tasks in few calls: to each the own answer, and nobody hurts anybody else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.client import CheckFailedError, Decision, Failure, Merging, Question
from sidecar.client.exchange import CHECK, CHECK_BATCH, Exchange
from sidecar.client.merging import LANES, MOST_TOGETHER, MOST_WAITING

ALLOWED = pb.FieldResult(field="email", effect=model_pb2.EFFECT_ALLOW, reason=model_pb2.REASON_ALLOWED)


def question(subject: str, **changes: Any) -> Question:
    """May somebody's address be used?"""
    return Question(**{"service": "s", "fields": "email", "subject": subject, "purpose": "p", **changes})


def response(request: pb.CheckRequest) -> pb.CheckResponse:
    """An allow that tells whom it is about, in the id."""
    return pb.CheckResponse(results=[ALLOWED], decision_id=request.subject)


class Sidecar:
    """Allows everything, when it is let; knows what it was asked, and together with what."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.sizes: list[int] = []
        self.seconds: list[float] = []
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def send(self, exchange: Exchange, *, timeout_seconds: float) -> list[Decision]:
        """Answer, once the gate is open."""
        assert exchange.request is not None
        self.seconds.append(timeout_seconds)
        self.sizes.append(len(exchange.request))
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            data = self._answer(exchange.method, exchange.request)
            await self.gate.wait()
            return exchange.answered(data) if self.error is None else exchange.failed(self.error)
        finally:
            self.under_way -= 1

    def _answer(self, method: str, data: bytes) -> bytes:
        if method == CHECK:
            request = pb.CheckRequest.FromString(data)
            self.calls.append([request.subject])
            return response(request).SerializeToString()
        assert method == CHECK_BATCH
        items = pb.CheckBatchRequest.FromString(data).items
        self.calls.append([item.request.subject for item in items])
        results = [
            pb.CheckBatchResult(correlation_id=item.correlation_id, response=response(item.request))
            if item.request.subject != "wrong"
            else pb.CheckBatchResult(correlation_id=item.correlation_id, error=pb.CheckError(code=3, message="no"))
            for item in items
        ]
        return pb.CheckBatchResponse(results=results).SerializeToString()


def during(test: Callable[[Sidecar, Merging], Awaitable[None]], **limits: int) -> None:
    """Run *test*; nothing may be left running."""

    async def run() -> None:
        sidecar = Sidecar()
        async with Merging(sidecar, timeout_seconds=5, **limits) as merging:
            await test(sidecar, merging)
        assert 0 == sidecar.under_way
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    """Let others run until *condition* holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what changes is the code under test, which tells nobody
            await asyncio.sleep(0)


def names(most: int) -> Iterator[str]:
    """So many people."""
    return (f"p{number}" for number in range(most))


def test_what_is_asked_in_one_turn_goes_in_one_call() -> None:
    """To each the own answer; by itself it is a plain Check."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        answers = await asyncio.gather(*(merging.check(question(one)) for one in names(9)))
        alone = await merging.check(question("alone"))

        assert [[*names(9)], ["alone"]] == sidecar.calls
        assert [*names(9), "alone"] == [answer.decision_id for answer in (*answers, alone)]
        assert all(answers)

    during(test)


def test_a_call_has_at_most_64_and_two_are_on_their_way() -> None:
    """The others gather meanwhile, and are asked in their order."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        asking = [asyncio.create_task(merging.check(question(one))) for one in names(300)]
        await until(lambda: sidecar.under_way == LANES)
        asking += [asyncio.create_task(merging.check(question("late")))]
        sidecar.gate.set()
        answers = await asyncio.gather(*asking)

        assert [*names(300), "late"] == [one for call in sidecar.calls for one in call]
        assert [*names(300), "late"] == [answer.decision_id for answer in answers]
        assert [MOST_TOGETHER] * 4 + [45] == list(map(len, sidecar.calls))
        assert LANES == sidecar.most_under_way

    during(test)


def test_a_call_is_never_too_long() -> None:
    """Long questions go in fewer together, one that is too long by itself."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        long = {"attributes": {"x": "x" * 400}}
        asked = [question("a", **long), question("b", **long), question("c", attributes={"x": "x" * 2_000})]
        await asyncio.gather(*map(merging.check, [*asked, question("d"), question("e")]))

        assert [["a", "b"], ["c"], ["d", "e"]] == sidecar.calls

    during(test, most_bytes=1_000)


def test_the_sidecar_may_take_fewer_together() -> None:
    """Then so many are asked."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        await asyncio.gather(*(merging.check(question(one)) for one in names(5)))

        assert [2, 2, 1] == list(map(len, sidecar.calls))

    during(test, most_together=2)


@pytest.mark.parametrize("limits", [{"most_together": 0}, {"most_together": MOST_TOGETHER + 1}, {"most_bytes": 0}])
def test_limits_that_nothing_could_be_asked_by_are_refused(limits: dict[str, int]) -> None:
    """At once: else every question would wait for its own end, or be turned away."""
    (name,) = limits
    with pytest.raises(ValueError, match=f"`{name}` is 1 "):
        Merging(Sidecar(), timeout_seconds=1, **limits)


def test_who_gives_up_hurts_nobody() -> None:
    """Neither while waiting for a turn, who is then not even asked, nor on the way."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        first = [asyncio.create_task(merging.check(question(one))) for one in ("a", "b", "c")]
        await until(lambda: sidecar.under_way == 1)
        second = [asyncio.create_task(merging.check(question(one))) for one in ("d", "e", "f")]
        await until(lambda: sidecar.under_way == LANES)
        third = [asyncio.create_task(merging.check(question(one))) for one in ("g", "h", "i")]
        await asyncio.sleep(0)
        for given_up in (first[1], third[1]):
            given_up.cancel()
        await asyncio.sleep(0)
        sidecar.gate.set()
        answers = await asyncio.gather(*first, *second, *third, return_exceptions=True)

        assert [["a", "b", "c"], ["d", "e", "f"], ["g", "i"]] == sidecar.calls
        assert ["a", None, "c", "d", "e", "f", "g", None, "i"] == [
            answer.decision_id if isinstance(answer, Decision) else None for answer in answers
        ]

    during(test)


def test_each_waits_for_its_own_time() -> None:
    """Who is in a hurry is told so, and others of the same call get their answers."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        patient = asyncio.create_task(merging.check(question("patient")))
        hasty = await merging.check(question("hasty"), timeout_seconds=0.01)
        sidecar.gate.set()
        answer = await patient

        assert (False, Failure.TIMEOUT) == (hasty.allowed, hasty.failure)
        assert (True, [["hasty", "patient"]]) == (answer.allowed, sidecar.calls)
        assert 4 < sidecar.seconds[0] <= 5

    during(test)


def test_who_waits_for_a_turn_waits_for_the_own_time_too() -> None:
    """And is not asked about any more."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        first = asyncio.create_task(merging.check(question("p0")))
        await until(lambda: sidecar.under_way == 1)
        second = asyncio.create_task(merging.check(question("p1")))
        await until(lambda: sidecar.under_way == LANES)
        late = await merging.check(question("late"), timeout_seconds=0.01)
        sidecar.gate.set()
        await asyncio.gather(first, second)

        assert Failure.TIMEOUT is late.failure
        assert [["p0"], ["p1"]] == sidecar.calls

    during(test)


def test_one_wrong_question_spoils_no_other() -> None:
    """Whether the sidecar says so, or it cannot even be sent."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        asked = [question("a"), question("wrong"), question("b", action="sell"), question("c")]
        answers = await asyncio.gather(*map(merging.check, asked))

        assert [None, Failure.INVALID_QUESTION, Failure.INVALID_QUESTION, None] == [one.failure for one in answers]
        assert [["a", "wrong", "c"]] == sidecar.calls
        with pytest.raises(CheckFailedError):
            await merging.check(asked[2], raise_on_error=True)

    during(test)


@pytest.mark.parametrize("wrong", [None, "p1", question("p1", fields=None)])
def test_what_is_no_question_is_told_to_who_asked_it(wrong: Any) -> None:
    """As without merging; the others of the same turn have their answers."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        first, error, last = await asyncio.gather(
            merging.check(question("a")), merging.check(wrong), merging.check(question("b")), return_exceptions=True
        )

        assert isinstance(error, TypeError)
        assert any(named in str(error) for named in ("`Question`", "`fields`"))
        assert all([first, last])
        assert [["a", "b"]] == sidecar.calls

    during(test)


def test_attributes_that_are_none_are_a_deny() -> None:
    """With what is wrong in words."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        answer = await merging.check(question("a", attributes=["x"]))

        assert (False, Failure.INVALID_QUESTION) == (answer.allowed, answer.failure)
        assert "`attributes` is a mapping" in answer.detail
        assert [] == sidecar.calls

    during(test)


def test_an_error_of_the_call_denies_all_in_it() -> None:
    """And the next call is made as ever."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.error = ConnectionError("gone")
        failed = await asyncio.gather(*(merging.check(question(one)) for one in names(3)))
        sidecar.error = None
        after = await merging.check(question("after"))

        assert [(False, Failure.UNREACHABLE, "gone")] * 3 == [(one.allowed, one.failure, one.detail) for one in failed]
        assert after.allowed

    during(test)


def test_closing_denies_whoever_waits() -> None:
    """On the way or before it, and whoever asks later; closing twice does nothing."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        asking = [asyncio.create_task(merging.check(question(one))) for one in names(200)]
        await until(lambda: sidecar.under_way == LANES)
        await merging.close()
        await merging.close()
        answers = [*await asyncio.gather(*asking), await merging.check(question("after"))]

        assert [(False, Failure.UNREACHABLE)] * 201 == [(one.allowed, one.failure) for one in answers]
        assert LANES == len(sidecar.calls)

    during(test)


@pytest.mark.parametrize("turns", range(4))
def test_closing_denies_at_once_whatever_has_begun(turns: int) -> None:
    """A call that was made and has not begun is cancelled without running: its askers are told all the same."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        asking = asyncio.create_task(merging.check(question("ada")))
        for _ in range(turns):
            await asyncio.sleep(0)
        await merging.close()

        assert Failure.UNREACHABLE is (await asking).failure

    during(test)


def test_only_so_many_wait_at_a_time() -> None:
    """Who comes with one more waits for room, which comes; nobody is lost."""

    async def test(sidecar: Sidecar, merging: Merging) -> None:
        sidecar.gate.clear()
        asking = [asyncio.create_task(merging.check(question(one))) for one in names(MOST_WAITING + 1)]
        await until(lambda: sidecar.under_way == LANES)
        waiting = len(merging)
        late = await merging.check(question("late"), timeout_seconds=0.01)
        sidecar.gate.set()
        answers = await asyncio.gather(*asking)

        assert MOST_WAITING - LANES * MOST_TOGETHER == waiting
        assert Failure.TIMEOUT is late.failure
        assert [*names(MOST_WAITING + 1)] == [answer.decision_id for answer in answers]
        assert MOST_WAITING + 1 == sum(map(len, sidecar.calls))

    during(test)
