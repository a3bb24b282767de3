"""Who asks: pins of listeners, bearer tokens, and headers that would say something else."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, status_pb2
from sidecar.cli.demo.bundle import demo_bundle
from tests.conformance.transports.over import BATCH, CHECK, Over, serving_over
from tests.conformance.transports.test_methods import METHODS
from tests.integration.caller import Caller, ends_with, question
from tests.wire.connection import message

pytestmark = pytest.mark.conformance

DENIED: Final = grpc.StatusCode.PERMISSION_DENIED
OPEN: Final = {
    "sidecar.api.v1.AuthorizationService/Check",
    "sidecar.api.v1.AuthorizationService/CheckBatch",
    "sidecar.api.v1.AuthorizationService/CheckStream",
    "sidecar.api.v1.AuthorizationService/FilterSubjects",
}
"""What of ours needs no token: who asks is known by the listener, or believed."""


@pytest.fixture(scope="module")
def over(transport: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Over]:
    """A sidecar with listeners for support, which may ask for the newsletter, and for social, which may not."""
    bundle = tmp_path_factory.mktemp("bundle") / "bundle"
    copytree(demo_bundle(), bundle)
    support = Path(bundle, "catalog", "services", "support.yaml")
    support.write_text(support.read_text(encoding="utf-8") + "\nmay_ask_for: [newsletter]\n", encoding="utf-8")
    with serving_over(transport, bundle=bundle, pins=["support", "social"]) as running:
        yield running


@pytest.fixture(scope="module")
def support(over: Over) -> Iterator[Caller]:
    """Whoever calls here is support."""
    with over.calling("support") as calls:
        yield calls


@pytest.fixture(scope="module")
def social(over: Over) -> Iterator[Caller]:
    """Whoever calls here is social."""
    with over.calling("social") as calls:
        yield calls


@pytest.fixture(scope="module")
def anyone(over: Over) -> Iterator[Caller]:
    """Whoever calls here is whom they say they are."""
    with over.calling() as calls:
        yield calls


def batch_of(*asked: pb.CheckRequest) -> pb.CheckBatchRequest:
    """A batch of these questions."""
    return pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=one) for one in asked])


def test_a_pin_says_who_asks(support: Caller, social: Caller) -> None:
    """An empty name is that of the listener; the same bytes get another answer at another listener."""
    asked = question("p", service="", purpose="essential.service")

    assert ["ALLOWED", "NOT_DECLARED"] * 2 == [each.reason(asked) for _ in range(2) for each in (support, social)]


def test_a_pin_lets_nobody_else_in(support: Caller, social: Caller) -> None:
    """In every kind of question, whatever was answered before, and with the operator's token."""
    asked, mine = question("p"), question("p", service="social")
    explain = pb.ExplainRequest(request=asked)
    for _ in range(2):
        assert "CONSENT_UNKNOWN" == support.reason(asked)
        assert "NOT_DECLARED" == social.reason(mine)
        ends_with(DENIED, partial(social.check, asked))
        ends_with(DENIED, lambda: social.authorization.Check(asked, metadata=social.operator, timeout=5))
        ends_with(DENIED, partial(support.check, mine))
        results = social.authorization.CheckBatch(batch_of(asked, mine), timeout=5).results
        streamed = list(
            social.authorization.CheckStream(
                iter([pb.CheckStreamRequest(request=one) for one in (asked, mine)]), timeout=5
            )
        )
        ends_with(DENIED, lambda: social.authorization.Explain(explain, metadata=social.operator, timeout=5))

        assert [[7, 0], [7, 0]] == [[one.error.code for one in some] for some in (results, streamed)]


def test_a_pin_holds_for_questions_about_many(social: Caller) -> None:
    """They are questions like any other."""
    request = pb.FilterSubjectsRequest(
        service="newsletter", subjects=["p"], fields=["customer.email"], purpose=question().purpose
    )

    ends_with(DENIED, lambda: social.authorization.FilterSubjects(request, timeout=5))


def test_without_a_pin_a_service_must_be_named(anyone: Caller) -> None:
    """There is no "me"; and what is named is taken at its word."""
    text = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: anyone.check(question("p", service="")))

    assert text.startswith("`service`")
    assert "NOT_DECLARED" == anyone.reason(question("p", service="social"))


