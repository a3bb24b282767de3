"""Every method of the API, over real sockets."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, model_pb2, status_pb2
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import CATEGORY, EMAIL, Caller, calling, choice, ends_with, question

NOW = "2026-06-01T12:00:00Z"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One sidecar for all tests here; each has subjects of its own."""
    with serving(clock=FixedClock(NOW)) as running:
        yield running


@pytest.fixture(params=["tcp", "unix"])
def caller(served: Served, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A caller by each kind of listener."""
    with calling(served, served.unix if request.param == "unix" else None) as calls:
        yield calls


def test_an_acknowledged_event_counts_for_the_next_question(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Unknown, then allowed by a grant, then denied by a withdrawal, each at once."""
    subject = request.node.name
    reasons = [caller.reason(question(subject))]
    for kind in ("GIVEN", "WITHDRAWN"):
        caller.record(subject, choice(kind, kind))
        reasons.append(caller.reason(question(subject)))

    assert ["CONSENT_UNKNOWN", "ALLOWED", "CONSENT_WITHDRAWN"] == reasons


def test_an_answer_says_what_it_was_drawn_from(caller: Caller, served: Served) -> None:
    """Revisions of policies and consent, age, its own name, and per field what to ask for."""
    first = caller.check(question("nobody", fields=["customer.email", "no.such"]))
    second = caller.check(question("nobody"))

    assert ["customer.email", "no.such"] == [result.field for result in first.results]
    assert [model_pb2.EFFECT_DENY] * 2 == [result.effect for result in first.results]
    assert "no.such" == first.results[1].unknown_name
    assert first.results[0].consent_to_ask == model_pb2.ConsentToAsk(
        purpose=EMAIL, categories=[CATEGORY], channel="email", recipient="first_party"
    )
    assert Timestamp(seconds=1780315200) == first.results[0].ask_not_before
    assert served.sidecar.world.policies.snapshot.bundle.revision == first.policy_revision
    assert str(served.sidecar.world.cache.revision()) == first.consent_revision
    assert first.decision_id
    assert first.decision_id != second.decision_id


def test_obligations_come_with_their_effect(caller: Caller) -> None:
    """Analytics sees hashes: allowed, with something to do."""
    (result,) = caller.check(
        question(
            "nobody",
            service="analytics",
            fields=["customer.browsing"],
            purpose="essential.service.operations.improve",
        )
    ).results

    assert (model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS, [("mask", "hash")]) == (
        result.effect,
        [(obligation.name, obligation.value) for obligation in result.obligations],
    )


def test_one_malformed_question_does_not_spoil_a_batch(caller: Caller) -> None:
    """The others are answered, in order; the bad ones have the status that Check would have."""
    items = [
        pb.CheckBatchItem(correlation_id="good", request=question()),
        pb.CheckBatchItem(correlation_id="empty", request=question("")),
        pb.CheckBatchItem(correlation_id="absent"),
        pb.CheckBatchItem(correlation_id="people", request=question(co_subjects=[""])),
        pb.CheckBatchItem(correlation_id="c" * 129, request=question()),
        pb.CheckBatchItem(request=question()),
    ]
    results = caller.authorization.CheckBatch(pb.CheckBatchRequest(items=items)).results

    assert [item.correlation_id for item in items] == [result.correlation_id for result in results]
    assert ["response", "error", "error", "error", "error", "response"] == [
        result.WhichOneof("outcome") for result in results
    ]
    assert [3, 3, 3, 3] == [result.error.code for result in results if result.HasField("error")]
    assert "`subject`" in results[1].error.message


@pytest.mark.parametrize("items", [0, 65])
def test_a_batch_has_1_to_64_questions(caller: Caller, items: int) -> None:
    """Outside of that the whole call is malformed."""
    batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=question())] * items)

    assert "`items`" in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.authorization.CheckBatch(batch))


def test_a_stream_answers_in_order_as_questions_come(caller: Caller) -> None:
    """Each answer carries the id of its question; a bad one has its error and the stream goes on."""
    questions = (
        pb.CheckStreamRequest(correlation_id=str(number), request=question("" if number == 3 else "p1"))
        for number in range(10)
    )
    answers = list(caller.authorization.CheckStream(questions))

    assert [str(number) for number in range(10)] == [answer.correlation_id for answer in answers]
    assert ["3"] == [answer.correlation_id for answer in answers if answer.HasField("error")]


