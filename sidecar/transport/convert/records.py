"""Consent records and histories, to the protocol."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sidecar.api.v1 import consent_pb2 as pb
from sidecar.consent.log import LogEntry
from sidecar.consent.record import Entry, Record
from sidecar.consent.revision import Revision
from sidecar.consent.words.sentences import sentences, words_for
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure
from sidecar.transport.convert.events import to_actor, to_event, to_notice_ref
from sidecar.transport.convert.instants import to_optional_timestamp, to_timestamp

DEFAULT_PAGE: Final = 100
MAX_PAGE: Final = 1_000
MAX_PAGE_BYTES: Final = 1_048_576
"""Callers take messages of 4 MiB unless they say otherwise."""

_AFTER: Final = "after:"
_NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})


def to_record(revision: str, record: Record, *, notes: Mapping[str, str] = _NO_NOTES) -> pb.GetRecordResponse:
    """*record* as a message, with the *notes* of its events by their ids."""
    traits = {name: trait.value for name, trait in record.traits}
    message = pb.GetRecordResponse(
        revision=revision,
        choices=[_to_recorded_choice(entry, notes.get(entry.event_id, "")) for entry in record.entries],
        erased_at=to_optional_timestamp(record.horizon),
        erased_categories=[
            pb.ErasedCategory(category=category, erased_at=to_timestamp(at))
            for category, at in record.erased_categories
        ],
        links=[pb.RecordedLink(other_pseudonym=tie.other.hex(), since=to_timestamp(tie.at)) for tie in record.ties],
    )
    for name, value in traits.items():
        if isinstance(value, int):
            getattr(message.traits, name).CopyFrom(to_timestamp(value))
        else:
            setattr(message.traits, name, value)
    return message


def in_words(message: pb.GetRecordResponse, record: Record, catalog: Catalog, language: str) -> pb.GetRecordResponse:
    """*message*, which is *record*, with what it says in sentences: names of *catalog*, for who reads *language*."""
    words = words_for(language)
    message.summary.extend(sentences(record, catalog, words))
    message.language = words.tag
    return message


def _to_recorded_choice(entry: Entry, note: str) -> pb.RecordedChoice:
    return pb.RecordedChoice(
        kind=entry.kind.value,
        purpose=entry.atom.purpose,
        category=entry.atom.category,
        channel=entry.atom.channel,
        recipient=entry.atom.recipient,
        effective_at=to_timestamp(entry.at),
        expires_at=to_optional_timestamp(entry.expires_at),
        explicit=entry.explicit,
        actor=to_actor(entry.actor),
        notice=to_notice_ref(entry.notice),
        event_id=entry.event_id,
        method=entry.method,
        note=note,
    )


def to_history_entry(entry: LogEntry, log_id: str) -> pb.HistoryEntry:
    """*entry* of the log *log_id* as a message."""
    message = pb.HistoryEntry(
        revision=str(Revision(log_id=log_id, position=entry.position)),
        accepted_at=to_timestamp(entry.accepted_at),
        effective_at=to_timestamp(entry.effective_at),
    )
    if isinstance(entry.event.act, Erasure):
        message.erasure.CopyFrom(pb.Erasure(id=entry.event.id, categories=entry.event.act.categories))
    else:
        message.event.CopyFrom(to_event(entry.event))
    return message


def to_page(found: Sequence[LogEntry], size: int, *, log_id: str) -> pb.ListHistoryResponse:
    """The first *size* of *found* as a page, or fewer if they are large; with a token if there are more."""
    page = pb.ListHistoryResponse()
    total = 0
    for place, entry in enumerate(found):
        message = to_history_entry(entry, log_id)
        total += message.ByteSize()
        if place == size or (place and total > MAX_PAGE_BYTES):
            page.next_page_token = to_page_token(found[place - 1].position)
            break
        page.entries.append(message)
    return page


def page_size(asked: int) -> int:
    """How many entries a page has; ``RequestError`` for less than none."""
    if asked < 0:
        raise RequestError("page_size", f"`{asked}` is negative")
    return min(asked or DEFAULT_PAGE, MAX_PAGE)


def to_page_token(after: int) -> str:
    """The token of the page that begins after position *after*."""
    return urlsafe_b64encode(f"{_AFTER}{after}".encode()).decode()


def from_page_token(token: str) -> int:
    """The position after which the page of *token* begins; 0 for the first page."""
    if not token:
        return 0
    try:
        text = urlsafe_b64decode(token.encode()).decode()
    except (Base64Error, ValueError) as error:
        raise RequestError("page_token", "not a token of an earlier page") from error
    number = text.removeprefix(_AFTER)
    if number == text or not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise RequestError("page_token", "not a token of an earlier page")
    return int(number)
