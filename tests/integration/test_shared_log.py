"""Sidecars that share a log on a real NATS server: what one records the other answers by, whatever happens to it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2, status_pb2
from sidecar.app.log import draft_log, make_log
from sidecar.config import load
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError
from sidecar.testing import serving
from tests.integration.caller import Caller, calling, choice, eventually, question
from tests.nats_server import NatsServer, nats_server

pytestmark = pytest.mark.nats


@dataclass
class Place:
    """A server, a log on it, and where its sidecars keep what they keep."""

    server: NatsServer
    folder: Path

    def __post_init__(self) -> None:
        nats = self.server.settings()
        self.settings: dict[str, object] = {
            "consent.log": "nats",
            "consent.key_file": self.folder / "key",
            "freshness.max_consent_age_seconds": 3.0,
            "nats.servers": nats.servers,
            "nats.stream": nats.stream,
            "nats.timeout_seconds": 2.0,
        }

    def make(self) -> None:
        """Make the log, with its key."""
        make_log(load(flags={**self.settings, "data.dir": self.folder / "maker"}))

    def delete(self) -> None:
        """Delete the stream, as somebody with the rights to do so."""
        config = load(flags=self.settings)
        connection = Connection.open(config.nats, "test")
        try:
            JetStream(connection, config.nats.stream).delete()
        finally:
            connection.close()

    @contextmanager
    def sidecar(self, name: str, **settings: object) -> Iterator[Caller]:
        """A sidecar in this process."""
        flags = {**self.settings, "consent.instance": name, **settings}
        with serving(data_dir=self.folder / name, settings=flags) as served, calling(served) as caller:
            yield caller


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A server of its own with an empty log."""
    with nats_server(tmp_path / "server") as server:
        place = Place(server, tmp_path)
        place.make()
        yield place


@pytest.fixture
def two(place: Place) -> Iterator[tuple[Caller, Caller]]:
    """Two sidecars of the log."""
    with ExitStack() as stack:
        yield stack.enter_context(place.sidecar("one")), stack.enter_context(place.sidecar("other"))


def status(caller: Caller) -> status_pb2.GetStatusResponse:
    """How the sidecar is."""
    response: status_pb2.GetStatusResponse = caller.status.GetStatus(
        status_pb2.GetStatusRequest(), metadata=caller.operator, timeout=5
    )
    return response


def answers(caller: Caller, reason: str, request: pb.CheckRequest, *, within_seconds: float = 10.0) -> None:
    """Return once *caller* answers *request* with *reason*."""

    def look() -> None:
        assert reason == caller.reason(request)

    eventually(look, within_seconds=within_seconds)


def test_what_one_sidecar_records_the_other_answers_by(two: tuple[Caller, Caller]) -> None:
    """At once with its revision; the one that recorded it needs none."""
    one, other = two
    given = one.record("p1", choice("e1", "GIVEN"))
    with_token = other.check(question("p1", at_least_as_fresh=given.revision))
    withdrawn = other.record("p1", choice("e2", "WITHDRAWN"))
    at_once = other.reason(question("p1"))
    answers(one, "CONSENT_WITHDRAWN", question("p1"))

    assert "ALLOWED" == reason_of(with_token)
    assert "CONSENT_WITHDRAWN" == at_once
    assert "CONSENT_WITHDRAWN" == reason_of(one.check(question("p1", at_least_as_fresh=withdrawn.revision)))


def reason_of(answer: pb.CheckResponse) -> str:
    """The reason of the first field."""
    return model_pb2.Reason.Name(answer.results[0].reason).removeprefix("REASON_")


def test_no_answer_with_a_token_is_older_than_it(two: tuple[Caller, Caller]) -> None:
    """Back and forth: each asks with the revision that the other was given."""
    one, other = two
    reasons = []
    for number in range(50):
        writer, reader = (one, other) if number % 2 else (other, one)
        recorded = writer.record("p1", choice(f"e{number}", ("GIVEN", "WITHDRAWN")[number % 2]))
        reasons.append(reason_of(reader.check(question("p1", at_least_as_fresh=recorded.revision))))

    assert ["ALLOWED", "CONSENT_WITHDRAWN"] * 25 == reasons