def test_explain_says_which_choice_decided(caller: Caller, request: pytest.FixtureRequest) -> None:
    """The same answer as Check, with the grant behind it."""
    subject = request.node.name
    notice = model_pb2.NoticeRef(key="newsletter", version=2)
    caller.record(subject, choice("the-grant", "GIVEN", notice=notice))
    explained = caller.authorization.Explain(pb.ExplainRequest(request=question(subject)), metadata=caller.operator)
    (field,) = explained.fields

    assert model_pb2.EFFECT_ALLOW == explained.response.results[0].effect
    assert ("given", False) == (field.facts.consent, field.facts.objected)
    assert [("consent", "the-grant", notice)] == [
        (chosen.fact, chosen.event_id, chosen.notice) for chosen in field.choices
    ]
    assert [] == list(field.remedies)


def test_explain_says_what_would_change_a_deny(caller: Caller) -> None:
    """The consent to ask for, or what stands in the way."""
    explained = caller.authorization.Explain(
        pb.ExplainRequest(request=question("nobody", fields=["customer.email", "no.such"])), metadata=caller.operator
    )

    assert ["consent", "declaration"] == [field.remedies[0].WhichOneof("change") for field in explained.fields]


def test_explain_needs_a_question(caller: Caller) -> None:
    """An absent one is malformed."""
    text = ends_with(
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda: caller.authorization.Explain(pb.ExplainRequest(), metadata=caller.operator),
    )

    assert "`request`" in text


def test_repeating_an_event_is_safe_and_changing_it_is_not(caller: Caller, request: pytest.FixtureRequest) -> None:
    """The same body: the first result. Another body under the same id: refused, nothing changed."""
    subject = request.node.name
    first = caller.record(subject, choice("e1", "GIVEN"))
    again = caller.record(subject, choice("e1", "GIVEN"))
    text = ends_with(grpc.StatusCode.ALREADY_EXISTS, lambda: caller.record(subject, choice("e1", "WITHDRAWN")))

    assert (first.revision, first.effective_at, True) == (again.revision, again.effective_at, again.duplicate)
    assert "`e1`" in text
    assert "ALLOWED" == caller.reason(question(subject))


def test_a_grant_of_the_future_is_refused(caller: Caller) -> None:
    """The field is named as the message has it."""
    event = choice("e1", "GIVEN")
    event.occurred_at.FromSeconds(1780315200 + 301)

    assert "`event.occurred_at`" in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.record("p1", event))


