"""Hostile and broken callers, each against a process of its own: others are served meanwhile, and memory is bounded.

What follows each attack is how often it strikes, and how many megabytes it may cost over either transport: bounds that
were measured, and rounded up generously. ``HOSTILE=10 pytest ...`` strikes ten times as often; bounds that grow with
that are of what cannot be bounded, see ADR-0039.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.engine.plan import Plans
from sidecar.engine.snapshot import Snapshot
from tests.conformance.transports.over import CHECK, Over, serving_over
from tests.conformance.transports.process import ENVIRON, ROOT, Process, running
from tests.integration.caller import eventually, question
from tests.wire.connection import message
from tests.wire.hostile import ATTACKS

pytestmark = pytest.mark.conformance

MORE: Final = int(os.environ.get("HOSTILE", "1"))
THREADS: Final = 20
"""Of a process, by default."""

STRIKE_SECONDS: Final = 60.0 * MORE
SERVED_SECONDS: Final = 5.0
"""The worst that a well-behaved caller may wait for an answer: milliseconds on a quiet machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """How often one strikes, and the megabytes that it may cost."""

    scale: int
    grpcio: float
    native: float
    grows: bool = False  # with how often it strikes


EXPECTED: Final = {
    "garbage": Attack(scale=200, grpcio=25, native=25),
    "half_open": Attack(scale=300, grpcio=40, native=40, grows=True),
    "never_reads": Attack(scale=10, grpcio=150, native=100, grows=True),
    "large_headers": Attack(scale=20, grpcio=600, native=25, grows=True),  # grpcio takes them in before it is greeted
    "hpack_bomb": Attack(scale=50, grpcio=150, native=25, grows=True),
    "continuations": Attack(scale=32, grpcio=80, native=25),
    "rapid_reset": Attack(scale=20, grpcio=600, native=40),
    "pings": Attack(scale=100, grpcio=40, native=40),
    "trifles": Attack(scale=100, grpcio=25, native=25),
    "large_message": Attack(scale=50, grpcio=25, native=120, grows=True),
    "packed_message": Attack(scale=50, grpcio=25, native=180, grows=True),
    "half_sent": Attack(scale=300, grpcio=60, native=80, grows=True),
    "claims": Attack(scale=1_000, grpcio=60, native=60, grows=True),
}

BLOCKING: Final = {"half_open", "half_sent", "claims"}
"""Calls without a message, or with half of one: each takes one of grpcio's threads until its caller goes."""


