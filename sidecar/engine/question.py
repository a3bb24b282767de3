"""From a request to questions: is everything that it names known, complete and declared?"""

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.model.catalog import Catalog, Purpose, Service
from sidecar.model.decision import TYPE_NAMES, AttributeValue, FieldResult, Question, Request
from sidecar.model.vocabulary import FIRST_PARTY, PRECEDENCE, THIRD_PARTY, Action, Channel, Effect, Reason


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Why a request cannot be put to the policies."""

    reason: Reason
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Common:
    """What all questions of a request share."""

    service: Service
    purpose: Purpose
    channel: Channel | None
    recipient: str
    attributes: tuple[tuple[str, str, AttributeValue], ...]


def questions(request: Request, catalog: Catalog) -> tuple[Question | FieldResult, ...]:
    """For each field of *request*, in order, the question to decide, or the deny that it gets without one.

    Of several things wrong the first in order of precedence is told.
    """
    common = _common(request, catalog)
    return tuple(_question(request, field, common, catalog) for field in request.fields)


def _question(request: Request, field: str, common: _Common | _Unfit, catalog: Catalog) -> Question | FieldResult:
    if field not in catalog.fields:
        return _deny(field, _first(common, _Unfit(Reason.UNKNOWN_FIELD, field)))
    if isinstance(common, _Unfit):
        return _deny(field, common)
    if not common.service.declares(request.action, field, request.purpose, common.recipient):
        return _deny(field, _Unfit(Reason.NOT_DECLARED))
    return Question(
        service=request.service,
        action=request.action,
        field=field,
        purpose=request.purpose,
        channel=common.channel,
        recipient=common.recipient,
        attributes=common.attributes,
    )


def _first(*parts: object) -> _Unfit:
    """Of the parts that are unfit (at least one) the first in order of precedence."""
    return min((part for part in parts if isinstance(part, _Unfit)), key=lambda unfit: PRECEDENCE[unfit.reason])


def _deny(field: str, unfit: _Unfit) -> FieldResult:
    return FieldResult(field=field, effect=Effect.DENY, reason=unfit.reason, unknown_name=unfit.name)


def _common(request: Request, catalog: Catalog) -> _Common | _Unfit:
    service = catalog.services.get(request.service)
    if service is None:
        return _Unfit(Reason.UNKNOWN_SERVICE, request.service)
    purpose = catalog.purposes.get(request.purpose)
    if purpose is None:
        return _Unfit(Reason.UNKNOWN_PURPOSE, request.purpose)
    recipient = _recipient(request, catalog)
    channel = _channel(request.channel, purpose)
    attributes = _attributes(request.attributes, catalog.attributes)
    if isinstance(recipient, _Unfit) or isinstance(channel, _Unfit) or isinstance(attributes, _Unfit):
        return _first(recipient, channel, attributes)
    return _Common(service, purpose, channel, recipient, attributes)


def _recipient(request: Request, catalog: Catalog) -> str | _Unfit:
    if request.action is not Action.SHARE:
        return FIRST_PARTY
    recipient = request.recipient or ""
    if recipient == THIRD_PARTY or recipient not in catalog.recipients:
        return _Unfit(Reason.UNKNOWN_RECIPIENT, recipient)  # third parties are named one by one
    return recipient


def _channel(asked: str | None, purpose: Purpose) -> Channel | _Unfit | None:
    """A purpose with one channel fills it in; saying less must never get a better answer."""
    if asked is not None:
        declared = next((channel for channel in purpose.channels if channel == asked), None)
        return declared or _Unfit(Reason.UNKNOWN_CHANNEL, asked)
    if len(purpose.channels) > 1:
        return _Unfit(Reason.CHANNEL_REQUIRED)
    return purpose.channels[0] if purpose.channels else None


def _attributes(
    sent: Mapping[str, AttributeValue | None], declared: Mapping[str, str]
) -> tuple[tuple[str, str, AttributeValue], ...] | _Unfit:
    typed: list[tuple[str, str, AttributeValue]] = []
    for name, value in sorted(sent.items()):
        if value is None or TYPE_NAMES.get(type(value)) != declared.get(name):
            return _Unfit(Reason.UNKNOWN_ATTRIBUTE, name)
        typed.append((name, declared[name], value))
    return tuple(typed)
