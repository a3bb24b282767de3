"""Both clients ask for an audience: of a real sidecar, of ones that misbehave, of one that is not there."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Event

import grpc
import pytest

from sidecar.client import AsyncClient, Audience, AudienceQuestion, Client, Failure, FilterFailedError
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import EMAIL, calling, choice
from tests.integration.test_client import answering, unused_address

__all__ = ["unused_address"]  # a fixture

QUESTION = AudienceQuestion(
    service="newsletter", subjects=["cy", "ada", "bob", "ada"], fields="customer.email", purpose=EMAIL
)
Ask = Callable[..., Audience]


def _sync(address: str, question: AudienceQuestion = QUESTION, *, seconds: float = 5.0, loud: bool = False) -> Audience:
    with Client(address) as client:
        return client.filter_subjects(question, timeout_seconds=seconds, raise_on_error=loud)


def _async(
    address: str, question: AudienceQuestion = QUESTION, *, seconds: float = 5.0, loud: bool = False
) -> Audience:
    async def ask() -> Audience:
        async with AsyncClient(address) as client:
            return await client.filter_subjects(question, timeout_seconds=seconds, raise_on_error=loud)

    return asyncio.run(ask())


EVERY_WAY = pytest.mark.parametrize("ask", [_sync, _async])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A sidecar; Ada and Bob agreed to the newsletter."""
    with serving(clock=FixedClock()) as running, calling(running) as caller:
        for subject in ("ada", "bob"):
            caller.record(subject, choice(f"yes-{subject}", "GIVEN"))
        yield running


@EVERY_WAY
def test_who_may_be_used_is_told_by_id(ask: Ask, served: Served) -> None:
    """Once, in the order asked."""
    audience = ask(served.address)

    assert (("ada", "bob"), {"CONSENT_UNKNOWN": 1}, None) == (audience.subjects, audience.denied, audience.failure)
    assert audience.decision_id


@EVERY_WAY
def test_masks_are_told_to_who_can_apply_them(ask: Ask, served: Served) -> None:
    """To others, how many need them."""
    browsing = AudienceQuestion(
        service="analytics",
        subjects=("p", "q"),
        fields=("customer.browsing",),
        purpose="essential.service.operations.improve",
        masks=("hash",),
    )
    able = ask(served.address, browsing)

    assert ((), [({"customer.browsing": "hash"}, ("p", "q"))]) == (
        able.subjects,
        [(group.masks, group.subjects) for group in able.masked],
    )


@EVERY_WAY
@pytest.mark.parametrize(
    ("question", "failure"),
    [
        (AudienceQuestion(subjects=[], fields="customer.email", purpose=EMAIL, service="s"), Failure.INVALID_QUESTION),
        (AudienceQuestion(subjects="ada", fields="customer.email", purpose=EMAIL), Failure.INVALID_QUESTION),
        (
            AudienceQuestion(subjects=["x" * 250] * 3_000, fields="f", purpose=EMAIL, service="s"),
            Failure.INVALID_QUESTION,
        ),
    ],
)
def test_a_wrong_question_is_nobody(ask: Ask, question: AudienceQuestion, failure: Failure, served: Served) -> None:
    """Whether it could be sent or not."""
    audience = ask(served.address, question)

    assert ((), failure) == (audience.subjects, audience.failure)
    with pytest.raises(FilterFailedError):
        ask(served.address, question, loud=True)


@EVERY_WAY
def test_garbage_and_silence_are_nobody(ask: Ask) -> None:
    """And so is an error."""
    over = Event()

    def hang(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        over.wait(10)
        return b""

    def refuse(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")

    failures = []
    for handler, seconds in ((lambda _request, _context: b"\xff", 5.0), (lambda _r, _c: b"", 5.0), (refuse, 5.0)):
        with answering(handler) as address:
            failures.append(ask(address, seconds=seconds).failure)
    with answering(hang) as address:
        failures.append(ask(address, seconds=0.1).failure)
        over.set()

    assert [
        Failure.MALFORMED_ANSWER,
        Failure.MALFORMED_ANSWER,
        Failure.NOT_PERMITTED,
        Failure.TIMEOUT,
    ] == failures


@EVERY_WAY
def test_nobody_at_the_address_is_nobody(ask: Ask, unused_address: str) -> None:
    """At once."""
    assert Failure.UNREACHABLE is ask(unused_address).failure


def test_a_closed_client_finds_nobody(served: Served) -> None:
    """Rather than raise."""
    client = Client(served.address)
    client.close()

    async def ask() -> Audience:
        other = AsyncClient(served.address)
        await other.close()
        return await other.filter_subjects(QUESTION)

    assert [Failure.UNREACHABLE] * 2 == [client.filter_subjects(QUESTION).failure, asyncio.run(ask()).failure]