def test_nothing_in_the_headers_says_who_asks(over: Over) -> None:
    """Nor in the authority: a header is the caller's word."""
    asked = message(question("p").SerializeToString())
    extra = [("x-service", "newsletter"), ("x-forwarded-for", "127.0.0.1"), ("sidecar-pin", "newsletter")]
    with over.connection("social") as raw:
        outcomes = [raw.ask(path, asked, extra=extra).outcome for path in (CHECK, CHECK)]
        batch = raw.ask(BATCH, message(batch_of(question("p")).SerializeToString()), extra=extra)

    assert ["PERMISSION_DENIED"] * 2 == outcomes
    assert [7] == [one.error.code for one in pb.CheckBatchResponse.FromString(batch.messages[0]).results]


GUARDED: Final = sorted(name for name in METHODS if name.startswith("sidecar.") and name not in OPEN)


def headers(over: Over, sent: str) -> list[tuple[str, str | bytes]]:
    """What a caller says, by name of the test."""
    token = over.served.token
    said: dict[str, list[tuple[str, str | bytes]]] = {
        "nothing": [],
        "wrong": [("authorization", f"Bearer {'x' * len(token)}")],
        "shorter": [("authorization", f"Bearer {token[:-1]}")],
        "longer": [("authorization", f"Bearer {token}x")],
        "without-scheme": [("authorization", token)],
        "another-scheme": [("authorization", f"Basic {token}")],
        "twice": [("authorization", f"Bearer {token}")] * 2,
        "twice-and-wrong": [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")],
        "another-header": [("x-authorization", f"Bearer {token}")],
        "binary": [("authorization-bin", f"Bearer {token}".encode().hex())],
        "empty": [("authorization", "")],
        "latin-1": [("authorization", b"Bearer \xe4\xf6\xfc")],
    }
    return said[sent]


BAD: Final = (
    *("nothing", "wrong", "shorter", "longer", "without-scheme", "another-scheme", "twice", "twice-and-wrong"),
    *("another-header", "binary", "empty", "latin-1"),
)


@pytest.mark.parametrize("method", GUARDED)
def test_what_needs_a_token_is_refused_without_the_right_one(over: Over, method: str) -> None:
    """Whatever is sent instead; before the message is looked at closer than whether it is one."""
    with over.connection() as raw:
        outcomes = {}
        for sent in BAD:
            stream = raw.call(f"/{method}", *headers(over, sent))
            raw.data(stream, message(b""))
            outcomes[sent] = raw.reply(stream).outcome

    assert dict.fromkeys(BAD, "UNAUTHENTICATED") == outcomes


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER "])
def test_the_scheme_may_be_written_in_any_case(anyone: Caller, over: Over, scheme: str) -> None:
    """As the standard says."""
    metadata = (("authorization", f"{scheme}{over.served.token}"), ("x-trace-bin", b"\x00\xff"), ("x-more", "x"))

    assert anyone.status.GetStatus(status_pb2.GetStatusRequest(), metadata=metadata, timeout=5).ready


def test_a_consumers_token_is_no_operators(anyone: Caller, over: Over) -> None:
    """It opens its own stream of changes, and nothing else."""
    ends_with(
        grpc.StatusCode.UNAUTHENTICATED,
        lambda: anyone.consent.GetRecord(consent_pb2.GetRecordRequest(subject="p"), metadata=over.consumer, timeout=5),
    )


def test_a_question_needs_no_token_and_minds_none(anyone: Caller, over: Over) -> None:
    """Whatever comes with it, binary headers included."""
    reasons = [
        anyone.authorization.Check(question("p"), metadata=metadata, timeout=5).results[0].reason
        for metadata in (None, over.served.operator, (("authorization", "Bearer x"),), (("x-bin", b"\x00\xff"),))
    ]

    assert 1 == len(set(reasons))


def test_what_the_status_tells_of_listeners(anyone: Caller) -> None:
    """Who is pinned, and who is taken at their word."""
    request = status_pb2.GetStatusRequest()
    answer: Any = anyone.status.GetStatus(request, metadata=anyone.operator, timeout=5)

    assert [("", True), ("", True), ("support", False), ("social", False)] == [
        (listener.pinned_service, listener.trusts_callers) for listener in answer.listeners
    ]
