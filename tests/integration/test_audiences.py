"""FilterSubjects of a running server: of many people, those whom Check would allow; and wrong in every way."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, model_pb2
from sidecar.errors import ConsentLogError
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Mask
from sidecar.telemetry.decisionlog.audience import decode
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.audiences import SLICE
from tests.integration.caller import CATEGORY, EMAIL, Caller, calling, choice, ends_with, eventually, question

LIMITS = {"limits.audience_bytes": 131_072, "limits.message_bytes": 65_536, "limits.park_seconds": 0.1}
LISTENERS = ("127.0.0.1:0,transport=grpcio", "127.0.0.1:0,transport=native", "127.0.0.1:0,service=newsletter")
ANALYTICS: dict[str, Any] = {
    "service": "analytics",
    "fields": ["customer.browsing", "home.telemetry"],
    "purpose": "essential.service.operations.improve",
}
EVERY_MASK = [model_pb2.Obligation(name="mask", value=mask.value) for mask in Mask]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One sidecar for most tests; each has people of its own."""
    with serving(clock=FixedClock(), listen=LISTENERS, settings=LIMITS) as running:
        yield running


@pytest.fixture(params=[2, 3], ids=["grpcio", "native"])
def caller(served: Served, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A caller of each transport."""
    with calling(served, served.sidecar.addresses[request.param]) as calls:
        yield calls


def audience(*subjects: str, **changes: Any) -> pb.FilterSubjectsRequest:
    """To which of *subjects* may the newsletter write?"""
    base: dict[str, Any] = {"service": "newsletter", "fields": ["customer.email"], "purpose": EMAIL}
    return pb.FilterSubjectsRequest(**{**base, "subjects": subjects, **changes})


def ask(caller: Caller, request: pb.FilterSubjectsRequest) -> pb.FilterSubjectsResponse:
    """The answer to *request*."""
    response: pb.FilterSubjectsResponse = caller.authorization.FilterSubjects(request, timeout=10)
    return response


def places(response: pb.FilterSubjectsResponse) -> list[list[int]]:
    """Who may be used, by audience."""
    return [list(one.places) for one in response.audiences]


def reasons(response: pb.FilterSubjectsResponse) -> dict[str, int]:
    """How many were denied for what."""
    return {model_pb2.Reason.Name(one.reason).removeprefix("REASON_"): one.subjects for one in response.denied}


def test_who_agreed_is_told_by_place(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Who did not is counted; at once after each acknowledged choice, and who is named twice is there once."""
    ada, bob, cy = (f"{request.node.name} {name}" for name in ("ada", "bob", "cy"))
    asked = audience(cy, ada, bob, ada, cy)
    none = ask(caller, asked)
    given = caller.record(ada, choice("e1", "GIVEN"))
    caller.record(bob, choice("e2", "GIVEN"))
    both = ask(caller, asked)
    withdrawn = caller.record(bob, choice("e3", "WITHDRAWN"))
    one = ask(caller, asked)

    assert ([], {"CONSENT_UNKNOWN": 3}) == (places(none), reasons(none))
    assert ([[1, 2]], {"CONSENT_UNKNOWN": 1}) == (places(both), reasons(both))
    assert ([[1]], {"CONSENT_WITHDRAWN": 1, "CONSENT_UNKNOWN": 1}) == (places(one), reasons(one))
    assert given.revision != withdrawn.revision == one.consent_revision
    assert one.policy_revision == caller.check(question(ada)).policy_revision
    assert one.decision_id
    assert one.decision_id not in (none.decision_id, both.decision_id)


def test_who_must_be_masked_counts_only_for_who_can(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Without that they are left out, and it is told what would have to be done."""
    subject = f"{request.node.name} ada"
    alone = caller.check(question(subject, **ANALYTICS))
    unable = ask(caller, audience(subject, **ANALYTICS))
    partly = ask(caller, audience(subject, **ANALYTICS, able=[model_pb2.Obligation(name="mask", value="year")]))
    able = ask(caller, audience(subject, **ANALYTICS, able=EVERY_MASK))
    expected = [(result.field, must) for result in alone.results for must in result.obligations]

    assert {model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS} == {result.effect for result in alone.results}
    for response in (unable, partly):
        assert ([], {}) == (places(response), reasons(response))
        assert [1] == [one.subjects for one in response.obliged]
        assert expected == [(one.field, one.obligation) for one in response.obliged[0].obligations]
    assert ([[0]], []) == (places(able), list(able.obliged))
    assert expected == [(one.field, one.obligation) for one in able.audiences[0].obligations]


@pytest.mark.parametrize(
    ("request_", "code", "told"),
    [
        (audience(), grpc.StatusCode.INVALID_ARGUMENT, "`subjects`: must have 1 to 10000, has 0"),
        (audience(*["p"] * 10_001), grpc.StatusCode.INVALID_ARGUMENT, "`subjects`: must have 1 to 10000, has 10001"),
        (audience(*["p"] * 17, ""), grpc.StatusCode.INVALID_ARGUMENT, "`subjects[17]`: must have 1 to 256 bytes"),
        (audience(*map(str, range(300)), "a\n"), grpc.StatusCode.INVALID_ARGUMENT, "`subjects[300]`: must not contain"),
        (audience("x" * 257), grpc.StatusCode.INVALID_ARGUMENT, "`subjects[0]`"),
        (audience("p", fields=[]), grpc.StatusCode.INVALID_ARGUMENT, "`fields`"),
        (audience("p", fields=["a", "a"]), grpc.StatusCode.INVALID_ARGUMENT, "`fields[1]`"),
        (audience("p", purpose=""), grpc.StatusCode.INVALID_ARGUMENT, "`purpose`"),
        (audience("p", service=""), grpc.StatusCode.INVALID_ARGUMENT, "`service`"),
        (audience("p", action=9), grpc.StatusCode.INVALID_ARGUMENT, "`action`"),
        (audience("p", recipient="x"), grpc.StatusCode.INVALID_ARGUMENT, "`recipient`"),
        (audience("p", at_least_as_fresh="x"), grpc.StatusCode.INVALID_ARGUMENT, "`at_least_as_fresh`"),
        (audience("p", able=[model_pb2.Obligation()]), grpc.StatusCode.INVALID_ARGUMENT, "`able[0].name`"),
        (audience(*["x" * 250] * 600), grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max (1"),
    ],
)
def test_what_is_malformed_is_told_by_its_place(
    caller: Caller, request_: pb.FilterSubjectsRequest, code: grpc.StatusCode, told: str
) -> None:
    """And whatever is asked next is answered."""
    text = ends_with(code, lambda: ask(caller, request_))

    assert told in text
    assert ask(caller, audience("somebody", "else")).denied


def test_bytes_that_are_no_message_are_the_callers_fault(caller: Caller) -> None:
    """Text that is not UTF-8 among them."""
    told = [
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, partial(caller.raw, "AuthorizationService/FilterSubjects", data))
        for data in (b"\xff" * 9, audience("p").SerializeToString() + b"\x1a\x01\xff")
    ]

    assert [True] * 2 == ["FilterSubjectsRequest" in text for text in told]


def test_only_this_method_takes_long_messages(caller: Caller) -> None:
    """What is too long for a question still is, by one byte, on every way in."""
    many = audience(*[f"person-{number:08}" for number in range(6_000)])
    long = question("p1", at_least_as_fresh="x" * 65_600).SerializeToString()
    batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(correlation_id="x" * 65_600)]).SerializeToString()
    texts = [
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.raw("AuthorizationService/Check", long)),
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.raw("AuthorizationService/CheckBatch", batch)),
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.raw("AuthorizationService/Explain", long)),
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.raw("ConsentService/GetRecord", long)),
        ends_with(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            lambda: list(
                caller.authorization.CheckStream(iter([pb.CheckStreamRequest(correlation_id="x" * 65_600)]), timeout=5)
            ),
        ),
    ]

    assert {"CONSENT_UNKNOWN": 6_000} == reasons(ask(caller, many))
    assert [True] * 5 == ["larger than max" in text for text in texts]


def test_names_that_do_not_exist_deny_everybody(caller: Caller) -> None:
    """As for one, with the name."""
    response = ask(caller, audience("p", "q", fields=["customer.email", "no.such"]))

    assert ({"UNKNOWN_FIELD": 2}, "no.such") == (reasons(response), response.denied[0].unknown_name)
    assert (0, False) == (response.cache_for_ms, response.HasField("clock_changes_at"))


def test_a_pinned_listener_asks_as_its_service(served: Served) -> None:
    """As with Check: itself, named or not, and nobody else."""
    with calling(served, served.sidecar.addresses[4]) as caller:
        named, unnamed = ask(caller, audience("p")), ask(caller, audience("p", service=""))
        text = ends_with(grpc.StatusCode.PERMISSION_DENIED, lambda: ask(caller, audience("p", service="analytics")))

    assert {"CONSENT_UNKNOWN": 1} == reasons(named) == reasons(unnamed)
    assert "newsletter" in text


def test_a_revision_that_does_not_come_denies_everybody(caller: Caller, served: Served) -> None:
    """STALE_CONSENT, while the caller still listens; one that has come is met."""
    revision = served.sidecar.world.cache.revision()
    ahead = ask(caller, audience("p", "q", at_least_as_fresh=f"{revision.log_id}.{revision.position + 99}"))
    met = ask(caller, audience("p", "q", at_least_as_fresh=str(revision)))

    assert {"STALE_CONSENT": 2} == reasons(ahead)
    assert {"CONSENT_UNKNOWN": 2} == reasons(met)


def test_a_revision_that_comes_in_time_is_waited_for(tmp_path: Path) -> None:
    """And what it brings is seen."""
    with serving(clock=FixedClock(), data_dir=tmp_path) as served, calling(served) as caller:
        revision = served.sidecar.world.cache.revision()
        asked = audience("p1", at_least_as_fresh=f"{revision.log_id}.{revision.position + 1}")
        answers: list[pb.FilterSubjectsResponse] = []
        asking = Thread(target=lambda: answers.append(ask(caller, asked)))
        asking.start()
        recorded = caller.record("p1", choice("e1", "GIVEN"))
        asking.join(5)

    assert [([[0]], recorded.revision)] == [(places(one), one.consent_revision) for one in answers]


def test_who_cannot_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose time has changed is read again; if that fails they are counted, and the others told of."""
    clock = FixedClock()
    with serving(clock=clock, data_dir=tmp_path) as served, calling(served) as caller:
        until = clock.now // 1_000_000 + 60
        lasting, ending = choice("e1", "GIVEN"), choice("e2", "GIVEN")
        ending.submission.choices[0].expires_at.seconds = until
        caller.record("lasting", lasting)
        caller.record("ending", ending)
        asked = audience("ending", "lasting")
        before = ask(caller, asked)
        refresh = served.sidecar.world.cache.refresh

        def failing(pseudonym: bytes, *, now: Instant) -> None:
            if pseudonym == served.sidecar.world.cache.pseudonym("ending"):
                raise ConsentLogError("cannot be read")
            refresh(pseudonym, now=now)

        with monkeypatch.context() as patch:
            patch.setattr(served.sidecar.world.cache, "refresh", failing)
            clock.advance(60)
            unread = ask(caller, asked)
        read = eventually(lambda: _without(caller, asked, "CONSENT_UNAVAILABLE"))

    assert (until, [[0, 1]]) == (before.clock_changes_at.seconds, places(before))
    assert ([[1]], {"CONSENT_UNAVAILABLE": 1}, 0) == (places(unread), reasons(unread), unread.cache_for_ms)
    assert ([[1]], {"CONSENT_EXPIRED": 1}) == (places(read), reasons(read))


def _without(caller: Caller, asked: pb.FilterSubjectsRequest, reason: str) -> pb.FilterSubjectsResponse:
    response = ask(caller, asked)
    assert reason not in reasons(response)
    return response


def test_too_many_at_once_are_turned_away(tmp_path: Path) -> None:
    """And when the others are done, it is their turn."""
    settings = {"limits.audiences": 1, "limits.park_seconds": 60}
    with serving(clock=FixedClock(), data_dir=tmp_path, settings=settings) as served, calling(served) as caller:
        revision = served.sidecar.world.cache.revision()
        later = audience("slow", at_least_as_fresh=f"{revision.log_id}.{revision.position + 1}")
        asking = Thread(target=lambda: ask(caller, later))
        asking.start()
        eventually(lambda: _one_waits(served))
        text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: ask(caller, audience("p")))
        checked = caller.reason(question("p"))
        caller.record("other", choice("e1", "GIVEN"))
        asking.join(10)
        after = ask(caller, audience("p"))

    assert "limits.audiences" in text
    assert "CONSENT_UNKNOWN" == checked
    assert {"CONSENT_UNKNOWN": 1} == reasons(after)


def _one_waits(served: Served) -> None:
    assert 1 == served.sidecar._grpc.desk.decider.parked


def test_no_audiences_are_served_where_there_may_be_none(tmp_path: Path) -> None:
    """`limits.audiences` of 0 turns all away."""
    with (
        serving(clock=FixedClock(), data_dir=tmp_path, settings={"limits.audiences": 0}) as served,
        calling(served) as caller,
    ):
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: ask(caller, audience("p")))


