"""What a feed of a real server says it has given."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from sidecar.consent.nats import feed as feeding
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from tests.conformance.backends import ADA, BOB, append, erasure
from tests.nats_server import shared_server
from tests.unit.consent.desk import KEY, no, yes

pytestmark = pytest.mark.nats


@pytest.fixture
def log() -> Iterator[NatsLog]:
    """An empty log on a real server."""
    settings = shared_server().settings()
    draft = NatsLog.draft(settings, Pseudonyms(KEY))
    draft.finish()
    draft.discard()
    with closing(NatsLog.open(settings, Pseudonyms(KEY))) as opened:
        yield opened


def test_a_feed_goes_not_past_what_an_erasure_removed(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it has given what lies behind a withdrawal that is gone, only once the erasure has been given."""
    monkeypatch.setattr(feeding, "_AT_ONCE", 1)
    first = append(log, ADA, yes("a"))
    with closing(log.follow(after=first)) as feed:
        append(log, ADA, no("b"))
        append(log, BOB, yes("a"))
        tombstone = append(log, ADA, erasure("c"))
        given = [fed for fed in (feed.take(5) for _ in range(2)) if fed is not None]

    assert [[BOB], [ADA]] == [[head.pseudonym for head in fed.heads] for fed in given]
    assert [first, tombstone] == [fed.through for fed in given]
