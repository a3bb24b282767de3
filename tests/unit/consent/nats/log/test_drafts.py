"""A draft of a log on NATS is none before it is finished, and leaves nothing behind."""

from typing import cast

import pytest

from sidecar.config import Nats
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConsentLogError
from tests.conformance.backends import ADA, append, erasure, following, ids
from tests.nats_log import PSEUDONYMS, opened, request
from tests.nats_server import shared_server
from tests.unit.consent.desk import yes
from tests.unit.consent.nats.log.damaging import refused

pytestmark = pytest.mark.nats


def test_a_draft_is_no_log_before_it_is_finished() -> None:
    """Nobody sees it; with what it was given when it is."""
    settings = shared_server().settings()
    draft = NatsLog.draft(settings, PSEUDONYMS)
    try:
        with draft.batch() as batch:
            position = batch.append(following(None, ADA, yes("a"))).position()
        said = refused(settings)
        log_id = draft.finish()
    finally:
        draft.discard()
    draft.discard()

    assert "cut short" in said
    with opened(settings) as log:
        assert (log_id, ["a"]) == (log.log_id, ids(log.entries(after=0, limit=10)))
        assert position < log.last_position()
        assert () == log.descends_from


def test_a_draft_removes_what_it_erases() -> None:
    """As a log does."""
    settings = shared_server().settings()
    draft = NatsLog.draft(settings, PSEUDONYMS)
    try:
        with draft.batch() as batch:
            for event in (yes("a"), erasure("gone"), yes("b")):
                batch.append(following(batch.head(ADA), ADA, event))
        draft.finish()
    finally:
        draft.discard()
    with opened(settings) as log:
        assert ["gone", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_draft_that_is_discarded_leaves_nothing() -> None:
    """The name can be used again."""
    settings = shared_server().settings()
    for _ in range(2):
        NatsLog.draft(settings, PSEUDONYMS).discard()

    assert "there is no stream" in refused(settings)


def test_a_draft_that_cannot_be_begun_leaves_nothing(log: NatsLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of its streams."""

    def unreachable(*_: object, **__: object) -> None:
        raise ConsentLogError("no server can be reached")

    settings = shared_server().settings()
    monkeypatch.setattr(JetStream, "publish", unreachable)
    with pytest.raises(ConsentLogError, match="no server"):
        NatsLog.draft(settings, PSEUDONYMS)
    streams = cast("list[str]", request(log, "STREAM.NAMES")["streams"])

    assert [] == [name for name in streams if name.startswith(settings.stream)]


def test_a_draft_does_not_touch_what_is_there(log: NatsLog, settings: Nats) -> None:
    """The stream is named; so is that of the marks, if it is somebody else's."""
    append(log, ADA, yes("a"))
    with pytest.raises(ConsentLogError, match=rf"`{settings.stream}` is there.*nothing was touched"):
        NatsLog.draft(settings, PSEUDONYMS)
    other = shared_server().settings()
    marks = f"{other.stream}_MARKS"
    request(log, f"STREAM.CREATE.{marks}", {"name": marks, "subjects": [f"mine.{marks}"]})
    with pytest.raises(ConsentLogError, match=f"`{marks}` is there"):
        NatsLog.draft(other, PSEUDONYMS)

    assert ["a"] == ids(log.entries(after=0, limit=10))
    assert "there is no stream" in refused(other)
    request(log, f"STREAM.INFO.{marks}")
