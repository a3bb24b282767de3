"""What consumers are told, and how far they have come, over every backend of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sidecar.consent.downstream.changes import PAGE, Changes
from sidecar.consent.downstream.consumers import Consumers
from sidecar.consent.downstream.lag import Lags
from sidecar.consent.downstream.propagation import Place, Propagation, Reached
from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.log import ConsentLog, Feed, Follower, LogEntry
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.view.replica import Replica
from sidecar.model.instant import DAY, SECOND
from tests.conformance.backends import BACKENDS, Backend
from tests.unit.consent.desk import KEY, NOW, no, yes
from tests.worlds import CATALOG


@dataclass
class Process:
    """A ledger and a view over *log*, as one sidecar has them."""

    log: ConsentLog

    def __post_init__(self) -> None:
        pseudonyms = Pseudonyms(KEY)
        self.cache = Replica(self.log, pseudonyms)
        self.ledger = Ledger(self.log, self.cache, pseudonyms, catalog=lambda: CATALOG, clock=lambda: NOW)
        self._feed: Feed | None = None
        if isinstance(self.log, NatsLog):
            self._feed = self.log.follow(after=None)
            self.cache.begin(now=NOW, resume=False)
            self.catch_up()
            self.cache.complete()
        else:
            self.cache.load(now=NOW)

    def catch_up(self) -> None:
        """See what the log has; a log of one process's own is seen at once."""
        if self._feed is not None:
            last, through = self.log.last_position(), self.cache.applied
            while through < last:
                fed = self._feed.take(5)
                assert fed is not None
                self.cache.take(fed.heads, through=fed.through, now=NOW)
                through = fed.through

    def beat(self) -> None:
        """Have a heartbeat in the log, where there are such."""
        if isinstance(self.log, NatsLog):
            self.log.beat()

    def told(self, after: int) -> tuple[list[LogEntry], int]:
        """All that there is behind *after*, page by page, and up to where nothing is left out."""
        changes = Changes(self.log, self.cache)
        entries: list[LogEntry] = []
        more = True
        while more:
            taken = changes.take(after, log_id=changes.log_id)
            entries += taken.entries
            after, more = taken.through, taken.more
        return entries, after

    def close(self) -> None:
        """Follow no longer."""
        if self._feed is not None:
            self._feed.close()


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.nats if name == "nats" else ()) for name in ("sqlite", "nats")]
)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn."""
    return BACKENDS[request.param]


@pytest.fixture
def process(backend: Backend, tmp_path: Path) -> Iterator[Process]:
    """A sidecar over an empty log."""
    with backend.opened(tmp_path) as log:
        opened = Process(log)
        try:
            yield opened
        finally:
            opened.close()


def test_every_change_is_told_once_in_order_from_any_place(process: Process) -> None:
    """Over pages, heartbeats and erasures: nothing is left out, nothing comes twice, what was erased is gone."""
    process.ledger.import_lines(
        [ImportLine(line=n, subject=f"p{n}", event=yes("a", occurred_at=NOW)) for n in range(PAGE + 20)]
    )
    process.beat()
    process.ledger.record("p7", no("b"))
    process.ledger.erase("p8", "gone")
    process.beat()
    process.ledger.record("p9", no("b"))
    process.catch_up()
    every, through = process.told(0)
    from_each = [process.told(entry.position)[0] for entry in every[-6:]]
    ids = [(entry.pseudonym, entry.event.id) for entry in every]

    assert PAGE + 22 == len(every)
    assert sorted({entry.position for entry in every}) == [entry.position for entry in every]
    assert ["b", "gone", "b"] == [event_id for _, event_id in ids[-3:]]
    assert [event_id for pseudonym, event_id in ids if pseudonym == process.cache.pseudonym("p8")] == ["gone"]
    assert [every[-6:][place + 1 :] for place in range(6)] == from_each
    assert process.cache.applied == through


def test_a_sign_of_life_moves_on_without_a_change(process: Process) -> None:
    """Where there are heartbeats, whoever has everything can say so beyond the last change."""
    recorded = Revision.parse(process.ledger.record("p1", yes("a")).revision)
    process.beat()
    process.catch_up()

    assert ([], process.cache.applied) == process.told(recorded.position)
    assert process.cache.applied >= recorded.position


def test_who_was_told_a_sign_of_life_goes_on_behind_it(process: Process) -> None:
    """Nothing is at that place any more, but it is as young as what came before."""
    process.ledger.record("p1", yes("a"))
    process.beat()
    process.catch_up()
    alive = Revision(process.log.log_id, process.cache.applied)
    process.beat()
    process.ledger.record("p1", no("b"))
    process.catch_up()
    changes = Changes(process.log, process.cache, keeps=40 * DAY)

    assert alive.position == changes.behind(alive, remembered_from=None, now=NOW + 39 * DAY)
    assert ["b"] == [entry.event.id for entry in process.told(alive.position)[0]]


def test_what_is_acknowledged_at_one_is_known_at_another(process: Process, backend: Backend, tmp_path: Path) -> None:
    """How far a consumer has come is kept in the log: it may go on anywhere."""
    first, second = (
        Revision.parse(process.ledger.record("p1", event).revision).position for event in (yes("a"), no("b"))
    )
    kept = [Consumers(process.log, clock=lambda: NOW).acknowledge("mail", position) for position in (second, first)]
    if not isinstance(process.log, NatsLog):
        process.log.close()  # one process at a time
    with backend.opened(tmp_path) as log:
        other = Consumers(log, clock=lambda: NOW)

        assert ([second, second], second) == (kept, other.acknowledged("mail"))
        other.begin_anew("mail")
        assert (0, first) == (other.acknowledged("mail"), other.acknowledge("mail", first))


def test_the_lag_is_the_age_of_what_is_left(process: Process) -> None:
    """Heartbeats are no events: who has acknowledged the last change has everything."""
    lags, consumers = (
        Lags(process.log, process.cache, ["mail", "crm"]),
        Consumers(process.log, clock=lambda: NOW),
    )
    position = Revision.parse(process.ledger.record("p1", no("a")).revision).position
    process.beat()
    process.catch_up()
    lags.look()
    before = lags.seconds(NOW + 2 * SECOND)
    consumers.acknowledge("mail", position)
    lags.look()

    assert {"mail": 2.0, "crm": 2.0} == before
    assert {"mail": 0.0, "crm": 2.0} == lags.seconds(NOW + 2 * SECOND)


def test_who_has_applied_a_change_is_known(process: Process) -> None:
    """By its position and by its event."""
    propagation = Propagation(process.log, process.cache, ["crm"])
    position = Revision.parse(process.ledger.record("p1", no("a")).revision).position
    Consumers(process.log, clock=lambda: NOW).acknowledge("mail", position)
    process.catch_up()
    place = Place(position=position, accepted_at=NOW)

    assert (place, place) == (propagation.at(position), propagation.of("p1", "a"))
    assert (
        Reached(kind=Follower.CONSUMER, name="crm"),
        Reached(kind=Follower.CONSUMER, name="mail", position=position, at=NOW),
    ) == propagation.followers()
