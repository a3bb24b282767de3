"""How large and of what form an event and its subject may be; names are the catalog's business."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from sidecar.errors import RequestError
from sidecar.model.event import Event, LinkTo, Submission, Traits
from sidecar.model.instant import LAST, Instant, parse

EVERYONE: Final = ""
"""The subject whose record holds for all; nobody can be called so. Only holds are in it."""

MAX_SUBJECT_BYTES: Final = 256
MAX_EVENT_ID_BYTES: Final = 128
MAX_METHOD_BYTES: Final = 64
MAX_NOTE_BYTES: Final = 256
MAX_FORM_BYTES: Final = 64
MAX_LANGUAGE_BYTES: Final = 35  # the longest tag that RFC 5646, section 4.4.1, asks to have room for

FIRST: Final = parse("0001-01-01T00:00:00Z")
"""The first instant that timestamps of the protocol can hold."""

_JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)  # ISO 3166-1 alpha-2, or 3166-2


def check_subject(subject: str) -> None:
    """Raise ``RequestError`` unless *subject* is a subject id; the message never repeats it."""
    check_text("subject", subject, most=MAX_SUBJECT_BYTES)


def check_event(event: Event) -> None:
    """Raise ``RequestError``, naming the field below ``event``, for the first part that is out of bounds."""
    check_text("event.id", event.id, most=MAX_EVENT_ID_BYTES)
    check_text("event.method", event.method, least=0, most=MAX_METHOD_BYTES)
    check_text("event.language", event.language, least=0, most=MAX_LANGUAGE_BYTES)
    check_text("event.note", event.note, least=0, most=MAX_NOTE_BYTES)
    for field, instant in _instants(event):
        check_instant(field, instant)
    if isinstance(event.act, Submission):
        check_text("event.submission.form", event.act.form, least=0, most=MAX_FORM_BYTES)
    if isinstance(event.act, Traits) and event.act.jurisdiction is not None:
        check_jurisdiction("event.traits.jurisdiction", event.act.jurisdiction)
    if isinstance(event.act, LinkTo):
        check_text("event.link.other_subject", event.act.other_subject, most=MAX_SUBJECT_BYTES)


def check_text(field: str, text: str, *, least: int = 1, most: int) -> None:
    """Raise ``RequestError`` unless *text* is *least* to *most* bytes of UTF-8 without control characters."""
    if least <= len(text) <= most and text.isascii() and text.isprintable():  # nearly always it is
        return
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise RequestError(field, "not valid Unicode") from error
    if not least <= size <= most:
        raise RequestError(field, f"must have {least} to {most} bytes, has {size}")
    if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
        raise RequestError(field, "must not contain control characters")


def check_instant(field: str, instant: Instant) -> None:
    """Raise ``RequestError`` unless *instant* lies in the years 1 to 9999."""
    if not FIRST <= instant <= LAST:
        raise RequestError(field, "must lie in the years 1 to 9999, UTC")


def check_jurisdiction(field: str, code: str) -> None:
    """Raise ``RequestError`` unless *code* has the form of an ISO 3166 code."""
    if _JURISDICTION.fullmatch(code) is None:
        raise RequestError(field, "must be an ISO 3166 code such as `DE` or `US-CA`")


def _instants(event: Event) -> Iterable[tuple[str, Instant]]:
    if event.occurred_at is not None:
        yield "event.occurred_at", event.occurred_at
    match event.act:
        case Submission(choices=choices):
            for index, choice in enumerate(choices):
                if choice.expires_at is not None:
                    yield f"event.submission.choices[{index}].expires_at", choice.expires_at
        case Traits(digital_consent_at=digital_consent_at, of_age_at=of_age_at):
            if digital_consent_at is not None:
                yield "event.traits.digital_consent_at", digital_consent_at
            if of_age_at is not None:
                yield "event.traits.of_age_at", of_age_at
        case _:
            pass
