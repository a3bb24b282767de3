"""Protocol and model say the same: no field and no value of an enumeration is lost on the way."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.message import Message
from msgspec.structs import replace as changed

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import choices_pb2, consent_pb2, model_pb2, status_pb2
from sidecar.config import Limits, Listener
from sidecar.consent.choices.desk import Choices, Saved
from sidecar.consent.choices.form import NotTaken
from sidecar.consent.choices.shown import BoxState
from sidecar.consent.choices.weighing import Control
from sidecar.consent.ledger import Recorded
from sidecar.consent.log import LogEntry
from sidecar.consent.record import Entry, Kind, Record, Tie, Trait
from sidecar.engine.explain import CONSENT, DECLARATION, OPERATION, POLICY, REQUEST, Deciding, Explanation, Remedy
from sidecar.model.decision import Answer, ConsentToAsk, FieldResult, Others
from sidecar.model.event import (
    Act,
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    No,
    NoticeRef,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.facts import Facts
from sidecar.model.instant import LAST
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import (
    Action,
    Actor,
    AgeBand,
    Basis,
    Channel,
    ChoiceKind,
    ConsentState,
    Effect,
    Mask,
    NoKind,
    Reason,
)
from sidecar.transport.convert.answers import to_check_response, to_explanation
from sidecar.transport.convert.choices import to_choices, to_saved
from sidecar.transport.convert.events import EventReader
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.convert.records import in_words, to_history_entry, to_record
from tests.unit.consent.choices.town import TOWN, boxes

NOTICE = NoticeRef(key="home", version=2)
SCOPE = Scope(purposes=("p",), categories=("c",), channels=("email",), recipients=("r",))
ASK = ConsentToAsk(
    purpose="p", categories=("c",), channel=Channel.EMAIL, recipient="r", explicit=True, by_guardian=True
)
ENTRY = Entry(
    kind=Kind.GIVEN,
    atom=Atom("p", "c", "email", "r"),
    at=1,
    event_id="e",
    actor=Actor.GUARDIAN,
    explicit=True,
    expires_at=2,
    notice=NOTICE,
    method="web",
)


def answer() -> pb.CheckResponse:
    """An answer in which nothing is left out."""
    result = FieldResult(
        field="f",
        effect=Effect.DENY,
        reason=Reason.UNKNOWN_FIELD,
        determining=("a", "b"),
        mask=Mask.HASH,
        ask=ASK,
        ask_not_before=3,
        unknown_name="f",
        others=Others(facts=(), deny=True),
        held=True,
    )
    return to_check_response(
        Answer(
            results=(result,),
            policy_revision="sha256:ab",
            consent_revision="0123456789abcdef.7",
            consent_age_ms=4,
            clock_changes_at=5,
            cache_for_ms=6,
            co_subjects_denied=7,
        ),
        "decision-1",
    )


def explanations() -> list[pb.FieldExplanation]:
    """Explanations that together leave nothing out."""
    changes = [Remedy(changes=each, text="do it") for each in (DECLARATION, POLICY, REQUEST, OPERATION)]
    return [
        to_explanation(
            Explanation(
                field="f",
                summary="because",
                facts=Facts(
                    ConsentState.GIVEN,
                    explicit=True,
                    by_guardian=True,
                    objected=True,
                    restricted=True,
                    erased=True,
                    age=AgeBand.TEEN,
                    basis=Basis.CONSENT,
                ),
                choices=(Deciding(fact="consent", category="c", choice=ENTRY),),
                determining=("a",),
                erring=(("b", "it errs"),),
                remedies=(Remedy(changes=CONSENT, text="ask", consent=ASK, not_before=7), *changes),
            )
        )
    ]


def history() -> list[consent_pb2.HistoryEntry]:
    """A history in which every kind of event has everything it can have."""
    choice = Choice(kind=ChoiceKind.GIVEN, scope=SCOPE, explicit=True, expires_at=9, notice=NOTICE)
    acts: tuple[Act, ...] = (
        Submission(choices=(choice,), form="abc"),
        Restriction(scope=SCOPE),
        Lifting(scope=SCOPE),
        Traits(digital_consent_at=1, of_age_at=2, jurisdiction="DE"),
        Erasure(categories=("c",)),
        Link(other=bytes(16)),
        Shared(noes=(No(kind=NoKind.REFUSED, atom=Atom("p", "c", "email", "r")),)),
    )
    return [
        to_history_entry(
            LogEntry(
                position=place,
                pseudonym=b"",
                event=Event(
                    id="e", act=act, occurred_at=1, actor=Actor.OPERATOR, method="web", language="de", note="n"
                ),
                record=Record(),
                effective_at=2,
                accepted_at=3,
                sealed=b"",
            ),
            "0123456789abcdef",
        )
        for place, act in enumerate(acts, 1)
    ]


def record() -> consent_pb2.GetRecordResponse:
    """A record in which nothing is left out."""
    traits: dict[str, int | str] = {"digital_consent_at": 1, "of_age_at": 2, "jurisdiction": "DE"}
    whole = Record(
        entries=(ENTRY,),
        traits=tuple((name, Trait(at=1, value=value)) for name, value in traits.items()),
        horizon=1,
        erased_categories=(("c", 2),),
        ties=(Tie(other=bytes(16), at=1),),
    )
    message = to_record("0123456789abcdef.7", whole, notes={ENTRY.event_id: "n"})
    return in_words(message, whole, TOWN, "de")


def choices() -> choices_pb2.SaveChoicesResponse:
    """What became of a form, with a list in which everything is to be found."""
    catalog = replace(
        TOWN,
        purposes={key: replace(one, titles={"de": "Zweck"}) for key, one in TOWN.purposes.items()},
        notices={key: replace(one, titles={"de": "Text"}) for key, one in TOWN.notices.items()},
    )
    atom = Atom("news.email", "user", "email", "first_party")
    agreed = changed(ENTRY, atom=atom, expires_at=LAST, notice=NoticeRef(key="news", version=2))
    partly = changed(agreed, atom=atom._replace(purpose="service.improve", channel="*", category="user.sensor.voice"))
    record = Record(entries=(agreed, changed(partly, kind=Kind.OBJECTED)))
    listed = Choices(boxes=boxes(record, catalog=catalog), revision="0123456789abcdef.7")
    saved = Saved(
        recorded=Recorded(revision="0123456789abcdef.7", effective_at=1, duplicate=True),
        not_taken=(NotTaken(key="k", why="because"),),
    )
    return to_saved(saved, to_choices(listed, catalog, "de"))


def filled(messages: Iterable[Message]) -> set[str]:
    """Every field, by its full name, that is set in *messages* or below."""
    names: set[str] = set()
    for message in messages:
        for field, value in message.ListFields():
            names.add(field.full_name)
            if field.message_type is not None:
                names |= filled(value if field.is_repeated else [value])
    return names


def declared(messages: Iterable[Descriptor]) -> set[str]:
    """Every field of *messages* and of the messages below them, but for those of timestamps."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = list(messages)
    while waiting:
        message = waiting.pop()
        if message.full_name in seen or message.full_name.startswith("google."):
            continue
        seen.add(message.full_name)
        names |= {field.full_name for field in message.fields}
        waiting += [field.message_type for field in message.fields if field.message_type is not None]
    return names


