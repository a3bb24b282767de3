"""A sidecar whose server's words come late: it says so, or waits, and never answers from before."""

from pathlib import Path

import pytest

from tests.faults.conftest import BOUND_SECONDS
from tests.faults.probing import Prober
from tests.faults.standing import require_same
from tests.faults.writing import Acknowledged, acts, write_all
from tests.fleet import fleet
from tests.integration.caller import eventually, question
from tests.nats_proxy import proxy
from tests.nats_server import nats_server

pytestmark = pytest.mark.nats

LAG_SECONDS = 0.5


@pytest.mark.parametrize("mode", ["replica", "on_demand"])
def test_reads_and_the_feed_come_late(tmp_path: Path, mode: str) -> None:
    """Others write meanwhile; what it reads may be older than what it was fed, and is then not what it answers."""
    bound = str(BOUND_SECONDS)
    done = Acknowledged()
    with (
        nats_server(tmp_path / "nats") as server,
        proxy(server.port) as between,
        fleet(tmp_path, server, FRESHNESS_MAX_CONSENT_AGE_SECONDS=bound) as sidecars,
    ):
        sidecars.add("one", CONSENT_MODE="replica")
        sidecars.add("other", CONSENT_MODE="on_demand", CONSENT_HELD_SUBJECTS="100")
        late = sidecars.add("late", CONSENT_MODE=mode, NATS_SERVERS=between.url)
        sidecars.init()
        sidecars.start()
        prober = Prober(sidecars.members, BOUND_SECONDS * 1_000, by_way_of=sidecars.members[:2])
        with prober.running():
            write_all(sidecars.members, acts("before", people=50, each=4), done)
            between.lag_seconds = LAG_SECONDS
            write_all(sidecars.members[:2], acts("during", people=100, each=4), done)
            eventually(lambda: later_than(late.caller.check(question("anybody")).consent_age_ms))
            between.lag_seconds = 0.0
        require_same(sidecars, done)

    assert 600 == len(done.revisions)


def later_than(age_ms: int) -> None:
    """The view says that it is late."""
    assert age_ms >= LAG_SECONDS * 1_000
