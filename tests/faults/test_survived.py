"""What a shared log and its sidecars survive: a server that is killed or frozen, sidecars that are killed or away.

After each everything that was acknowledged is in every sidecar, and nothing twice; during it no answer was wrong.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.view.snapshot import FILE, Snapshot
from sidecar.model.instant import DAY, SECOND
from tests.faults.conftest import BOUND_SECONDS
from tests.faults.probing import Prober
from tests.faults.standing import require_same, verify
from tests.faults.writing import Acknowledged, Act, acts, write_all
from tests.fleet import Fleet, Member
from tests.integration.caller import eventually, question
from tests.nats_server import NatsServer

pytestmark = pytest.mark.nats

FROZEN_SECONDS = 20


def test_the_server_is_killed_in_the_middle_of_ten_thousand_appends(
    sidecars: Fleet, server: NatsServer, prober: Prober
) -> None:
    """Whatever was on its way is sent again, by other sidecars too, and is there once."""
    done = Acknowledged()
    to_do = acts("killed", people=500, each=20)
    with prober.running(), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all, sidecars.members, to_do, done)
        done.await_count(3_000)
        server.kill()
        eventually(lambda: require(done.again > 0), within_seconds=20)
        server.start()
        writing.result()

    assert 10_000 == len(done.revisions)
    require_same(sidecars, done)
    verify(sidecars.members[0])


def test_the_server_is_frozen_for_twenty_seconds(sidecars: Fleet, server: NatsServer, prober: Prober) -> None:
    """Its connections stay and nothing comes: every sidecar says within its bound that it is stale, and recovers."""
    done = Acknowledged()
    to_do = acts("frozen", people=50, each=20)
    with prober.running(), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all, sidecars.members, to_do, done)
        done.await_count(200)
        server.freeze()
        frozen_at = time.monotonic()
        for member in sidecars.members:
            eventually(partial(require_stale, member), within_seconds=BOUND_SECONDS + 3)
        while time.monotonic() < frozen_at + FROZEN_SECONDS:
            for member in sidecars.members:
                require_stale(member)
                assert member.healthy("authz")
        server.thaw()
        writing.result()
        for member in sidecars.members:
            eventually(partial(require_fresh, member), within_seconds=20)

    assert 1_000 == len(done.revisions)
    require_same(sidecars, done)


@pytest.mark.parametrize("victim", [0, 2], ids=["replica", "bounded"])
def test_a_sidecar_is_killed_in_the_middle_of_appends(sidecars: Fleet, prober: Prober, victim: int) -> None:
    """What it had on its way is sent again to others; started again it has everything."""
    done = Acknowledged()
    to_do = acts(f"victim-{victim}", people=50, each=20)
    member = sidecars.members[victim]
    with prober.running(), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all, sidecars.members, to_do, done)
        done.await_count(300)
        member.kill()
        member.start()
        writing.result()
        member.await_ready()

    assert 1_000 == len(done.revisions)
    require_same(sidecars, done)


def test_sidecars_are_away_during_five_thousand_changes(sidecars: Fleet, prober: Prober) -> None:
    """A replica takes up its snapshot, and reads only what came behind it; the bounded one what it is asked."""
    _, replica, bounded = sidecars.members
    done = Acknowledged()
    with prober.running():
        missed = away(sidecars, (replica, bounded), acts("away", people=250, each=20), done)

    assert 5_000 == len(done.revisions)
    assert 0 < missed[replica.name]
    require_same(sidecars, done)


@pytest.mark.parametrize("spoil", ["deleted", "too old", "damaged"])
def test_a_snapshot_that_is_of_no_use(sidecars: Fleet, prober: Prober, spoil: str) -> None:
    """The sidecar reads the whole log instead, and serves what it has only when it has everything."""
    replica = sidecars.members[1]
    done = Acknowledged()
    spoils: dict[str, Callable[[Path], None]] = {
        "deleted": Path.unlink,
        "too old": lambda path: make_old(sidecars, path),
        "damaged": damage,
    }
    with prober.running():
        to_do = acts(f"snapshot-{spoil.replace(' ', '-')}", people=50, each=4)
        after = away(sidecars, (replica,), to_do, done, meanwhile=lambda: spoils[spoil](snapshot_of(replica)))

    assert 0 == after[replica.name]
    require_same(sidecars, done)


def away(
    sidecars: Fleet,
    members: tuple[Member, ...],
    to_do: Sequence[Act],
    done: Acknowledged,
    meanwhile: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Have *to_do* done while *members* are stopped; the positions that they then begin to read behind."""
    for member in members:
        member.stop()
    said = {member.name: len(member.said) for member in members}
    write_all([each for each in sidecars.members if each not in members], to_do, done)
    meanwhile()
    for member in members:
        member.start()
    for member in members:
        member.await_ready()
    return {member.name: began_behind(member.said[said[member.name] :]) for member in members}


def began_behind(said: str) -> int:
    """The position that a sidecar began to read the log behind; 0: it read the whole, or reads what it is asked."""
    for line in said.splitlines():
        entry = json.loads(line)
        if entry["message"] == "loading the view of consent":
            return int(entry["after"] or 0)
    return 0


def snapshot_of(member: Member) -> Path:
    """Its file."""
    return member.folder / "data" / FILE


def damage(path: Path) -> None:
    """Have the end of the snapshot at *path* be missing."""
    path.write_bytes(path.read_bytes()[:-40])


def make_old(sidecars: Fleet, path: Path) -> None:
    """Have the snapshot at *path* be one of 31 days ago."""
    pseudonyms = Pseudonyms((sidecars.folder / "key").read_bytes())
    with closing(NatsLog.open(sidecars.nats, pseudonyms)) as log:
        now = round(time.time() * SECOND)
        snapshot = Snapshot(path, log, pseudonyms, max_offline=40 * DAY)
        restored = snapshot.read(now=now)
        assert restored is not None
        snapshot.write(
            restored.slots,
            Revision(log.log_id, restored.position),
            last_entry=restored.last_entry,
            now=now - 31 * DAY,
            resolved_at=lambda: restored.resolved_at,
        )


def require_stale(member: Member) -> None:
    """It says of its answers that its view is older than its bound."""
    assert "STALE_CONSENT" == member.caller.reason(question("anybody"))


def require_fresh(member: Member) -> None:
    """It says of itself that its sources are within their bounds."""
    assert member.healthy("authz.fresh")


def require(true: bool) -> None:  # noqa: FBT001 - a condition to wait for
    """Raise unless *true*."""
    assert true