def test_every_field_that_we_send_is_filled() -> None:
    """A field that is declared and never set would be a promise that is not kept."""
    later = {"Link.other_subject"}  # only ever sent, never told
    sent = filled([answer(), *explanations(), *history(), record(), choices()])
    messages: tuple[Any, ...] = (
        pb.CheckResponse.DESCRIPTOR,
        pb.FieldExplanation.DESCRIPTOR,
        consent_pb2.HistoryEntry.DESCRIPTOR,
        consent_pb2.GetRecordResponse.DESCRIPTOR,
        choices_pb2.SaveChoicesResponse.DESCRIPTOR,
    )

    assert {f"sidecar.api.v1.{name}" for name in later} == {
        name for name in declared(messages) - sent if not name.startswith("google.")
    }


VALUES: dict[str, Any] = {
    "service": "s",
    "action": model_pb2.ACTION_COLLECT,
    "subject": "other",
    "co_subjects": ["other"],
    "fields": ["other"],
    "purpose": "other",
    "channel": "email",
    "recipient": "r",
    "attributes": {"a": model_pb2.AttributeValue(bool_value=True)},
    "at_least_as_fresh": "0123456789abcdef.7",
}


@pytest.mark.parametrize("field", [field.name for field in pb.CheckRequest.DESCRIPTOR.fields])
def test_every_field_of_a_question_counts(field: str) -> None:
    """Whatever a caller sets changes what is asked, or is refused; nothing is ignored."""
    base: dict[str, Any] = {"service": "newsletter", "subject": "p", "fields": ["f"], "purpose": "p"}
    reader = QuestionReader(Limits())
    if field == "recipient":
        base["action"] = model_pb2.ACTION_SHARE
    plain = pb.CheckRequest(**{**base, "recipient": "first"} if field == "recipient" else base)

    assert reader.read(plain, str) != reader.read(pb.CheckRequest(**{**base, field: VALUES[field]}), str)