@pytest.fixture(scope="module")
def process(transport: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A sidecar under attack."""
    with running(transport, tmp_path_factory.mktemp("hostile")) as served:
        yield served


@contextmanager
def attacking(process: Process, name: str, scale: int) -> Iterator[None]:
    """*name*, in a process of its own, from when it has done its worst until the block ends."""
    words = [sys.executable, "-m", "tests.wire.hostile", name, process.addresses["tcp"], f"{scale}"]
    with subprocess.Popen(
        words, cwd=ROOT, env=ENVIRON, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as attacker:
        try:
            assert attacker.stdout is not None
            assert attacker.stdout.readline().startswith("standing")
            yield
            assert attacker.stdin is not None
            attacker.stdin.close()
            attacker.wait(STRIKE_SECONDS)
        finally:
            attacker.kill()


class Regular:
    """A well-behaved caller who asks all the time, on a connection of its own."""

    def __init__(self, process: Process) -> None:
        self.ends: list[str] = []
        self.worst_seconds = 0.0
        self._process = process
        self._stop = Event()
        self._asked = message(question("regular").SerializeToString())

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask during the block."""
        thread = Thread(target=self._ask)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _ask(self) -> None:
        with self._process.connection("unix") as raw:
            while not self._stop.wait(0.005):
                began = time.monotonic()
                stream = raw.call(CHECK)
                raw.data(stream, self._asked)
                try:
                    self.ends.append(raw.reply(stream, within_seconds=SERVED_SECONDS).outcome)
                except TimeoutError:
                    self.ends.append("nothing")
                self.worst_seconds = max(self.worst_seconds, time.monotonic() - began)


def _asked(process: Process, *, times: int = 10) -> set[str]:
    with process.connection() as raw:
        return {raw.ask(CHECK, message(question("after").SerializeToString())).outcome for _ in range(times)}


def test_every_attack_has_its_bounds() -> None:
    """One that is added must be given them."""
    assert set(ATTACKS) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_others_are_served_and_memory_is_bounded(process: Process, name: str) -> None:
    """While it lasts, and once it is over; its connections are let go of."""
    attack, grpcio = EXPECTED[name], process.transport == "grpcio"
    most = (attack.grpcio if grpcio else attack.native) * (MORE if attack.grows else 1)
    regular = Regular(process)
    assert {"OK"} == _asked(process)
    before, files = process.memory(), process.open_files()
    process.forget_most()
    blocked = grpcio and name in BLOCKING
    with regular.asking(), attacking(process, name, attack.scale * MORE):
        # On grpcio some attacks leave it waiting: then it is what it waited that is looked at.
        eventually(lambda: _is(len(regular.ends) >= 100 or "nothing" in regular.ends), within_seconds=30)
    grown = process.memory("VmHWM") - before
    sys.stdout.write(f"{process.transport} {name}: {grown:.0f} MB, worst {regular.worst_seconds * 1_000:.0f} ms\n")
    eventually(lambda: _is({"OK"} == _asked(process)))
    eventually(lambda: _is(process.open_files() <= files + 5), within_seconds=20)

    assert grown < most
    if not blocked:
        assert {"OK"} == set(regular.ends) - ({"CANCELLED"} if grpcio else set())
        assert regular.worst_seconds < SERVED_SECONDS
    assert "panicked" not in process.said


def test_who_sends_half_a_call_blocks_nobody_on_native_and_one_thread_each_on_grpcio(
    transport: str, tmp_path: Path
) -> None:
    """Grpcio reads a message on the thread that is to answer it, so as many such calls as threads silence it.

    Until their callers go, or their deadlines are over: they cannot be told from slow ones. On native a call takes
    nothing but its memory before it is complete; what goes through its fallback has grpcio's threads.
    """
    with running(transport, tmp_path, SERVER_THREADS=f"{THREADS}") as process, process.calling("unix") as caller:
        with process.connection() as raw:
            for _ in range(THREADS):
                raw.call(CHECK)
            raw.call("/no/such")  # answered once the calls before it have come in
            raw.begun(2 * THREADS + 1)
            with process.connection("unix") as other:
                stream = other.call(CHECK)
                other.data(stream, message(question("p").SerializeToString()))
                try:
                    outcome = other.reply(stream, within_seconds=2).outcome
                except TimeoutError:
                    outcome = "nothing"
        after = caller.reason(question("p"))

    assert ({"grpcio": "nothing", "native": "OK"}[transport], "CONSENT_UNKNOWN") == (outcome, after)


def test_ever_new_questions_fill_no_memory(transport: str, tmp_path: Path) -> None:
    """Values that policies look at, values and names that they do not, and long ones; others are served meanwhile."""
    with running(transport, tmp_path, LIMITS_MISSES_PER_SECOND="200", LIMITS_MISSES_BURST="200") as process:
        regular = Regular(process)
        flood(process, 0, 1_000)
        before = process.memory()
        with regular.asking():
            ends = flood(process, 1_000, 6_000 * MORE)
        grown = process.memory() - before
        with process.calling() as caller:
            reason = caller.reason(question("p"))

    assert {"OK", "RESOURCE_EXHAUSTED"} >= ends
    assert ({"OK"}, "CONSENT_UNKNOWN") == (set(regular.ends), reason)
    assert regular.worst_seconds < SERVED_SECONDS
    assert grown < 80 * MORE


def test_ever_new_questions_fill_no_table(transport: str) -> None:
    """However often each comes: what is remembered of them stays within its bounds, and they push out nothing else.

    Tables of 64, for to overflow those of a real process over the wire takes minutes.
    """
    with serving_over(transport) as over, over.calling() as caller:
        world = over.served.sidecar.world
        snapshot = Snapshot(world.policies.snapshot.bundle, capacity=64)
        snapshot.plans = Plans(capacity=64, plans=64)
        world.policies = replace(world.policies, snapshot=snapshot)
        reasons = {caller.reason(question("p"))}
        regular = snapshot.verdicts.rows()
        sizes = []
        for first in range(0, 600, 30):
            for _ in range(3):  # it has a verdict after the first, a plan and an outcome after the second
                ends = flood(over, first, 30)
                sizes.append(_sizes(snapshot))
        reasons.add(caller.reason(question("p")))
        remembered = {(row.question, row.facts) for row in snapshot.verdicts.rows()}

    assert {"OK"} == ends
    assert {"CONSENT_UNKNOWN"} == reasons
    verdicts, *plans = (max(of_one) for of_one in zip(*sizes, strict=True))
    assert 32 < verdicts <= 2 * 64  # those on attributes that policies look at, and all others
    assert all(32 < most <= 64 for most in plans)
    assert regular
    assert {(row.question, row.facts) for row in regular} <= remembered


def _sizes(snapshot: Snapshot) -> tuple[int, ...]:
    plans = snapshot.plans
    return len(snapshot.verdicts), len(plans.by_key), len(plans.by_profile), len(plans.by_facts)


def flood(process: Process | Over, first: int, amount: int) -> set[str]:
    """How so many questions end of which no two are alike."""
    ends = set()
    with process.connection() as raw:
        for number in range(first, first + amount):
            changes: dict[str, Any] = (
                {"attributes": {"amount_cents": model_pb2.AttributeValue(int_value=number)}},
                {"attributes": {f"{number}" + "x" * 1_000: model_pb2.AttributeValue(bool_value=True)}},
                {"purpose": f"{number}" + "x" * 1_000},
            )[number % 3]
            asked = pb.CheckRequest(
                service="fraud",
                subject=f"p{number}",
                fields=["home.location"],
                **{"purpose": "essential.fraud_detection", **changes},
            )
            ends.add(raw.ask(CHECK, message(asked.SerializeToString())).outcome)
    return ends


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value
