"""Marks: how far followers have come, in a stream that keeps the last message of each subject."""

from typing import Final

from msgspec import MsgspecError, Struct, json

from sidecar.consent.log import Follower, Mark
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.names import Names
from sidecar.errors import ConsentLogError
from sidecar.model.instant import Instant


class _Stored(Struct, frozen=True):
    kind: Follower
    name: str
    position: int
    at: Instant


_decode: Final = json.Decoder(_Stored).decode


class Marks:
    """Those of the log that *names* are of; *stream* is theirs. Safe for any number of threads."""

    def __init__(self, stream: JetStream, names: Names) -> None:
        self._stream = stream
        self._names = names

    def put(self, mark: Mark) -> None:
        """Keep *mark* in place of an earlier one of the same kind and name."""
        content = json.encode(_Stored(mark.kind, mark.name, mark.position, mark.at))
        self._stream.sequence(self._stream.publish(self._names.mark(mark.kind, mark.name), content))

    def all(self, kind: Follower | None) -> tuple[Mark, ...]:
        """Every mark, or those of one *kind*, by kind and name."""
        subject = self._names.marks if kind is None else self._names.marks_of(kind)
        try:
            stored = [_decode(message.data) for message in self._stream.walk(subject)]
        except MsgspecError as error:
            raise ConsentLogError(f"{self._stream.name}: a mark in `{self._stream.stream}` is damaged") from error
        marks = [Mark(kind=each.kind, name=each.name, position=each.position, at=each.at) for each in stored]
        return tuple(sorted(marks, key=lambda mark: (mark.kind, mark.name)))
