"""After a deny: one sentence why, and the one thing that would change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sidecar.cli.invocation import Invocation, repeated
from sidecar.client import FieldDecision, Question
from sidecar.engine.explain import OTHERS, PERSONAL, summary
from sidecar.model.decision import FieldResult, Others, Request
from sidecar.model.vocabulary import Action, Effect, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Why a field is denied, and what would change it: a *command* to run, or a *change* to make in a file."""

    why: str
    change: str = ""
    command: str = ""


_FILES: Final[Mapping[str, str]] = {
    "UNKNOWN_SERVICE": "correct the name, or add catalog/services/{name}.yaml to the bundle",
    "UNKNOWN_FIELD": "correct the name, or add `{name}` to catalog/fields.yaml of the bundle",
    "UNKNOWN_PURPOSE": "correct the name, or add `{name}` to catalog/purposes.yaml of the bundle",
    "UNKNOWN_RECIPIENT": "name a third party of catalog/recipients.yaml of the bundle, or add `{name}` there",
    "UNKNOWN_CHANNEL": (
        "name a channel that catalog/purposes.yaml of the bundle gives `{purpose}`: --channel; "
        "leave it out if there is none"
    ),
    "UNKNOWN_ATTRIBUTE": (
        "send `{name}` with the type that `type Attributes` in schema.cedarschema of the bundle declares, "
        "declare it there, or leave it out"
    ),
    "CHANNEL_REQUIRED": (
        "name one of the channels that catalog/purposes.yaml of the bundle gives `{purpose}`: --channel"
    ),
    "FORBIDDEN": "the *.cedar files of the bundle have what forbids it: {policies}",
    "NOT_DECLARED": "if the service is to have it, add to may_use in catalog/services/{service}.yaml: {line}",
}


def remedy(
    question: Question, field: FieldDecision, invocation: Invocation, *, words: Sequence[str], now: datetime
) -> Remedy:
    """What to tell of the denied *field* of *question*.

    *words* are the arguments that put the question; the command of last resort explains it, unless they are empty.
    """
    why = _why(question, field)
    if field.held:
        return Remedy(why=why, command=invocation.command("holds", token=True))
    if field.by_co_subjects and field.reason in PERSONAL:
        return Remedy(why=why, change=OTHERS)
    if field.consent_to_ask is not None:
        return Remedy(why=why + _when(field, now), command=_consent(question, field, invocation))
    if field.reason in _FILES and (field.determining_policies or field.reason != Reason.FORBIDDEN):
        change = _FILES[field.reason].format(
            name=field.unknown_name,
            service=question.service,
            purpose=question.purpose,
            line=_declaration(question, field),
            policies=", ".join(f"policy `{policy}`" for policy in field.determining_policies),
        )
        return Remedy(why=why, change=change)
    match field.reason:
        case Reason.RESTRICTED:
            command: tuple[str, ...] = ("consent", "lift", "--subject", question.subject)
        case Reason.STALE_POLICY | Reason.STALE_CONSENT | Reason.CONSENT_UNAVAILABLE:
            command = ("status",)
        case _ if words:
            command = ("explain", *words)
        case _:
            return Remedy(why=why)
    return Remedy(why=why, command=invocation.command(*command, token=True))


def _why(question: Question, field: FieldDecision) -> str:
    result = FieldResult(
        field=field.field,
        effect=Effect.DENY,
        reason=Reason(field.reason),
        unknown_name=field.unknown_name,
        others=Others(facts=(), deny=True) if field.by_co_subjects else None,
        held=field.held,
    )
    request = Request(
        service=question.service,
        action=Action(question.action),
        subject=question.subject,
        fields=question.field_keys,
        purpose=question.purpose,
        recipient=question.recipient or None,
    )
    return summary(result, request)


def _when(field: FieldDecision, now: datetime) -> str:
    if field.ask_not_before is None or field.ask_not_before <= now:
        return ""
    return f"; do not ask again before {field.ask_not_before:%Y-%m-%d}, unless the person comes back to it"


def _consent(question: Question, field: FieldDecision, invocation: Invocation) -> str:
    ask = field.consent_to_ask
    assert ask is not None
    words = ["consent", "record", "--subject", question.subject, "--given", "--purpose", ask.purpose]
    words += repeated("--category", ask.categories)
    words += ["--channel", ask.channel] if ask.channel else []
    words += [] if ask.recipient == "first_party" else ["--recipient", ask.recipient]
    words += ["--explicit"] if ask.explicit else []
    words += ["--by", "guardian"] if ask.by_guardian else []
    return invocation.command(*words, token=True)


def _declaration(question: Question, field: FieldDecision) -> str:
    """The line of a service's catalog file that declares what was asked."""
    recipients = f", recipients: [{question.recipient}]" if question.recipient else ""
    return f"- {{purpose: {question.purpose}, fields: [{field.field}], actions: [{question.action}]{recipients}}}"