def test_the_limit_of_long_messages_may_be_the_lower_one(tmp_path: Path) -> None:
    """Then questions may be longer than audiences."""
    settings = {"limits.audience_bytes": 4_096, "limits.audience_subjects": 900}
    people = [f"person-{number:03}" for number in range(1_000)]
    with (
        serving(clock=FixedClock(), data_dir=tmp_path, settings=settings) as served,
        calling(served) as caller,
    ):
        long = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: ask(caller, audience(*people[:850])))
        many = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: ask(caller, audience(*["p"] * 950)))

    assert "larger than max" in long
    assert "must have 1 to 900" in many


def test_an_audience_is_one_line_of_the_decision_log(tmp_path: Path) -> None:
    """With who might be used, by pseudonym, and how many not; counted as one line, and people by reason."""
    log = tmp_path / "decisions.jsonl"
    people = [f"p{number}" for number in range(2 * SLICE)]
    with serving(settings={"decision_log.output": str(log)}) as served, calling(served) as caller:
        for number in (3, SLICE + 1):
            caller.record(f"p{number}", choice(f"e{number}", "GIVEN"))
        response = ask(caller, audience(*people))
        pseudonyms = tuple(served.sidecar.world.cache.pseudonym(f"p{number}").hex() for number in (3, SLICE + 1))
        counted = served.sidecar.registry.get_sample_value("sidecar_audience_subjects_total", {"reason": "ALLOWED"})

    (text,) = log.read_bytes().splitlines()
    line = decode(text)
    assert (response.decision_id, 2 * SLICE, 2.0) == (line.id, line.subjects, counted)
    assert [pseudonyms] == [group.pseudonyms for group in line.usable]
    assert [(2 * SLICE - 2, "CONSENT_UNKNOWN")] == [(group.subjects, group.reason) for group in line.denied]
    assert response.consent_revision == line.consent_revision


