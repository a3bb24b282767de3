"""What is opened as a log on NATS, and what is refused."""

from typing import cast

import pytest

from sidecar.config import Nats
from sidecar.consent.log import Follower, Mark
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.nats.meta import Meta, to_bytes
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, LogLostError
from tests.nats_log import PSEUDONYMS, init, opened, request
from tests.nats_server import shared_server
from tests.unit.consent.desk import NOW
from tests.unit.consent.nats.log.damaging import overwrite, refused

pytestmark = pytest.mark.nats


def test_a_missing_stream_is_made_by_init_only() -> None:
    """The message says so, and that an empty log is no replacement of a lost one."""
    settings = shared_server().settings()
    said = refused(settings)

    assert f"`{settings.stream}`" in said
    assert "sidecar consent init" in said
    assert "sidecar consent restore" in said


def test_another_key_is_refused(settings: Nats) -> None:
    """Both ids are named: the two must not be mixed."""
    other = Pseudonyms(bytes(32))
    said = refused(settings, other)

    assert other.key_id in said
    assert PSEUDONYMS.key_id in said


def test_another_version_is_refused(log: NatsLog, settings: Nats) -> None:
    """Its entries may mean something else."""
    overwrite(log, log._life.names.meta, b'{"version":2}')

    assert "schema version 2, this program knows 1" in refused(settings)


def test_a_stream_of_something_else_is_refused() -> None:
    """It is not touched."""
    settings = shared_server().settings()
    other = shared_server().settings()
    init(other)
    with opened(other) as log:
        request(log, f"STREAM.CREATE.{settings.stream}", {"name": settings.stream, "subjects": ["orders.1", "o.2"]})
    said = refused(settings)

    assert "no consent log" in said
    assert "orders.1, o.2" in said


def test_marks_of_a_log_that_is_gone_go_too(log: NatsLog, settings: Nats) -> None:
    """Their positions mean nothing in the next one."""
    log.mark(Mark(kind=Follower.CONSUMER, name="mail", position=1, at=NOW))
    request(log, f"STREAM.DELETE.{settings.stream}")
    init(settings)
    with opened(settings) as other:
        assert () == other.marks()


def test_a_stream_is_made_as_the_settings_say() -> None:
    """And drops nothing by itself."""
    settings = shared_server().settings(storage="memory", max_bytes=2_000_000)
    init(settings)
    with opened(settings) as log:
        configs = [
            cast("dict[str, object]", request(log, f"STREAM.INFO.{name}")["config"])
            for name in (settings.stream, f"{settings.stream}_MARKS")
        ]

    for config in configs:
        wanted = {"storage": "memory", "max_bytes": 2_000_000, "num_replicas": 1, "retention": "limits"}
        assert wanted == {key: config[key] for key in wanted}
        assert [0, -1] == [config.get("max_age", 0), config.get("max_msgs", -1)]
    assert ("new", 1) == (configs[0]["discard"], configs[1]["max_msgs_per_subject"])


def test_without_its_stream_of_marks_a_log_is_no_lost_one(log: NatsLog, settings: Nats) -> None:
    """Only how far consumers have come is gone: no restore is called for, and one made by the runbook does."""
    mark = Mark(kind=Follower.CONSUMER, name="crm", position=1, at=NOW)
    request(log, f"STREAM.DELETE.{settings.stream}_MARKS")
    with pytest.raises(ConsentLogError, match="how far consumers have come") as caught:
        log.marks()
    config = {"name": f"{settings.stream}_MARKS", "subjects": [f"consent.marks.{log.log_id}.>"]}
    request(log, f"STREAM.CREATE.{settings.stream}_MARKS", config | {"max_msgs_per_subject": 1})
    log.mark(mark)

    assert "restore" not in str(caught.value)
    assert (mark,) == log.marks()


def test_a_stream_whose_meta_descends_is_not_enough_without_its_key(log: NatsLog, settings: Nats) -> None:
    """Who has no key cannot have the followers of a log come over to an empty one."""
    request(log, f"STREAM.DELETE.{settings.stream}")
    stranger = Pseudonyms(bytes(32))
    made = NatsLog.draft(settings, stranger)
    names = made._names
    forged = Meta(log_id=names.log_id, key_id=PSEUDONYMS.key_id, descends_from=(log.log_id,))
    made._stream.sequence(made._stream.publish(names.meta, to_bytes(forged, stranger)))
    with pytest.raises(ConsentLogError, match="not written by"):
        log.renew()
    with pytest.raises(LogLostError):
        log.ping()
    made.discard()
