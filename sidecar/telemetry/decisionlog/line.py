"""What a line of the decision log says; docs/schemas/decision.schema.json is generated from this module."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.json import Decoder, Encoder

from sidecar.model.vocabulary import Action, AgeBand, Basis, ConsentState, Effect, Mask, Reason

AttributeJson = bool | int | str | tuple[str, ...] | None
"""An attribute as JSON has it: a set is a sorted array; ``null`` is one that was sent without a value."""

Digest = Annotated[str, Meta(pattern="^([0-9a-f]{16})?$", description="A digest in hexadecimal; empty: of nothing.")]


class Call(StrEnum):
    """What was called."""

    CHECK = "check"
    EXPLAIN = "explain"


class FactsJson(Struct, frozen=True, kw_only=True):
    """All that the policies saw of the person."""

    consent: ConsentState
    explicit: bool
    by_guardian: bool
    objected: bool
    restricted: bool
    erased: bool
    age: AgeBand
    basis: Basis


class FootingJson(Struct, frozen=True, kw_only=True):
    """What of the catalog the facts stand on: they hold under every catalog in which this is the same."""

    categories: Annotated[tuple[str, ...], Meta(description="Data categories of the field, sorted.")]
    channel: Annotated[str | None, Meta(description="The channel for which consent was weighed; null: any.")]
    purpose: Annotated[Digest, Meta(description="Of the purpose's bases and of what it survives.")]
    marketing: Annotated[Digest, Meta(description="Of what an objection to direct marketing reaches.")]
    notices: Annotated[Digest, Meta(description="Of the versions of notices that were superseded then.")]
    renames: Annotated[Digest, Meta(description="Of the renames by which records say something about the question.")]


class Line(Struct, frozen=True, kw_only=True):
    """One decision: what one field of a request was answered. Every key is always there."""

    id: Annotated[str, Meta(description="Decision id of the answer, a dot, the field's index: no other line has it.")]
    time: Annotated[datetime, Meta(tz=True, description="The instant decided for, RFC 3339.")]
    call: Annotated[Call, Meta(description="A question to act upon, or an operator's.")]
    caller: Annotated[str | None, Meta(description="Service its listener counts the caller as; null: its own word.")]
    service: Annotated[str, Meta(description="Who wants the data; a name as the caller sent it.")]
    action: Action
    field: Annotated[str, Meta(description="What is wanted; a name as the caller sent it.")]
    purpose: Annotated[str, Meta(description="What for; a name as the caller sent it.")]
    channel: Annotated[str | None, Meta(description="The channel that was named; null: none.")]
    recipient: Annotated[str | None, Meta(description="With whom to share; null: not a sharing.")]
    attributes: Annotated[
        Mapping[str, AttributeJson], Meta(description="The caller's attributes whose values policies observe, by name.")
    ]
    withheld: Annotated[Mapping[str, str], Meta(description="Names of the caller's other attributes, and their types.")]
    facts: Annotated[FactsJson | None, Meta(description="Null if the question did not get as far as the policies.")]
    footing: Annotated[FootingJson | None, Meta(description="Null exactly if the facts are.")]
    effect: Effect
    reason: Reason
    determining: Annotated[tuple[str, ...], Meta(description="Ids of the policies that decided, sorted.")]
    mask: Annotated[Mask | None, Meta(description="How the field must be masked before use.")]
    unknown_name: Annotated[str, Meta(description="Which name was unknown, with the UNKNOWN_ reasons; else empty.")]
    policy_revision: Annotated[str, Meta(description="The bundle decided under.")]
    consent_revision: Annotated[str, Meta(description="What the view of consent had reached.")]
    consent_age_ms: Annotated[int, Meta(ge=0, description="How old that view may have been, in milliseconds.")]
    latency_us: Annotated[
        int, Meta(ge=0, description="Microseconds that the whole answer took, waiting for a revision included.")
    ]
    pseudonym: Annotated[
        str, Meta(pattern="^[0-9a-f]{32}$", description="Of the subject: a hash under the key in the data folder.")
    ]
    co_subjects: Annotated[int, Meta(ge=0, description="How many other people the question was about too.")] = 0
    others: Annotated[
        tuple[FactsJson, ...],
        Meta(description="What the policies saw of those people, sorted: which is whose is not told."),
    ] = ()
    held: Annotated[bool, Meta(description="Whether it is denied because it is held for everyone.")] = False
    by_others: Annotated[bool, Meta(description="Whether the subject allows it, and some of those people do not.")] = (
        False
    )


_ENCODER: Final = Encoder()
_DECODER: Final = Decoder(Line)


def encode(line: Line) -> bytes:
    """*line* as JSON, without a line break."""
    return _ENCODER.encode(line)


def decode(text: bytes) -> Line:
    """The line that *text* is; keys that this version does not know are ignored.

    Raises ``msgspec.DecodeError`` if it is none.
    """
    return _DECODER.decode(text)