# --- The same as one by one -----------------------------------------------------------------------------------------

KINDS = ("GIVEN", "REFUSED", "WITHDRAWN", "OBJECTED")
QUESTIONS: Sequence[dict[str, Any]] = (
    {},
    {"fields": ["customer.email", "customer.name"]},
    {"fields": ["customer.email", "no.such"]},
    ANALYTICS,
    {"service": "nobody"},
)


def live(caller: Caller, dice: Random, subject: str) -> None:
    """Some choices, restrictions and erasures."""
    for number in range(dice.randrange(4)):
        id_ = f"{subject}-{number}"
        match dice.randrange(8):
            case 0:
                scope = consent_pb2.Scope(categories=[CATEGORY] if dice.randrange(2) else [])
                caller.record(subject, consent_pb2.Event(id=id_, restriction=consent_pb2.Restriction(scope=scope)))
            case 1:
                erase = consent_pb2.EraseRequest(subject=subject, id=id_)
                caller.consent.Erase(erase, metadata=caller.operator, timeout=5)
            case _:
                caller.record(subject, choice(id_, dice.choice(KINDS)))


def usable(response: pb.CheckResponse, able: Sequence[model_pb2.Obligation]) -> bool:
    """Whether every field is allowed to who can do so much."""
    return all(
        result.effect in (model_pb2.EFFECT_ALLOW, model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS)
        and all(must in able for must in result.obligations)
        for result in response.results
    )


@pytest.mark.parametrize("seed", range(3))
def test_it_says_of_many_what_check_says_of_each(caller: Caller, seed: int, request: pytest.FixtureRequest) -> None:
    """People who lived at random, asked about together and one by one."""
    dice = Random(f"{seed} {request.node.name}")
    people = [f"{request.node.name} {number}" for number in range(60)]
    for subject in people:
        live(caller, dice, subject)
    for changes, able in product(QUESTIONS, ([], EVERY_MASK)):
        together = ask(caller, audience(*people, **changes, able=able))
        alone = [caller.check(question(subject, **changes)) for subject in people]
        expected = {place for place, one in enumerate(alone) if usable(one, able)}
        denied = Counter(
            min(result.reason for result in one.results if result.effect == model_pb2.EFFECT_DENY)
            for one in alone
            if any(result.effect == model_pb2.EFFECT_DENY for result in one.results)
        )

        assert expected == {place for one in together.audiences for place in one.places}, changes
        assert denied == Counter({one.reason: one.subjects for one in together.denied})
        assert len(people) == sum(
            (len(expected), denied.total(), sum(one.subjects for one in together.obliged)),
        )
        assert min(one.cache_for_ms for one in alone) == together.cache_for_ms
