"""Of many people, those whose data may all be used: the question, the answer, and the call between."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import grpc
import grpc.aio

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.client.answer import REASONS, MalformedError, expect, failure_of, instant, parse
from sidecar.client.decision import Failure
from sidecar.client.question import AttributeValue, action_of, attribute_of, mapped

FILTER_SUBJECTS: Final = "/sidecar.api.v1.AuthorizationService/FilterSubjects"

FILTER_SECONDS: Final = 10.0
"""How long a call waits for its answer unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceQuestion:
    """Of which of *subjects* may *service* do *action* with all *fields* for *purpose*?"""

    subjects: Iterable[str]  # 1 to 10,000; who is named twice counts once
    fields: str | Collection[str]  # one or up to 64, of which all are wanted
    purpose: str
    service: str = ""  # empty: the service that the listener is pinned to
    action: str = "use"  # collect, use, share or retain
    channel: str = ""  # may stay empty where the purpose has one or none
    recipient: str = ""  # with share, and only there
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    at_least_as_fresh: str = ""  # a consent revision that the answer must have seen
    masks: str | Collection[str] = ()  # that the caller applies where a field has one; who needs another is left out

    @property
    def field_keys(self) -> tuple[str, ...]:
        """The fields asked about, in order."""
        return (self.fields,) if isinstance(self.fields, str) else tuple(self.fields)

    @property
    def mask_names(self) -> tuple[str, ...]:
        """The masks that the caller applies."""
        return (self.masks,) if isinstance(self.masks, str) else tuple(self.masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """People whose fields may be used once those in *masks* are masked so."""

    masks: Mapping[str, str]  # field to mask; never empty
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obliged:
    """How many people were left out only because the caller does not mask in that way."""

    masks: Mapping[str, str]  # field to mask; never empty
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Those who may be used, in the order asked; nobody if anything went wrong."""

    subjects: tuple[str, ...] = ()  # as they are
    masked: tuple[Masked, ...] = ()  # only with *masks* in the question
    denied: Mapping[str, int] = field(default_factory=dict)  # how many were left out, by reason
    obliged: tuple[Obliged, ...] = ()
    unknown_name: str = ""  # which name was unknown, with the UNKNOWN_ reasons
    held: bool = False  # some were left out because it is held for everyone
    policy_revision: str = ""
    consent_revision: str = ""
    consent_age_ms: int = 0
    clock_changes_at: datetime | None = None  # aware, UTC
    cache_for_ms: int = 0  # 0: not at all
    decision_id: str = ""
    failure: Failure | None = None  # set: there is no answer, and nobody may be used
    detail: str = ""  # what went wrong, with *failure*


class FilterFailedError(Exception):
    """There is no answer, and the caller asked for an exception; *audience* is the empty one it would have got."""

    def __init__(self, audience: Audience) -> None:
        super().__init__(f"{audience.failure}: {audience.detail}")
        self.audience = audience


class FilterExchange:
    """One call about many people, seen without I/O; used like ``Exchange``."""

    def __init__(self, question: AudienceQuestion) -> None:
        self._question = question
        self.request: bytes | None = None
        self._detail = ""
        try:
            self._question = replace(question, subjects=_listed(question))
            self.request = to_request(self._question).SerializeToString()
        except (TypeError, ValueError) as error:
            self._detail = str(error)

    def unsent(self) -> Audience:
        """The audience without a call."""
        return Audience(failure=Failure.INVALID_QUESTION, detail=self._detail)

    def answered(self, data: bytes) -> Audience:
        """The audience that *data* has; never raises."""
        try:
            return from_response(self._question, parse(pb.FilterSubjectsResponse(), data))
        except MalformedError as error:
            return _malformed(error)

    def failed(self, error: Exception) -> Audience:
        """The audience when the call ended with *error*; never raises."""
        if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
            return Audience(failure=Failure.UNREACHABLE, detail=str(error))
        failure, detail = failure_of(error.code(), error.details())
        return Audience(failure=failure, detail=detail)


def settled(audience: Audience, *, raise_on_error: bool) -> Audience:
    """*audience*, or ``FilterFailedError`` if there is no answer and the caller asked for exceptions."""
    if raise_on_error and audience.failure is not None:
        raise FilterFailedError(audience)
    return audience


def _listed(question: AudienceQuestion) -> tuple[str, ...]:
    if not isinstance(question, AudienceQuestion):
        raise TypeError(f"what is asked is an `AudienceQuestion`, not of type {type(question).__name__}")
    if isinstance(question.subjects, str):
        raise TypeError("`subjects` is one text; give a list of ids")  # else each letter would be one
    return tuple(question.subjects)


def to_request(question: AudienceQuestion) -> pb.FilterSubjectsRequest:
    """*question* as the protocol has it; raises ``ValueError`` or ``TypeError`` for what the protocol cannot hold."""
    return pb.FilterSubjectsRequest(
        service=question.service,
        action=action_of(question.action),
        subjects=question.subjects,
        fields=question.field_keys,
        purpose=question.purpose,
        channel=question.channel,
        recipient=question.recipient,
        attributes={name: attribute_of(value) for name, value in mapped(question.attributes).items()},
        at_least_as_fresh=question.at_least_as_fresh,
        able=[model_pb2.Obligation(name="mask", value=mask) for mask in question.mask_names],
    )


def from_response(question: AudienceQuestion, response: pb.FilterSubjectsResponse) -> Audience:
    """The audience that *response* has for *question*, whose subjects are a tuple. Never raises."""
    try:
        return _from_response(question, tuple(question.subjects), response)
    except MalformedError as error:
        return _malformed(error)


def _malformed(error: MalformedError) -> Audience:
    return Audience(failure=Failure.MALFORMED_ANSWER, detail=str(error))


def _from_response(
    question: AudienceQuestion, subjects: Sequence[str], response: pb.FilterSubjectsResponse
) -> Audience:
    used: set[str] = set()
    usable: tuple[str, ...] = ()
    masked: list[Masked] = []
    for group in response.audiences:
        expect(min(group.places, default=-1) >= 0, "a place is nobody's")
        expect(max(group.places) < len(subjects), "a place is nobody's")
        people = tuple([subjects[place] for place in group.places])
        expect(used.isdisjoint(people) and len(set(people)) == len(people), "somebody is there twice")
        used.update(people)
        masks = _masks(question, group.obligations)
        if masks:
            expect(set(masks.values()) <= set(question.mask_names), "there are masks that nobody asked for")
            masked.append(Masked(masks=masks, subjects=people))
        else:
            expect(not usable, "two audiences have no obligations")
            usable = people
    denied = _denied(response)
    obliged = tuple(Obliged(masks=_masks(question, one.obligations), count=one.subjects) for one in response.obliged)
    expect(all(one.masks and one.count > 0 for one in obliged), "there is nothing that the obliged must do")
    total = len(used) + sum(denied.values()) + sum(one.count for one in obliged)
    expect(total == len(set(subjects)), "it is not about those who were asked about")
    return Audience(
        subjects=usable,
        masked=tuple(masked),
        denied=denied,
        obliged=obliged,
        unknown_name=next((one.unknown_name for one in response.denied if one.unknown_name), ""),
        held=any(one.held for one in response.denied),
        policy_revision=response.policy_revision,
        consent_revision=response.consent_revision,
        consent_age_ms=response.consent_age_ms,
        clock_changes_at=instant(response, "clock_changes_at", response.clock_changes_at),
        cache_for_ms=response.cache_for_ms,
        decision_id=response.decision_id,
    )


def _denied(response: pb.FilterSubjectsResponse) -> dict[str, int]:
    denied: dict[str, int] = {}
    for one in response.denied:
        reason = one.reason
        known = reason in REASONS and reason != model_pb2.REASON_ALLOWED and one.subjects > 0
        expect(known, f"reason {int(reason)} is none for {one.subjects} to be left out")
        denied[REASONS[reason]] = denied.get(REASONS[reason], 0) + one.subjects
    return denied


def _masks(question: AudienceQuestion, obligations: Sequence[pb.FieldObligation]) -> dict[str, str]:
    masks = {one.field: one.obligation.value for one in obligations}
    expect(len(masks) == len(obligations) and set(masks) <= set(question.field_keys), "a field was not asked for")
    expect(all(one.obligation.name == "mask" for one in obligations), "an obligation is unknown to this client")
    return masks
