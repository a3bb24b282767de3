"""Files of an export, read twice: once to see that they are whole, then for their entries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sidecar.consent.archive.lines import (
    FORMAT,
    MAX_LINE_BYTES,
    VERSION,
    Codes,
    EntryLine,
    Footer,
    Header,
    Line,
    MalformedLineError,
    from_line,
)
from sidecar.errors import ExportFileError

Progress = Callable[[int], None]
"""Takes how many bytes have been dealt with since the last call."""

_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a file: a header, and where its entries are."""

    file: Path
    offset: int  # of the header, in bytes
    line: int  # of the header, from 1
    header: Header
    through: int  # the part has every entry up to this position
    whole: bool  # False: it breaks off, and what is there goes up to *through*


class ExportFile:
    """A file that may be an export; *authenticate* is that of the pseudonyms whose key is *key_id*."""

    def __init__(self, path: Path, authenticate: Callable[[bytes], bytes], *, key_id: str) -> None:
        self.path = path
        self._authenticate = authenticate
        self._key_id = key_id

    def parts(self, progress: Progress, *, incomplete: bool = False) -> tuple[Part, ...]:
        """The parts of the file, every line of them looked at; raises ``ExportFileError`` naming the line.

        With *incomplete* the last part may break off; what is there of it counts.
        """
        found: list[Part] = []
        begun: _Begun | None = None
        with self._opened() as stream:
            for line in self._lines(stream, Codes(self._authenticate), progress, incomplete=incomplete):
                if begun is None:
                    begun = self._begun(line)
                elif not isinstance(line.says, Footer):
                    self._take(begun, line)
                elif (line.says.through, line.says.entries) == (begun.through, begun.entries):
                    found.append(begun.part(self.path, whole=True))
                    begun = None
                else:
                    raise self._error(line.number, "it does not fit the entries before it")
        if begun is not None:
            if not incomplete:
                raise self._breaks_off(begun.through)
            found.append(begun.part(self.path, whole=False))
        if not found:
            raise ExportFileError(f"`{self.path}` is empty")
        return tuple(found)

    def entries(self, part: Part, progress: Progress) -> Iterator[EntryLine]:
        """The entries of *part* of this file, read again; raises ``ExportFileError`` if it has changed meanwhile."""
        with self._opened() as stream:
            stream.seek(part.offset)
            codes = Codes(self._authenticate)
            for line in self._lines(stream, codes, progress, incomplete=not part.whole, number=part.line):
                if isinstance(line.says, Footer):
                    return
                if isinstance(line.says, EntryLine):
                    yield line.says

    def _lines(
        self, stream: IO[bytes], codes: Codes, progress: Progress, *, incomplete: bool, number: int = 1
    ) -> Iterator["_Read"]:
        offset = stream.tell()
        while text := stream.readline(MAX_LINE_BYTES + 1):
            if not text.endswith(b"\n"):
                if number > 1 and incomplete and len(text) <= MAX_LINE_BYTES:
                    return
                raise self._not_ended(text, number)
            try:
                says = from_line(text[:-1], codes)
            except MalformedLineError as error:
                raise self._malformed(text, number, error) from error
            progress(len(text))
            yield _Read(offset, number, says)
            offset, number = offset + len(text), number + 1

    def _begun(self, line: "_Read") -> "_Begun":
        header = line.says
        if not isinstance(header, Header):
            raise self._error(line.number, "the header before it is missing")
        if header.version != VERSION:
            detail = f"the export has version {header.version}, this program knows {VERSION}"
            raise self._error(line.number, f"{detail}; use the program that wrote it")
        return _Begun(line.offset, line.number, header, header.after)

    def _take(self, begun: "_Begun", line: "_Read") -> None:
        if not isinstance(line.says, EntryLine):
            raise self._error(line.number, "a part begins before the one before it has ended")
        if line.says.position <= begun.through:
            raise self._error(line.number, "it is not in its place")
        begun.through, begun.entries = line.says.position, begun.entries + 1

    def _not_ended(self, text: bytes, number: int) -> ExportFileError:
        if number == 1:
            return self._foreign(text)
        if len(text) > MAX_LINE_BYTES:
            return self._error(number, f"it has more than {MAX_LINE_BYTES} bytes")
        return self._error(number, "the file breaks off there; --incomplete takes what is before it")

    def _breaks_off(self, through: int) -> ExportFileError:
        return ExportFileError(
            f"`{self.path}` breaks off: its last line is missing, entries go up to position {through};"
            " find the whole file, or take what is there with --incomplete"
        )

    def _malformed(self, text: bytes, number: int, error: MalformedLineError) -> ExportFileError:
        if number > 1:
            return self._error(number, str(error))
        try:
            header = from_line(text[:-1], None)
        except MalformedLineError:
            return self._foreign(text)
        if not isinstance(header, Header):
            return self._error(number, "the header before it is missing")
        if header.key_id != self._key_id:
            return ExportFileError(
                f"`{self.path}`: exported under pseudonym key {header.key_id}, but the key here is {self._key_id};"
                " put the key file that belongs to it in its place: under another key nobody in it would be found"
            )
        return self._error(number, str(error))

    def _foreign(self, text: bytes) -> ExportFileError:
        """What to say of a file whose first line is no header."""
        why = f"`{self.path}` is no export of a consent log"
        if text.startswith(_GZIP):
            return ExportFileError(f"{why}, it is compressed: unpack it first (`gunzip`)")
        if text.startswith(b'{"format":"' + FORMAT.encode()):
            return ExportFileError(f"`{self.path}` breaks off in its first line, or that was changed")
        if b'"subject"' in text[:MAX_LINE_BYTES]:
            return ExportFileError(f"{why}; if its lines are events, `sidecar consent import` takes it")
        return ExportFileError(f"{why}: `sidecar consent export` writes one")

    def _error(self, number: int, detail: str) -> ExportFileError:
        return ExportFileError(f"`{self.path}`, line {number}: {detail}")

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as stream:
                yield stream
        except OSError as error:
            raise ExportFileError(f"`{self.path}` cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class _Read:
    """A line, and where it is."""

    offset: int
    number: int
    says: Line


@dataclass(slots=True)
class _Begun:
    """A part whose end has not been seen."""

    offset: int
    line: int
    header: Header
    through: int
    entries: int = 0

    def part(self, file: Path, *, whole: bool) -> Part:
        """The part, as it is known now."""
        return Part(
            file=file, offset=self.offset, line=self.line, header=self.header, through=self.through, whole=whole
        )
