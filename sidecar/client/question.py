"""Questions as callers put them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sidecar.api.v1 import authorization_pb2, model_pb2

AttributeValue = bool | int | str | Collection[str]
"""A value whose type the bundle's schema declares: Bool, Long, String or Set<String>."""

_ACTIONS: Final = {
    "collect": model_pb2.ACTION_COLLECT,
    "use": model_pb2.ACTION_USE,
    "share": model_pb2.ACTION_SHARE,
    "retain": model_pb2.ACTION_RETAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May *service* do *action* with *fields* of *subject* for *purpose*?"""

    fields: str | Collection[str]  # one or up to 64
    subject: str
    co_subjects: str | Collection[str] = ()  # up to 7: everyone else who is in the same data; all must allow it
    purpose: str
    service: str = ""  # empty: the service that the listener is pinned to
    action: str = "use"  # collect, use, share or retain
    channel: str = ""  # may stay empty where the purpose has one or none
    recipient: str = ""  # with share, and only there
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    at_least_as_fresh: str = ""  # a consent revision that the answer must have seen

    @property
    def field_keys(self) -> tuple[str, ...]:
        """The fields asked about, in order; raises ``TypeError`` if they are none."""
        if isinstance(self.fields, str):
            return (self.fields,)
        if not isinstance(self.fields, Iterable):
            raise TypeError(f"`fields` is a str or a collection of str, not a {type(self.fields).__name__}")
        return tuple(self.fields)

    @property
    def co_subject_ids(self) -> tuple[str, ...]:
        """The co-subjects, in order."""
        return (self.co_subjects,) if isinstance(self.co_subjects, str) else tuple(self.co_subjects)


def to_request(question: Question) -> authorization_pb2.CheckRequest:
    """*question* as the protocol has it; raises ``ValueError`` or ``TypeError`` for what the protocol cannot hold."""
    request = authorization_pb2.CheckRequest(
        service=question.service,
        action=action_of(question.action),
        subject=question.subject,
        fields=question.field_keys,
        purpose=question.purpose,
    )
    # Most have nothing of these, and to say so takes as long as all of the above.
    if question.co_subjects:
        request.co_subjects.extend(question.co_subject_ids)
    if question.channel:
        request.channel = question.channel
    if question.recipient:
        request.recipient = question.recipient
    if question.attributes:
        for name, value in mapped(question.attributes).items():
            request.attributes[name].CopyFrom(attribute_of(value))
    if question.at_least_as_fresh:
        request.at_least_as_fresh = question.at_least_as_fresh
    return request


def to_batch(requests: Iterable[bytes]) -> bytes:
    """Serialized *requests* as one ``CheckBatchRequest``, serialized; their places are the correlation ids."""
    return b"".join([_ITEMS + _sized(to_item(place, request)) for place, request in enumerate(requests)])


def to_item(place: int, request: bytes) -> bytes:
    """A serialized *request* as a ``CheckBatchItem`` or ``CheckStreamRequest``, serialized: the same bytes."""
    return _CORRELATION_ID + _sized(str(place).encode()) + _REQUEST + _sized(request)


def _sized(part: bytes) -> bytes:
    """*part* behind its size, as https://protobuf.dev/programming-guides/encoding/ has it."""
    size, groups = len(part), bytearray()
    while size > 0x7F:
        groups.append(size & 0x7F | 0x80)
        size >>= 7
    groups.append(size)
    return bytes(groups) + part


def _tag(field: int) -> bytes:
    return bytes((field << 3 | 2,))


_ITEMS: Final = _tag(authorization_pb2.CheckBatchRequest.ITEMS_FIELD_NUMBER)
_CORRELATION_ID: Final = _tag(authorization_pb2.CheckBatchItem.CORRELATION_ID_FIELD_NUMBER)
_REQUEST: Final = _tag(authorization_pb2.CheckBatchItem.REQUEST_FIELD_NUMBER)


def action_of(name: str) -> model_pb2.Action:
    """The action called *name*; raises ``ValueError`` if there is none."""
    if name not in _ACTIONS:
        raise ValueError(f"`{name}` is no action; use {', '.join(_ACTIONS)}")
    return _ACTIONS[name]


def mapped(attributes: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
    """*attributes*; raises ``TypeError`` if they are no mapping."""
    if not isinstance(attributes, Mapping):
        raise TypeError(f"`attributes` is a mapping from names to values, not a {type(attributes).__name__}")
    return attributes


def attribute_of(value: AttributeValue) -> model_pb2.AttributeValue:
    """*value* as the protocol has it; raises ``ValueError`` or ``TypeError`` for what that cannot hold."""
    if isinstance(value, bool):  # before int: True is one
        return model_pb2.AttributeValue(bool_value=value)
    if isinstance(value, int):
        return model_pb2.AttributeValue(int_value=value)
    if isinstance(value, str):
        return model_pb2.AttributeValue(string_value=value)
    if not isinstance(value, Iterable):
        raise TypeError(f"an attribute is a bool, an int, a str or a collection of str, not a {type(value).__name__}")
    return model_pb2.AttributeValue(strings_value=model_pb2.StringList(values=list(value)))