def test_the_record_shows_what_stands(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Choices with all that is known of them, traits, and the revision that last changed it."""
    subject = request.node.name
    event = choice("e1", "GIVEN", explicit=True)
    event.note = "on the phone"
    caller.record(subject, event)
    traits = consent_pb2.Traits(jurisdiction="US-CA", of_age_at=Timestamp(seconds=1))
    last = caller.record(subject, consent_pb2.Event(id="e2", traits=traits))
    record = caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject=subject), metadata=caller.operator)
    (shown,) = record.choices

    assert last.revision == record.revision
    assert traits == record.traits
    assert ("given", EMAIL, CATEGORY, "email", "first_party", True, "e1", "on the phone") == (
        shown.kind,
        shown.purpose,
        shown.category,
        shown.channel,
        shown.recipient,
        shown.explicit,
        shown.event_id,
        shown.note,
    )


def test_the_record_of_nobody_is_empty(caller: Caller) -> None:
    """That a person is not known is no error, and no different from having nothing on record."""
    record = caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject="nobody"), metadata=caller.operator)

    assert consent_pb2.GetRecordResponse(language="en") == record


def test_history_comes_in_pages(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Oldest first, nothing twice and nothing left out, to the last page without a token."""
    subject = request.node.name
    revisions = [caller.record(subject, choice(f"e{number}", "GIVEN")).revision for number in range(5)]
    seen, token, pages = [], "", 0
    while pages == 0 or token:
        page = caller.consent.ListHistory(
            consent_pb2.ListHistoryRequest(subject=subject, page_size=2, page_token=token), metadata=caller.operator
        )
        seen += [entry.revision for entry in page.entries]
        token, pages = page.next_page_token, pages + 1

    assert (revisions, 3) == (seen, 3)


def test_erasure_voids_everything_and_its_repetition_nothing_more(
    caller: Caller, request: pytest.FixtureRequest
) -> None:
    """The history begins anew with the erasure; the same id again gives the first result."""
    subject = request.node.name
    caller.record(subject, choice("e1", "GIVEN"))
    erase = consent_pb2.EraseRequest(subject=subject, id="x1")
    first = caller.consent.Erase(erase, metadata=caller.operator)
    again = caller.consent.Erase(erase, metadata=caller.operator)
    history = caller.consent.ListHistory(consent_pb2.ListHistoryRequest(subject=subject), metadata=caller.operator)

    assert "ERASED" == caller.reason(question(subject))
    assert (first.revision, True) == (again.revision, again.duplicate)
    assert [("x1", first.revision)] == [(entry.erasure.id, entry.revision) for entry in history.entries]


def test_an_import_records_what_it_can_and_tells_the_rest(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Each message is answered once; bad lines are told by number, those after them are recorded."""
    name = request.node.name

    def line(number: int) -> consent_pb2.ImportLine:
        event = choice("e1", "GIVEN")
        event.occurred_at.FromSeconds(1_700_000_000)
        if number == 7:
            event.ClearField("occurred_at")
        if number == 8:
            event.link.other_subject = f"{name}-8"
        return consent_pb2.ImportLine(line=number, subject="" if number == 290 else f"{name}-{number}", event=event)

    def lines() -> Iterator[consent_pb2.ImportEventsRequest]:
        for first, last in ((1, 256), (257, 300)):
            yield consent_pb2.ImportEventsRequest(lines=map(line, range(first, last + 1)))

    answers = list(caller.consent.ImportEvents(lines(), metadata=caller.operator))
    again = list(caller.consent.ImportEvents(lines(), metadata=caller.operator))

    assert [(256, 254, [7, 8]), (300, 43, [290])] == [
        (answer.through_line, answer.recorded, [each.line for each in answer.rejections]) for answer in answers
    ]
    assert [(0, 254), (0, 43)] == [(answer.recorded, answer.duplicates) for answer in again]
    assert "ALLOWED" == caller.reason(question(f"{name}-300"))


@pytest.mark.parametrize("count", [0, 257])
def test_an_import_takes_1_to_256_lines_together(caller: Caller, count: int) -> None:
    """What is recorded together must stay a short turn of the one writer."""
    message = consent_pb2.ImportEventsRequest(lines=[consent_pb2.ImportLine()] * count)

    with pytest.raises(grpc.RpcError) as failed:
        list(caller.consent.ImportEvents(iter([message]), metadata=caller.operator))

    assert grpc.StatusCode.INVALID_ARGUMENT is failed.value.code()


def test_the_status_is_one_picture(caller: Caller, served: Served) -> None:
    """Versions, ages, listeners with whom they trust."""
    status = caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator)

    assert (True, "", "sqlite") == (status.ready, status.not_ready_because, status.consent.backend)
    assert (served.sidecar.world.cache.subjects, 0) == (status.consent.subjects, status.consent.age_ms)
    assert status.policy.policies > 0
    assert [(served.address, True), (served.unix, True)] == [
        (listener.address, listener.trusts_callers) for listener in status.listeners
    ]


def test_linked_ids_share_what_they_say_no_to(caller: Caller, request: pytest.FixtureRequest) -> None:
    """Over the protocol: a link names an id, records and histories tell its pseudonym."""
    one, other = f"{request.node.name}-1", f"{request.node.name}-2"
    for subject in (one, other):
        caller.record(subject, choice("yes", "GIVEN"))
    caller.record(one, consent_pb2.Event(id="l", link=consent_pb2.Link(other_subject=other)))
    before = [caller.reason(question(subject)) for subject in (one, other)]
    recorded = caller.record(other, choice("no", "WITHDRAWN"))
    after = [caller.reason(question(s, at_least_as_fresh=recorded.revision)) for s in (one, other)]
    record = caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject=one), metadata=caller.operator, timeout=5)
    history = caller.consent.ListHistory(
        consent_pb2.ListHistoryRequest(subject=one), metadata=caller.operator, timeout=5
    )

    assert (["ALLOWED"] * 2, ["CONSENT_WITHDRAWN"] * 2) == (before, after)
    (tie,) = record.links
    assert [("", tie.other_pseudonym)] == [
        (entry.event.link.other_subject, entry.event.link.other_pseudonym)
        for entry in history.entries
        if entry.event.HasField("link")
    ]
    assert ["withdrawn"] == [no.kind for entry in history.entries for no in entry.event.shared.noes]