@pytest.mark.parametrize(
    ("proto", "prefix", "model"),
    [
        (model_pb2.DESCRIPTOR.enum_types_by_name["Action"], "ACTION_", Action),
        (model_pb2.DESCRIPTOR.enum_types_by_name["Effect"], "EFFECT_", Effect),
        (model_pb2.DESCRIPTOR.enum_types_by_name["Reason"], "REASON_", Reason),
        (consent_pb2.DESCRIPTOR.enum_types_by_name["Actor"], "ACTOR_", Actor),
        (consent_pb2.DESCRIPTOR.enum_types_by_name["ChoiceKind"], "CHOICE_KIND_", ChoiceKind),
        (choices_pb2.DESCRIPTOR.enum_types_by_name["BoxControl"], "BOX_CONTROL_", Control),
        (choices_pb2.DESCRIPTOR.enum_types_by_name["BoxState"], "BOX_STATE_", BoxState),
    ],
)
def test_enumerations_have_the_same_values_in_the_same_order(proto: EnumDescriptor, prefix: str, model: Any) -> None:
    """Zero is unspecified; the rest is the model's, and reasons keep their precedence."""
    assert [f"{prefix}UNSPECIFIED", *(f"{prefix}{value.name}" for value in model)] == [
        value.name for value in sorted(proto.values, key=lambda value: value.number)
    ]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_sent(reason: Reason) -> None:
    """By its own name."""
    result = FieldResult(field="f", effect=Effect.DENY, reason=reason)
    response = to_check_response(
        Answer(
            results=(result,),
            policy_revision="",
            consent_revision="",
            consent_age_ms=0,
            clock_changes_at=None,
            cache_for_ms=0,
        ),
        "",
    )

    assert f"REASON_{reason.name}" == model_pb2.Reason.Name(response.results[0].reason)
    assert not response.HasField("clock_changes_at")
    assert not response.results[0].HasField("consent_to_ask")


@pytest.mark.parametrize("actor", Actor)
def test_every_actor_can_be_read(actor: Actor) -> None:
    """By its own name."""
    message = consent_pb2.Event(
        id="e",
        actor=cast("consent_pb2.Actor", f"ACTOR_{actor.name}"),
        traits=consent_pb2.Traits(jurisdiction="DE"),
    )

    assert actor is EventReader(Limits()).read(message).actor


def test_a_listener_is_told_as_it_is() -> None:
    """The status has a place for all that a listener is but the mode of its file."""
    assert {"address", "service", "mode", "transport"} == set(Listener.__slots__)
    assert {"address", "transport", "pinned_service", "trusts_callers"} == {
        field.name for field in status_pb2.ListenerStatus.DESCRIPTOR.fields
    }
