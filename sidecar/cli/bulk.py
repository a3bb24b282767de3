"""Lines of events, streamed to the sidecar; every line is answered for, in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sidecar.api.v1 import consent_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.cli.lines import MalformedLineError, read_line

IMPORT_EVENTS: Final = Method.of("ConsentService", "ImportEvents")

MAX_LINES: Final = 256
"""Lines that the server records together."""

MAX_TOGETHER: Final = 48 * 1024
"""Bytes sent together; the server takes no message above 64 KiB."""

Reject = Callable[[int, bytes, str], None]
"""Takes the number of a refused line, the line, and why."""

Progress = Callable[[int, int], None]
"""Takes how many lines, and bytes, have been dealt with since the last call."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How far an import came."""

    through_line: int = 0  # every line up to here is dealt with
    recorded: int = 0
    duplicates: int = 0
    rejected: int = 0
    ahead: int = 0  # of those recorded: their time lay ahead, so they count from now
    first_ahead: int = 0  # the line of the first of them
    revision: str = ""  # the consent revision after it


@dataclass(slots=True)
class _Line:
    raw: bytes
    reason: str = ""  # why it is not even sent


@dataclass(slots=True)
class Import:
    """One import; ``run`` it once.

    Lines wait in ``_waiting`` from when they are read, on the thread that sends, until an answer covers them, so that
    a refused line can be given back as it was. Flow control bounds how many that are.
    """

    connection: Connection
    lines: Iterable[bytes]
    reject: Reject
    progress: Progress
    outcome: Outcome = field(default_factory=Outcome)
    _waiting: dict[int, _Line] = field(default_factory=dict)
    _broken: list[OSError | UnicodeError] = field(default_factory=list)

    def run(self) -> Outcome:
        """Send every line and return how it went.

        Raises ``CommandError`` when the stream breaks, ``OSError`` when the lines cannot be read; ``outcome`` then says
        how far it came, and sending everything again is safe: events are known by their ids.
        """
        for answer in self.connection.exchange(IMPORT_EVENTS, self._requests(), consent_pb2.ImportEventsResponse):
            self.outcome.recorded += answer.recorded
            self.outcome.duplicates += answer.duplicates
            self.outcome.revision = answer.revision
            if answer.ahead_lines:
                self.outcome.ahead += len(answer.ahead_lines)
                self.outcome.first_ahead = self.outcome.first_ahead or answer.ahead_lines[0]
            self._settle(answer.through_line, {refused.line: refused.message for refused in answer.rejections})
        for error in self._broken:
            raise error
        self._settle(max(self._waiting, default=0), {})
        return self.outcome

    def _requests(self) -> Iterator[consent_pb2.ImportEventsRequest]:
        request, size = consent_pb2.ImportEventsRequest(), 0
        for line in self._messages():
            line_size = line.ByteSize()
            if request.lines and (len(request.lines) == MAX_LINES or size + line_size > MAX_TOGETHER):
                yield request
                request, size = consent_pb2.ImportEventsRequest(), 0
            request.lines.append(line)
            size += line_size
        if request.lines:
            yield request

    def _messages(self) -> Iterator[consent_pb2.ImportLine]:
        try:
            for number, raw in enumerate(self.lines, start=1):
                line = raw.rstrip(b"\r\n")
                if not line.strip() or line.startswith(b"#"):
                    continue
                try:
                    message = read_line(line)
                except MalformedLineError as error:
                    self._waiting[number] = _Line(line, str(error))
                    continue
                message.line = number
                self._waiting[number] = _Line(line)
                yield message
        except OSError as error:
            self._broken.append(error)

    def _settle(self, through_line: int, refused: dict[int, str]) -> None:
        done = sorted(number for number in tuple(self._waiting) if number <= through_line)
        size = 0
        for number in done:
            line = self._waiting.pop(number)
            size += len(line.raw) + 1
            reason = line.reason or refused.get(number, "")
            if reason:
                self.outcome.rejected += 1
                self.reject(number, line.raw, reason)
        self.outcome.through_line = max(through_line, self.outcome.through_line)
        self.progress(len(done), size)
