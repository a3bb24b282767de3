"""What is done to a log, and what is then said of it."""

import pytest

from sidecar.config import Nats
from sidecar.consent.log import NewEntry
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError
from tests.nats_log import PSEUDONYMS


def refused(settings: Nats, pseudonyms: Pseudonyms = PSEUDONYMS) -> str:
    """What is said when the log cannot be opened."""
    with pytest.raises(ConsentLogError) as caught:
        NatsLog.open(settings, pseudonyms)
    return str(caught.value)


def overwrite(log: NatsLog, subject: str, payload: bytes) -> int:
    """Put something onto a subject, as somebody else could; returns its position."""
    return log._stream.sequence(log._stream.publish(subject, payload))


def append_all(log: NatsLog, *entries: NewEntry) -> None:
    """Append *entries* in one batch."""
    with log.batch() as batch:
        for entry in entries:
            batch.append(entry)
