"""Events as JSON: payloads of the log, lines of an import, steps of a case.

One object; exactly one of the keys ``submission``, ``restriction``, ``lifting``, ``traits``, ``erasure``, ``link`` and
``shared`` says what happened; unknown keys are errors; what has its default value is left out. The same event always
has the same bytes. A line of an import names a linked id, the log its pseudonym; ``shared`` is the log's alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from json import JSONDecoder
from typing import Annotated, Final, TypeVar

from msgspec import UNSET, DecodeError, Meta, Struct, UnsetType, ValidationError, json

from sidecar.consent.limits import check_instant
from sidecar.errors import RequestError
from sidecar.model.event import (
    Act,
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    LinkTo,
    No,
    NoticeRef,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.instant import Instant, from_datetime, to_datetime
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import ANY, Actor, ChoiceKind, NoKind

DIGEST_BYTES: Final = 16

_Moment = Annotated[datetime, Meta(tz=True)] | UnsetType
_NoticeText = Annotated[str, Meta(pattern=r"^.+@[1-9][0-9]{0,8}\Z")] | UnsetType


class _Part(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What every object of the format has in common."""


class _Scope(_Part):
    purposes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


class _Scoped(_Part):
    scope: _Scope


class _Choice(_Part):
    kind: ChoiceKind
    scope: _Scope
    explicit: bool = False
    expires_at: _Moment = UNSET
    notice: _NoticeText = UNSET


class _Submission(_Part):
    choices: tuple[_Choice, ...]
    form: str = ""


class _Traits(_Part):
    digital_consent_at: _Moment = UNSET
    of_age_at: _Moment = UNSET
    jurisdiction: str | UnsetType = UNSET


class _Erasure(_Part):
    categories: tuple[str, ...] = ()


class _LinkTo(_Part):
    other_subject: str


class _Link(_Part):
    other: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    era: _Moment = UNSET


class _No(_Part):
    kind: NoKind
    purpose: str = ANY
    category: str = ANY
    channel: str = ANY
    recipient: str = ANY


class _Shared(_Part):
    noes: tuple[_No, ...]


class _Said(_Part):
    id: str
    occurred_at: _Moment = UNSET
    actor: Actor = Actor.SUBJECT
    method: str = ""
    language: str = ""
    note: str = ""
    submission: _Submission | UnsetType = UNSET
    restriction: _Scoped | UnsetType = UNSET
    lifting: _Scoped | UnsetType = UNSET
    traits: _Traits | UnsetType = UNSET
    erasure: _Erasure | UnsetType = UNSET


class _Event(_Said):
    link: _Link | UnsetType = UNSET
    shared: _Shared | UnsetType = UNSET


class _Line(_Said, kw_only=True):
    subject: str
    link: _LinkTo | UnsetType = UNSET


_encode: Final = json.Encoder().encode
_event_decoder: Final = json.Decoder(_Event)
_line_decoder: Final = json.Decoder(_Line)
_Shape = TypeVar("_Shape", _Event, _Line)


def event_to_json(event: Event) -> bytes:
    """*event*, as recorded, as one line of JSON, without its subject; ``TypeError`` for one that names another id."""
    if isinstance(event.act, LinkTo):
        raise TypeError("a log never names the id of a link")
    return _encode(_Event(**_fields_of(event)))  # type: ignore[arg-type] # built per act


def event_from_json(text: bytes | str) -> Event:
    """The event that *text* says; raises ``RequestError`` naming a path below ``event``."""
    return _event(_decoded(_event_decoder, text))


def line_to_json(subject: str, event: Event) -> bytes:
    """One line of an import file, without a line break; ``TypeError`` for what only a log has."""
    if isinstance(event.act, Link | Shared):
        raise TypeError("only a log has this event")
    return _encode(_Line(subject=subject, **_fields_of(event)))  # type: ignore[arg-type] # built per act


def line_from_json(text: bytes | str) -> tuple[str, Event]:
    """The subject and the event of one line of an import file; raises ``RequestError`` naming a path.

    A key that is repeated in an object is an error: other programs may read the other value.
    """
    line = _decoded(_line_decoder, text)
    _unambiguous.decode(text if isinstance(text, str) else text.decode())
    return line.subject, _event(line)


def digest(event: Event) -> bytes:
    """What tells two events with the same id apart: 16 bytes, equal exactly for equal events, as they were sent.

    Of a form that was sent off it is the form that counts, not what it changed; of a link not whether the other was
    erased before.
    """
    if isinstance(event.act, Submission) and event.act.form:
        event = replace(event, act=replace(event.act, choices=()))
    if isinstance(event.act, Link):
        event = replace(event, act=Link(other=event.act.other))
    return blake2b(event_to_json(event), digest_size=DIGEST_BYTES).digest()


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    for number, (key, _) in enumerate(pairs):
        if key in dict(pairs[:number]):
            raise RequestError("event", f"has `{key}` twice in one object")


_unambiguous: Final = JSONDecoder(object_pairs_hook=_refuse_repeated)


def _decoded(decoder: json.Decoder[_Shape], text: bytes | str) -> _Shape:
    try:
        return decoder.decode(text)
    except ValidationError as error:
        detail, _, place = str(error).partition(" - at `$")
        path = place.rstrip("`")
        field = "subject" if path == ".subject" else f"event{path}"
        raise RequestError(field, _printable(detail[:1].lower() + detail[1:])) from error
    except (DecodeError, UnicodeDecodeError) as error:
        raise RequestError("event", f"not JSON: {_printable(str(error))}") from error


