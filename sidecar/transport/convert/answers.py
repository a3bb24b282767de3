"""Answers, to the protocol."""

from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.engine.explain import Deciding, Explanation, Remedy
from sidecar.model.decision import Answer, ConsentToAsk, FieldResult
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Effect, Reason
from sidecar.transport.convert.events import to_notice_ref
from sidecar.transport.convert.instants import to_optional_timestamp, to_timestamp

_EFFECTS: Final = {effect: f"EFFECT_{effect.name}" for effect in Effect}
_REASONS: Final = {reason: f"REASON_{reason.name}" for reason in Reason}


def to_check_response(answer: Answer, decision_id: str) -> pb.CheckResponse:
    """*answer* as a message, named *decision_id*."""
    return pb.CheckResponse(
        results=[to_field_result(result) for result in answer.results],
        policy_revision=answer.policy_revision,
        consent_revision=answer.consent_revision,
        consent_age_ms=answer.consent_age_ms,
        clock_changes_at=to_optional_timestamp(answer.clock_changes_at),
        cache_for_ms=answer.cache_for_ms,
        decision_id=decision_id,
        co_subjects_denied=answer.co_subjects_denied,
    )


def to_field_result(result: FieldResult) -> pb.FieldResult:
    """*result* as a message."""
    message = pb.FieldResult(
        field=result.field,
        effect=_EFFECTS[result.effect],
        reason=_REASONS[result.reason],
        determining_policies=result.determining,
        unknown_name=result.unknown_name,
        by_co_subjects=result.others is not None and result.others.deny,
        held=result.held,
    )
    if result.mask is not None:
        message.obligations.add(name="mask", value=result.mask.value)
    if result.ask is not None and result.ask_not_before is not None:
        message.consent_to_ask.CopyFrom(_to_consent_to_ask(result.ask))
        message.ask_not_before.CopyFrom(to_timestamp(result.ask_not_before))
    return message


def _to_consent_to_ask(ask: ConsentToAsk) -> model_pb2.ConsentToAsk:
    return model_pb2.ConsentToAsk(
        purpose=ask.purpose,
        categories=ask.categories,
        channel=ask.channel or "",
        recipient=ask.recipient,
        explicit=ask.explicit,
        by_guardian=ask.by_guardian,
    )


def to_explanation(explanation: Explanation) -> pb.FieldExplanation:
    """*explanation* as a message."""
    return pb.FieldExplanation(
        field=explanation.field,
        summary=explanation.summary,
        facts=None if explanation.facts is None else _to_facts(explanation.facts),
        choices=[_to_choice(deciding) for deciding in explanation.choices],
        determining_policies=explanation.determining,
        erring_policies=[pb.PolicyFailure(policy_id=id_, message=message) for id_, message in explanation.erring],
        remedies=[_to_remedy(remedy) for remedy in explanation.remedies],
    )


def _to_facts(facts: Facts) -> pb.Facts:
    return pb.Facts(
        consent=facts.consent.value,
        explicit=facts.explicit,
        by_guardian=facts.by_guardian,
        objected=facts.objected,
        restricted=facts.restricted,
        erased=facts.erased,
        age_band=facts.age.value,
        basis=facts.basis.value,
    )


def _to_choice(deciding: Deciding) -> pb.DecidingChoice:
    choice = deciding.choice
    return pb.DecidingChoice(
        fact=deciding.fact,
        category=deciding.category,
        kind=choice.kind.value,
        event_id=choice.event_id,
        notice=to_notice_ref(choice.notice),
        method=choice.method,
        actor=choice.actor.value,
        effective_at=to_timestamp(choice.at),
        expires_at=to_optional_timestamp(choice.expires_at),
    )


def _to_remedy(remedy: Remedy) -> pb.Remedy:
    message = pb.Remedy()
    if remedy.consent is None or remedy.not_before is None:
        setattr(message, remedy.changes, remedy.text)  # the engine and the protocol name the changes alike
    else:
        message.consent.consent.CopyFrom(_to_consent_to_ask(remedy.consent))
        message.consent.not_before.CopyFrom(to_timestamp(remedy.not_before))
    return message
