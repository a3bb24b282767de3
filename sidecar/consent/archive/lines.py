"""Lines of an export: a header, an entry a line, a footer; JSON, each with a code that covers all lines before it.

A header, its entries and its footer are a *part*; a file is one part or several, so a file that is appended to stays an
export. The code is the last member of every object and is made of the bytes before it as they stand, under a key that
comes from that of the pseudonyms: a line that was changed, left out, moved or taken from another export is noticed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType, json

from sidecar.consent.codec import event_from_json, event_to_json
from sidecar.consent.log import LogEntry
from sidecar.consent.packing import pack, unpack
from sidecar.errors import ConsentLogError, ExportFileError, RequestError
from sidecar.model.instant import from_datetime, to_datetime

FORMAT: Final = "consent-log-export"
VERSION: Final = 1
MAX_LINE_BYTES: Final = 4 * 1024 * 1024
"""Far above what an entry of a full record takes."""

_Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
_Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
_Place = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Moment = Annotated[datetime, Meta(tz=True)]


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a part: of which log, and from where on."""

    format: Literal["consent-log-export"] = FORMAT
    version: int = VERSION
    log_id: _Id
    key_id: _Id
    descends_from: tuple[_Id, ...]
    backend: str
    after: _Place  # the part has every entry behind this position
    exported_at: _Moment


class EntryLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entry; where the log has no subject id, as after an erasure, it has neither *subject* nor *sealed*."""

    position: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    pseudonym: _Hex
    subject: str | UnsetType = UNSET
    sealed: bytes | UnsetType = UNSET
    accepted_at: _Moment
    effective_at: _Moment
    event: Raw  # as a line of an import, without the subject
    record: bytes  # packed, as the log has it: names as they were, whatever became of the catalog


class Footer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line of a part: how far it reaches, and how many entries it has."""

    through: _Place  # the part has every entry up to this position
    entries: _Place


Line = Header | EntryLine | Footer

_encode: Final = json.Encoder().encode
_entry_decoder: Final = json.Decoder(EntryLine)
_header_decoder: Final = json.Decoder(Header)
_footer_decoder: Final = json.Decoder(Footer)

_BEFORE_CODE: Final = b',"code":"'
_TAIL: Final = len(_BEFORE_CODE) + 32 + len(b'"}')


class MalformedLineError(ValueError):
    """The line is none of an export; the message says why."""


class Codes:
    """The codes of the lines of a part, in their order; *authenticate* is that of the pseudonyms."""

    def __init__(self, authenticate: Callable[[bytes], bytes]) -> None:
        self._authenticate = authenticate
        self._last = b""

    def next(self, line: bytes, *, first: bool = False) -> str:
        """The code of *line*, which has none yet; *first* begins a part."""
        before = b"" if first else self._last
        self._last = self._authenticate(b"line of an export\n" + before + line)
        return self._last.hex()


def to_line(line: Line, codes: Codes) -> bytes:
    """*line* as it stands in a file, without a line break."""
    body = _encode(line)[:-1]
    return body + _BEFORE_CODE + codes.next(body, first=isinstance(line, Header)).encode() + b'"}'


def from_line(text: bytes, codes: Codes | None) -> Line:
    """What *text* says; raises ``MalformedLineError`` if it is no line, or has another code than *codes* gives.

    Without *codes* they are not looked at.
    """
    body, tail = text[:-_TAIL], text[-_TAIL:]
    decoder = _decoder_for(text)
    if decoder is None:
        raise MalformedLineError("it is no line of an export")
    if not tail.startswith(_BEFORE_CODE) or not tail.endswith(b'"}'):
        raise MalformedLineError("it does not end with its code")
    if codes is not None:
        code = tail[len(_BEFORE_CODE) : -2].decode("ascii", "replace")
        if codes.next(body, first=decoder is _header_decoder) != code:
            raise MalformedLineError(
                "its code does not fit: it was changed, lines before it are missing or moved, or the key is another"
            )
    try:
        return decoder.decode(body + b"}")
    except (MsgspecError, UnicodeDecodeError) as error:
        raise MalformedLineError(str(error)) from error


def _decoder_for(text: bytes) -> "json.Decoder[EntryLine] | json.Decoder[Header] | json.Decoder[Footer] | None":
    if text.startswith(b'{"position":'):
        return _entry_decoder
    if text.startswith(b'{"through":'):
        return _footer_decoder
    return _header_decoder if text.startswith(b'{"format":') else None


def entry_line(entry: LogEntry, *, subject: str | None) -> EntryLine:
    """*entry* as a line; with the *subject* in the clear if it is given, else sealed."""
    return EntryLine(
        position=entry.position,
        pseudonym=entry.pseudonym.hex(),
        subject=UNSET if subject is None else subject,
        sealed=entry.sealed if subject is None and entry.sealed else UNSET,
        accepted_at=to_datetime(entry.accepted_at),
        effective_at=to_datetime(entry.effective_at),
        event=Raw(event_to_json(entry.event)),
        record=pack(entry.record),
    )


def entry_of(line: EntryLine) -> LogEntry:
    """The entry that *line* says, without its seal if the subject is in the clear; raises ``ExportFileError``."""
    try:
        event, record = event_from_json(bytes(line.event)), unpack(line.record)
    except (RequestError, ConsentLogError) as error:  # its code fits: another version of this program wrote it
        raise ExportFileError(f"the entry at position {line.position} cannot be read: {error}") from error
    return LogEntry(
        position=line.position,
        pseudonym=bytes.fromhex(line.pseudonym),
        event=event,
        record=record,
        effective_at=from_datetime(line.effective_at),
        accepted_at=from_datetime(line.accepted_at),
        sealed=b"" if line.sealed is UNSET else line.sealed,
    )
