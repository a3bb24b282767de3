"""What an audit of a log finds."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is not as it should be."""

    RECORD = "record"  # the record is not what the event makes of the one before
    EFFECTIVE_AT = "effective_at"  # the event does not count from when it should
    ERASURE = "erasure"  # the record after an erasure says what an erasure voids
    EARLIER = "earlier"  # the record does not remember the events of the entries before it
    MISSING = "missing"  # entries of the same person before it are not there
    REMOVED = "removed"  # nothing accounts for positions without an entry
    STANDING = "standing"  # the view of consent does not hold what the record says
    NOBODY = "nobody"  # the view of consent holds people whom the log does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One of them; never says who it is about."""

    position: int  # of the entry it was found at
    kind: Kind
    message: str
