"""Names of a log on NATS: its streams, and the subjects in them.

The id of the log is in every subject, and a stream takes only subjects with its own: so nobody who still holds on to a
log that was destroyed can write into the one that was made in its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self

_ALL_OF_LOG: Final = re.compile(r"consent\.log\.([0-9a-f]{16})\.>", re.ASCII)
_MARKS_OF_LOG: Final = re.compile(r"consent\.marks\.[0-9a-f]{16}\.>", re.ASCII)

_PSEUDONYM_DIGITS: Final = 32

MARKS: Final = "_MARKS"
"""What the name of the stream of marks has more than that of its log."""

ENTRY: Final = ".entry."
INTENT: Final = ".purge."


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Those of one log."""

    stream: str
    log_id: str

    @classmethod
    def of(cls, stream: str, subjects: Sequence[str]) -> Self | None:
        """Those of the log whose stream takes *subjects*; ``None`` if it is no log's."""
        match = _ALL_OF_LOG.fullmatch(subjects[0]) if len(subjects) == 1 else None
        return None if match is None else cls(stream=stream, log_id=match[1])

    @staticmethod
    def are_marks(subjects: Sequence[str]) -> bool:
        """Whether a stream with *subjects* has the marks of some log."""
        return len(subjects) == 1 and _MARKS_OF_LOG.fullmatch(subjects[0]) is not None

    @property
    def everything(self) -> str:
        """All subjects of the stream."""
        return f"consent.log.{self.log_id}.>"

    @property
    def first(self) -> str:
        """The first message of the stream, which stays: a stream that starts later was emptied."""
        return f"consent.log.{self.log_id}.first"

    @property
    def meta(self) -> str:
        """What the log is; a stream without it is no log yet, or no more."""
        return f"consent.log.{self.log_id}.meta"

    @property
    def beat(self) -> str:
        """Heartbeats."""
        return f"consent.log.{self.log_id}.beat"

    @property
    def entries(self) -> str:
        """The entries of all subjects."""
        return f"consent.log.{self.log_id}.entry.*"

    def entry(self, pseudonym: bytes) -> str:
        """The entries of one subject."""
        return f"consent.log.{self.log_id}.entry.{pseudonym.hex()}"

    @property
    def intents(self) -> str:
        """All that is to be removed."""
        return f"consent.log.{self.log_id}.purge.*"

    def intent(self, pseudonym: bytes) -> str:
        """Tells that what came before the subject's last erasure is to be removed."""
        return f"consent.log.{self.log_id}.purge.{pseudonym.hex()}"

    @property
    def marks_stream(self) -> str:
        """The stream of marks, apart from the log so that they disturb nobody who follows it."""
        return self.stream + MARKS

    @property
    def marks(self) -> str:
        """All marks of the log."""
        return f"consent.marks.{self.log_id}.>"

    def marks_of(self, kind: str) -> str:
        """The marks of one kind of follower."""
        return f"consent.marks.{self.log_id}.{kind}.*"

    def mark(self, kind: str, name: str) -> str:
        """The mark of one follower, whose name may be any text."""
        return f"consent.marks.{self.log_id}.{kind}.{blake2b(name.encode(), digest_size=16).hexdigest()}"


def pseudonym_in(subject: str, kind: str) -> bytes | None:
    """The pseudonym that *subject* ends with, behind *kind*; ``None`` if it is of another kind."""
    if subject[-_PSEUDONYM_DIGITS - len(kind) : -_PSEUDONYM_DIGITS] != kind:
        return None
    try:
        return bytes.fromhex(subject[-_PSEUDONYM_DIGITS:])
    except ValueError:
        return None