def _printable(detail: str) -> str:
    """*detail*, which may repeat input, fit for a terminal."""
    return "".join(character if character.isprintable() else "?" for character in detail[:200])


def _event(shape: _Event | _Line) -> Event:
    return Event(
        id=shape.id,
        act=_act(shape),
        occurred_at=_instant(shape.occurred_at, "event.occurred_at"),
        actor=shape.actor,
        method=shape.method,
        language=shape.language,
        note=shape.note,
    )


def _act(shape: _Event | _Line) -> Act:
    acts: list[Act] = []
    if shape.submission is not UNSET:
        numbered = enumerate(shape.submission.choices)
        choices = tuple(_choice(choice, f"event.submission.choices[{index}]") for index, choice in numbered)
        acts.append(Submission(choices=choices, form=shape.submission.form))
    if shape.restriction is not UNSET:
        acts.append(Restriction(scope=_scope(shape.restriction.scope)))
    if shape.lifting is not UNSET:
        acts.append(Lifting(scope=_scope(shape.lifting.scope)))
    if shape.traits is not UNSET:
        traits = shape.traits
        acts.append(
            Traits(
                digital_consent_at=_instant(traits.digital_consent_at, "event.traits.digital_consent_at"),
                of_age_at=_instant(traits.of_age_at, "event.traits.of_age_at"),
                jurisdiction=None if traits.jurisdiction is UNSET else traits.jurisdiction,
            )
        )
    if shape.erasure is not UNSET:
        acts.append(Erasure(categories=shape.erasure.categories))
    acts.extend(_linking(shape))
    if len(acts) != 1:
        raise RequestError(
            "event",
            f"has {len(acts)} of `submission`, `restriction`, `lifting`, `traits`, `erasure`, `link`; needs just one",
        )
    return acts[0]


def _linking(shape: _Event | _Line) -> Iterator[Act]:
    if isinstance(shape, _Line):
        if shape.link is not UNSET:
            yield LinkTo(other_subject=shape.link.other_subject)
        return
    if shape.link is not UNSET:
        yield Link(other=bytes.fromhex(shape.link.other), era=_instant(shape.link.era, "event.link.era") or 0)
    if shape.shared is not UNSET:
        yield Shared(
            noes=tuple(
                No(kind=no.kind, atom=Atom(no.purpose, no.category, no.channel, no.recipient))
                for no in shape.shared.noes
            )
        )


def _choice(shape: _Choice, path: str) -> Choice:
    notice = None
    if shape.notice is not UNSET:
        key, _, version = shape.notice.rpartition("@")
        notice = NoticeRef(key=key, version=int(version))
    return Choice(
        kind=shape.kind,
        scope=_scope(shape.scope),
        explicit=shape.explicit,
        expires_at=_instant(shape.expires_at, f"{path}.expires_at"),
        notice=notice,
    )


def _scope(shape: _Scope) -> Scope:
    return Scope(
        purposes=shape.purposes, categories=shape.categories, channels=shape.channels, recipients=shape.recipients
    )


def _instant(moment: datetime | UnsetType, field: str) -> Instant | None:
    if moment is UNSET:
        return None
    instant = from_datetime(moment)
    check_instant(field, instant)  # a time zone may reach past either end
    return instant


def _fields_of(event: Event) -> Mapping[str, object]:
    fields: dict[str, object] = {
        "id": event.id,
        "occurred_at": _moment(event.occurred_at),
        "actor": event.actor,
        "method": event.method,
        "language": event.language,
        "note": event.note,
    }
    match event.act:
        case Submission(choices=choices, form=form):
            fields["submission"] = _Submission(choices=tuple(map(_choice_shape, choices)), form=form)
        case Restriction(scope=scope):
            fields["restriction"] = _Scoped(scope=_scope_shape(scope))
        case Lifting(scope=scope):
            fields["lifting"] = _Scoped(scope=_scope_shape(scope))
        case Traits() as traits:
            fields["traits"] = _Traits(
                digital_consent_at=_moment(traits.digital_consent_at),
                of_age_at=_moment(traits.of_age_at),
                jurisdiction=UNSET if traits.jurisdiction is None else traits.jurisdiction,
            )
        case Erasure(categories=categories):
            fields["erasure"] = _Erasure(categories=categories)
        case LinkTo(other_subject=other_subject):
            fields["link"] = _LinkTo(other_subject=other_subject)
        case Link(other=other, era=era):
            fields["link"] = _Link(other=other.hex(), era=_moment(era or None))
        case shared:
            fields["shared"] = _Shared(noes=tuple(_No(no.kind, *no.atom) for no in shared.noes))
    return fields


def _choice_shape(choice: Choice) -> _Choice:
    return _Choice(
        kind=choice.kind,
        scope=_scope_shape(choice.scope),
        explicit=choice.explicit,
        expires_at=_moment(choice.expires_at),
        notice=UNSET if choice.notice is None else str(choice.notice),
    )


def _scope_shape(scope: Scope) -> _Scope:
    return _Scope(scope.purposes, scope.categories, scope.channels, scope.recipients)


def _moment(instant: Instant | None) -> datetime | UnsetType:
    return UNSET if instant is None else to_datetime(instant)
