"""A log that is destroyed while sidecars follow it: it is noticed at once, and brought back under another id.

An empty or foreign log in its place is never followed: it would forget every no.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import nats
import pytest

from tests.faults.conftest import BOUND_SECONDS
from tests.faults.probing import LATEST, Prober
from tests.faults.standing import require_same, verify
from tests.faults.writing import Acknowledged, acts, write_all
from tests.fleet import Fleet, Member
from tests.integration.caller import choice, eventually, question

if TYPE_CHECKING:
    from nats.js import JetStreamContext

pytestmark = pytest.mark.nats

HEARTBEAT_SECONDS = 1.0
BUSY_SECONDS = 2.0
"""What a machine may take longer that has other things to do; a quiet one needs none of it."""

Destroy = Callable[["JetStreamContext", str], Awaitable[None]]


async def delete(streams: "JetStreamContext", name: str) -> None:
    """Remove the stream."""
    await streams.delete_stream(name)


async def purge(streams: "JetStreamContext", name: str) -> None:
    """Remove all that is in the stream."""
    await streams.purge_stream(name)


async def purge_some(streams: "JetStreamContext", name: str) -> None:
    """Remove the first half of what is in the stream."""
    state = (await streams.stream_info(name)).state
    await streams.purge_stream(name, seq=state.last_seq // 2)


async def replace(streams: "JetStreamContext", name: str) -> None:
    """Remove the stream, and make one of the same name and settings by hand."""
    config = (await streams.stream_info(name)).config
    await streams.delete_stream(name)
    await streams.add_stream(config)


@pytest.mark.parametrize("destroy", [delete, purge, purge_some, replace])
def test_a_log_that_is_destroyed_is_brought_back(doomed: Fleet, destroy: Destroy, tmp_path: Path) -> None:
    """Every sidecar notices within a heartbeat, answers nothing from what it has, and follows what is restored."""
    first = doomed.members[0]
    done, file = Acknowledged(), tmp_path / "export.jsonl"
    prober = Prober(doomed.members, BOUND_SECONDS * 1_000)
    prober.withdraw(LATEST)
    write_all(doomed.members, acts("destroyed", people=50, each=6), done)
    succeed(first, "consent", "export", "--out", str(file), "--token-file", str(first.token_file))
    with prober.running(changing=False):
        do(doomed, destroy)
        noticed_by = time.monotonic() + HEARTBEAT_SECONDS + BUSY_SECONDS
        for member in doomed.members:
            eventually(partial(require_stale, member), within_seconds=noticed_by - time.monotonic())
        for member in doomed.members:  # its health is told once a second
            eventually(partial(require_lost, member), within_seconds=noticed_by + 1 - time.monotonic())
        if destroy is not delete:
            do(doomed, delete)
        doomed.init()  # an empty log, which has another id and descends from none
        watch_lost(doomed, seconds=2 * HEARTBEAT_SECONDS)
        do(doomed, delete)
        succeed(first, "consent", "restore", str(file))
        for member in doomed.members:
            member.await_ready(20)
        token = first.caller.record("afterwards", choice("afterwards", "GIVEN")).revision

    assert token.partition(".")[0] != done.latest.partition(".")[0]
    require_same(doomed, done, token=token)
    verify(doomed.members[0])


def do(sidecars: Fleet, destroy: Destroy) -> None:
    """Have *destroy* done to the stream of the log."""

    async def connected() -> None:
        client = await nats.connect(sidecars.nats.servers)
        try:
            await destroy(client.jetstream(), sidecars.nats.stream)
        finally:
            await client.close()

    asyncio.run(connected())


def succeed(member: Member, *words: str) -> None:
    """Have the command line do *words*."""
    done = member.run(*words)

    assert 0 == done.returncode, done.stderr


def require_stale(member: Member) -> None:
    """It answers ``STALE_CONSENT``."""
    assert "STALE_CONSENT" == member.caller.reason(question("anybody"))


def require_lost(member: Member) -> None:
    """It is not ready, answers ``STALE_CONSENT``, and records nothing."""
    assert not member.healthy("authz")
    require_stale(member)
    with pytest.raises(grpc.RpcError):
        member.caller.record("anybody", choice("not-recorded", "GIVEN"))


def watch_lost(sidecars: Fleet, *, seconds: float) -> None:
    """All the while, each of them is as ``require_lost`` says."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for member in sidecars.members:
            require_lost(member)
