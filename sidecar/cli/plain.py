"""Messages of the protocol as JSON prints them: every field, names as in the protocol, instants as RFC 3339."""

from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.model import instant


def to_plain(message: Message) -> dict[str, object]:
    """*message* as dictionaries, lists and scalars.

    Absent messages are ``None``; enumerations are their names in lower case, without their prefix; of a oneof only the
    member that is set appears.
    """
    return {
        field.name: _value(message, field)
        for field in message.DESCRIPTOR.fields
        if field.containing_oneof is None or message.HasField(field.name)
    }


def show_timestamp(timestamp: Timestamp) -> str:
    """*timestamp* as RFC 3339, in UTC."""
    return instant.show(timestamp.seconds * instant.SECOND + timestamp.nanos // 1_000)


def show_duration(milliseconds: int) -> str:
    """*milliseconds* in one or two units that people use: ``12 ms``, ``45 s``, ``2 min 34 s``, ``3 h 5 min``."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    seconds = milliseconds // 1_000
    for name, size, below, unit in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole} {name} {rest // unit} {below}" if rest // unit else f"{whole} {name}"
    return f"{seconds} s"


def _value(message: Message, field: Any) -> object:  # noqa: ANN401 - the descriptor of either implementation
    value = getattr(message, field.name)
    if field.is_repeated:
        return [_single(item, field) for item in value]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _single(value, field)


def _single(value: object, field: Any) -> object:  # noqa: ANN401
    if isinstance(value, Timestamp):
        return show_timestamp(value)
    if isinstance(value, Message):
        return to_plain(value)
    if field.enum_type is not None and isinstance(value, int):
        known = field.enum_type.values_by_number.get(value)
        return known.name.removeprefix(_prefix(field.enum_type.name)).lower() if known else value
    return value


def _prefix(enum_name: str) -> str:
    """``ChoiceKind`` names its members ``CHOICE_KIND_...``."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in enum_name)
    return words.lstrip("_").upper() + "_"
