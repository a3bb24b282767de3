"""Consent events, from the protocol and back."""

from collections.abc import Sequence
from typing import Final

from sidecar.api.v1 import consent_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.config import Limits
from sidecar.consent.limits import MAX_EVENT_ID_BYTES, check_subject
from sidecar.errors import RequestError
from sidecar.model.event import (
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    LinkTo,
    NoticeRef,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, ChoiceKind
from sidecar.transport.convert.instants import from_timestamp, to_optional_timestamp
from sidecar.transport.convert.text import check_count, check_text

MAX_CHOICES: Final = 64
"""Choices in a submission."""

ACTORS: Final[dict[int, Actor]] = {
    pb.ACTOR_UNSPECIFIED: Actor.SUBJECT,
    **{pb.Actor.Value(f"ACTOR_{actor.name}"): actor for actor in Actor},
}
_KINDS: Final[dict[int, ChoiceKind]] = {pb.ChoiceKind.Value(f"CHOICE_KIND_{kind.name}"): kind for kind in ChoiceKind}
_DIMENSIONS: Final = ("purposes", "categories", "channels", "recipients")


class EventReader:
    """Reads events under *limits*."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def subject(self, value: str) -> str:
        """*value* if it can be a subject id; the error does not repeat it."""
        check_subject(value)
        return value

    def event_id(self, value: str, field: str) -> str:
        """*value* if it can be an event id."""
        return check_text(value, field, most=MAX_EVENT_ID_BYTES)

    def names(self, values: Sequence[str], field: str) -> tuple[str, ...]:
        """*values*, each once; whether the catalog has them is not checked here."""
        if not values:
            return ()
        named = tuple(values)
        for index, value in enumerate(named):
            check_text(value, f"{field}[{index}]", most=self._limits.string_bytes)
        return tuple(dict.fromkeys(named)) if len(named) > 1 else named

    def read(self, message: pb.Event) -> Event:
        """The event that *message* tells, each part well-formed; the ledger checks what it says.

        Raises ``RequestError`` naming the field that is wrong.
        """
        actor = ACTORS.get(message.actor)
        if actor is None:
            raise RequestError("event.actor", f"unknown value {message.actor}")
        return Event(
            id=message.id,
            act=self._act(message),
            occurred_at=_instant(message, "occurred_at", "event"),
            actor=actor,
            method=message.method,
            language=message.language,
            note=message.note,
        )

    def _act(self, message: pb.Event) -> Submission | Restriction | Lifting | Traits | LinkTo:
        match message.WhichOneof("act"):
            case "submission":
                choices = message.submission.choices
                path = "event.submission.choices"
                check_count(len(choices), path, least=1, most=MAX_CHOICES)
                return Submission(
                    choices=tuple(self._choice(choice, f"{path}[{index}]") for index, choice in enumerate(choices)),
                    form=message.submission.form,
                )
            case "restriction":
                return Restriction(scope=self.scope(message.restriction.scope, "event.restriction.scope"))
            case "lifting":
                return Lifting(scope=self.scope(message.lifting.scope, "event.lifting.scope"))
            case "traits":
                return _traits(message.traits, "event.traits")
            case "link":
                if message.link.other_pseudonym:
                    raise RequestError("event.link.other_pseudonym", "is only told; name the other by `other_subject`")
                return LinkTo(other_subject=message.link.other_subject)
            case "shared":
                raise RequestError("event.shared", "is only told; send what was said about the id that it was said by")
            case _:
                raise RequestError("event", "says nothing: set one of submission, restriction, lifting, traits, link")

    def _choice(self, message: pb.Choice, path: str) -> Choice:
        kind = _KINDS.get(message.kind)
        if kind is None:
            raise RequestError(f"{path}.kind", f"unknown value {message.kind}" if message.kind else "unspecified")
        notice = None
        if message.HasField("notice"):
            key = check_text(message.notice.key, f"{path}.notice.key", most=self._limits.string_bytes)
            notice = NoticeRef(key=key, version=message.notice.version)
        return Choice(
            kind=kind,
            scope=self.scope(message.scope, f"{path}.scope"),
            explicit=message.explicit,
            expires_at=_instant(message, "expires_at", path),
            notice=notice,
        )

    def scope(self, message: pb.Scope, path: str) -> Scope:
        """The scope that *message*, at *path*, tells."""
        return Scope(**{name: self.names(getattr(message, name), f"{path}.{name}") for name in _DIMENSIONS})


def _traits(message: pb.Traits, path: str) -> Traits:
    return Traits(
        digital_consent_at=_instant(message, "digital_consent_at", path),
        of_age_at=_instant(message, "of_age_at", path),
        jurisdiction=message.jurisdiction or None,
    )


def _instant(message: pb.Event | pb.Choice | pb.Traits, name: str, path: str) -> Instant | None:
    if not message.HasField(name):
        return None
    return from_timestamp(getattr(message, name), f"{path}.{name}")


def to_notice_ref(notice: NoticeRef | None) -> model_pb2.NoticeRef | None:
    """*notice* as a message; absent stays absent."""
    return None if notice is None else model_pb2.NoticeRef(key=notice.key, version=notice.version)


def to_actor(actor: Actor) -> str:
    """The name that *actor* has in the protocol."""
    return f"ACTOR_{actor.name}"


def to_event(event: Event) -> pb.Event:
    """*event*, which is no erasure, as a message."""
    message = pb.Event(
        id=event.id,
        occurred_at=to_optional_timestamp(event.occurred_at),
        actor=to_actor(event.actor),
        method=event.method,
        language=event.language,
        note=event.note,
    )
    match event.act:
        case Submission(choices=choices, form=form):
            message.submission.choices.extend(map(_to_choice, choices))
            message.submission.form = form
        case Restriction(scope=scope):
            message.restriction.scope.CopyFrom(_to_scope(scope))
        case Lifting(scope=scope):
            message.lifting.scope.CopyFrom(_to_scope(scope))
        case Traits():
            message.traits.CopyFrom(_to_traits(event.act))
        case LinkTo(other_subject=other_subject):
            message.link.other_subject = other_subject
        case Link(other=other):
            message.link.other_pseudonym = other.hex()
        case Shared(noes=noes):
            message.shared.noes.extend(pb.SharedNo(kind=no.kind.value, **no.atom._asdict()) for no in noes)
        case Erasure():
            raise ValueError("an erasure is no event of the protocol")
    return message


def _to_choice(choice: Choice) -> pb.Choice:
    return pb.Choice(
        kind=f"CHOICE_KIND_{choice.kind.name}",
        scope=_to_scope(choice.scope),
        explicit=choice.explicit,
        expires_at=to_optional_timestamp(choice.expires_at),
        notice=to_notice_ref(choice.notice),
    )


def _to_scope(scope: Scope) -> pb.Scope:
    return pb.Scope(
        purposes=scope.purposes, categories=scope.categories, channels=scope.channels, recipients=scope.recipients
    )


def _to_traits(traits: Traits) -> pb.Traits:
    return pb.Traits(
        digital_consent_at=to_optional_timestamp(traits.digital_consent_at),
        of_age_at=to_optional_timestamp(traits.of_age_at),
        jurisdiction=traits.jurisdiction,
    )
