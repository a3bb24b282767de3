"""Questions, from the protocol."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.config import Limits
from sidecar.consent.limits import MAX_SUBJECT_BYTES
from sidecar.consent.revision import Revision
from sidecar.errors import RequestError
from sidecar.model.decision import MAX_CO_SUBJECTS, AttributeValue, Request
from sidecar.model.vocabulary import Action
from sidecar.transport.convert.text import check_count, check_text

MAX_LIST: Final = 64
"""Strings in an attribute that is a list."""

_ACTIONS: Final[dict[int, Action]] = {
    model_pb2.ACTION_UNSPECIFIED: Action.USE,
    model_pb2.ACTION_COLLECT: Action.COLLECT,
    model_pb2.ACTION_USE: Action.USE,
    model_pb2.ACTION_SHARE: Action.SHARE,
    model_pb2.ACTION_RETAIN: Action.RETAIN,
}


class QuestionReader:
    """Reads questions under *limits*."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, message: pb.CheckRequest, who: Callable[[str], str]) -> Request:
        """The question that *message* asks, as the service that *who* makes of the named one.

        Raises ``RequestError`` naming the field that is wrong, what *who* raises.
        """
        subject = check_text(message.subject, "subject", most=MAX_SUBJECT_BYTES)
        return self._read(message, who, subject, _co_subjects(message) if message.co_subjects else ())

    def read_for_many(self, message: pb.FilterSubjectsRequest, who: Callable[[str], str]) -> Request:
        """The question that *message* asks about each of its subjects, who are not looked at; else like ``read``."""
        return self._read(message, who, "", ())

    def _read(
        self,
        message: pb.CheckRequest | pb.FilterSubjectsRequest,
        who: Callable[[str], str],
        subject: str,
        co_subjects: tuple[str, ...],
    ) -> Request:
        most = self._limits.string_bytes
        action = _ACTIONS.get(message.action)
        if action is None:
            raise RequestError("action", f"unknown value {message.action}")
        if (action is Action.SHARE) is not bool(message.recipient):
            raise RequestError(
                "recipient", "empty, and sharing needs one" if action is Action.SHARE else "only sharing has one"
            )
        named = check_text(message.service, "service", most=most, least=0)
        return Request(
            subject=subject,
            co_subjects=co_subjects,
            fields=self._fields(message.fields),
            purpose=check_text(message.purpose, "purpose", most=most),
            channel=check_text(message.channel, "channel", most=most) if message.channel else None,
            recipient=check_text(message.recipient, "recipient", most=most) if message.recipient else None,
            attributes=self._attributes(message.attributes) if message.attributes else {},
            at_least_as_fresh=_token(message.at_least_as_fresh),
            action=action,
            service=who(named),  # last: who may ask is looked at once the rest is well-formed
        )

    def _fields(self, sent: Iterable[str]) -> tuple[str, ...]:
        fields = tuple(sent)
        check_count(len(fields), "fields", least=1, most=self._limits.fields)
        for index, field in enumerate(fields):
            check_text(field, f"fields[{index}]", most=self._limits.string_bytes)
        if len(set(fields)) < len(fields):
            index = next(index for index, field in enumerate(fields) if field in fields[:index])
            raise RequestError(f"fields[{index}]", f"`{fields[index]}` is there twice")
        return fields

    def _attributes(self, sent: Mapping[str, model_pb2.AttributeValue]) -> dict[str, AttributeValue | None]:
        check_count(len(sent), "attributes", most=self._limits.attributes)
        return {
            check_text(name, "attributes", most=self._limits.string_bytes): self._attribute(
                value, f"attributes[{name}]"
            )
            for name, value in sent.items()
        }

    def _attribute(self, message: model_pb2.AttributeValue, field: str) -> AttributeValue | None:
        match message.WhichOneof("value"):
            case "bool_value":
                return message.bool_value
            case "int_value":
                return message.int_value
            case "string_value":
                return check_text(message.string_value, field, most=self._limits.string_bytes, least=0)
            case "strings_value":
                values = message.strings_value.values
                check_count(len(values), field, most=MAX_LIST)
                return frozenset(
                    check_text(value, f"{field}[{index}]", most=self._limits.string_bytes, least=0)
                    for index, value in enumerate(values)
                )
            case _:
                return None


def _co_subjects(message: pb.CheckRequest) -> tuple[str, ...]:
    """Each once, and not the subject again: who is named twice is no second person."""
    check_count(len(message.co_subjects), "co_subjects", most=MAX_CO_SUBJECTS)
    named = [
        check_text(named, f"co_subjects[{index}]", most=MAX_SUBJECT_BYTES)
        for index, named in enumerate(message.co_subjects)
    ]
    return tuple(dict.fromkeys(one for one in named if one != message.subject))


def _token(sent: str) -> str:
    """*sent* if it is a consent revision, or empty."""
    if sent:
        Revision.parse(sent)
    return sent
