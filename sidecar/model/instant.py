"""Instants: integers, microseconds since 1970-01-01T00:00:00Z; comparable, exact, without time zones."""

from datetime import UTC, datetime, timedelta
from typing import Final

Instant = int
"""Microseconds since the epoch, UTC."""

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
LAST: Final = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z, the last instant that timestamps of the protocol can hold."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(moment: datetime) -> Instant:
    """The instant of *moment*, which must be aware; raises ``ValueError`` if it is naive."""
    if moment.tzinfo is None:
        raise ValueError(f"`{moment.isoformat()}` has no time zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(instant: Instant) -> datetime:
    """*instant* as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def parse(text: str) -> Instant:
    """The instant of an RFC 3339 timestamp or of a date (its midnight, UTC); raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    if len(text) == len("2026-01-31"):
        moment = moment.replace(tzinfo=UTC)
    return from_datetime(moment)


def show(instant: Instant) -> str:
    """*instant* as an RFC 3339 timestamp in UTC, with as many digits as it needs."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")
