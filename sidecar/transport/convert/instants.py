"""Timestamps of the protocol to instants and back."""

from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.errors import RequestError
from sidecar.model.instant import LAST, SECOND, Instant

_FIRST: Final = -62_135_596_800 * SECOND  # 0001-01-01, the first that timestamps of the protocol can hold


def to_timestamp(instant: Instant) -> Timestamp:
    """*instant* as a message."""
    return Timestamp(seconds=instant // SECOND, nanos=instant % SECOND * 1_000)


def to_optional_timestamp(instant: Instant | None) -> Timestamp | None:
    """*instant* as a message; absent stays absent."""
    return None if instant is None else to_timestamp(instant)


def from_timestamp(message: Timestamp, field: str) -> Instant:
    """The instant of *message*, cut to microseconds; ``RequestError`` naming *field* if it is none."""
    instant: Instant = message.seconds * SECOND + message.nanos // 1_000
    if not 0 <= message.nanos < 1_000_000_000 or not _FIRST <= instant <= LAST:
        raise RequestError(field, "not an instant between the years 1 and 9999")
    return instant