def test_while_the_server_is_away_answers_age_and_end(place: Place, two: tuple[Caller, Caller]) -> None:
    """Within the bound the view is served, past it no more; when the server is back, so are the answers."""
    one, other = two
    one.record("p1", choice("e1", "GIVEN"))
    answers(other, "ALLOWED", question("p1"))
    place.server.kill()
    killed = time.monotonic()
    answers(other, "STALE_CONSENT", question("p1"))
    took = time.monotonic() - killed
    age = other.check(question("p1")).consent_age_ms
    place.server.start()
    answers(other, "ALLOWED", question("p1"), within_seconds=20)
    one.record("p1", choice("e2", "WITHDRAWN"))
    answers(other, "CONSENT_WITHDRAWN", question("p1"))

    assert took > 0.5
    assert age > 3_000
    assert status(other).ready


def test_a_log_that_is_deleted_is_noticed_and_what_descends_from_it_followed(
    place: Place, two: tuple[Caller, Caller]
) -> None:
    """Not ready, answers are stale, nothing is recorded, and tokens of the old log are denied for good."""
    one, other = two
    old = one.record("p1", choice("e1", "WITHDRAWN"))
    old_id = old.revision.split(".")[0]
    answers(other, "CONSENT_WITHDRAWN", question("p1"))
    deleted_at = time.monotonic()
    place.delete()
    for caller in two:
        answers(caller, "STALE_CONSENT", question("p1"))
    noticed = time.monotonic() - deleted_at
    told = [status(caller) for caller in two]
    with pytest.raises(Exception, match="UNAVAILABLE"):
        one.record("p1", choice("e2", "GIVEN"))
    config = load(flags={**place.settings, "data.dir": place.folder / "maker"})
    draft_log(config, Pseudonyms.load(config.key_file)).finish(descends_from=(old_id,))
    for caller in two:
        answers(caller, "CONSENT_UNKNOWN", question("p1"), within_seconds=20)
    again = one.record("p1", choice("e1", "WITHDRAWN"))
    answers(other, "CONSENT_WITHDRAWN", question("p1"))

    assert noticed < 4
    assert [(False, True)] * 2 == [(each.ready, "deleted" in each.consent.lost) for each in told]
    assert all("lost" in each.not_ready_because for each in told)
    assert "STALE_CONSENT" == reason_of(one.check(question("p1", at_least_as_fresh=old.revision)))
    assert old_id != again.revision.split(".")[0]
    assert [True, True] == [status(caller).ready for caller in two]


def test_a_replica_starts_from_where_it_was_saved(place: Place) -> None:
    """And has what came since."""
    with place.sidecar("one") as one:
        one.record("p1", choice("e1", "GIVEN"))
        one.record("p2", choice("e1", "GIVEN"))
        answers(one, "ALLOWED", question("p2"))
        time_to_apply(one)
    saved = (place.folder / "one" / "view.snapshot").exists()
    with place.sidecar("other") as other:
        other.record("p1", choice("e2", "WITHDRAWN"))
    with place.sidecar("one") as one:
        reasons = [one.reason(question(subject)) for subject in ("p1", "p2")]
        told = status(one).consent

    assert saved
    assert ["CONSENT_WITHDRAWN", "ALLOWED"] == reasons
    assert ("nats", "replica", "one", 2) == (told.backend, told.mode, told.instance, told.subjects)


def time_to_apply(caller: Caller) -> None:
    """Return once the feed has brought what was recorded."""

    def look() -> None:
        assert 2 <= int(status(caller).consent.revision.split(".")[1])

    eventually(look)


def test_a_bounded_view_reads_who_is_asked_about(place: Place) -> None:
    """Also somebody whom only the other sidecar ever heard of."""
    with place.sidecar("one") as one, place.sidecar("other", **{"consent.held_subjects": 1_000}) as other:
        one.record("p1", choice("e1", "GIVEN"))
        one.record("p2", choice("e1", "WITHDRAWN"))
        reasons = [other.reason(question(subject)) for subject in ("p1", "p2", "p3")]
        one.record("p1", choice("e2", "WITHDRAWN"))
        answers(other, "CONSENT_WITHDRAWN", question("p1"))
        mode = status(other).consent.mode

    assert ["ALLOWED", "CONSENT_WITHDRAWN", "CONSENT_UNKNOWN"] == reasons
    assert "on_demand" == mode


def test_a_log_has_its_key_from_who_made_it(place: Place) -> None:
    """A sidecar without one does not make its own: under it nobody would be found."""
    with (
        pytest.raises(ConsentLogError, match="consent init"),
        place.sidecar("one", **{"consent.key_file": place.folder / "none"}),
    ):
        pass

    assert not (place.folder / "none").exists()
