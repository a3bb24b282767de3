"""Asks the engine, and does what it waits for: it never waits itself."""

from dataclasses import dataclass
from threading import Semaphore
from time import monotonic, perf_counter
from typing import Final

from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, Pending, Request
from sidecar.model.instant import Instant
from sidecar.transport.reads import Reads
from sidecar.transport.shared import Shared
from sidecar.transport.world import Policies

_ROUNDS: Final = 4  # a slot may run out, or make room, again while it is resolved; then the answer is a deny
_LOOK_SECONDS: Final = 0.05
"""How long to wait for the view before looking whether it still makes sense."""

_RESERVE: Final = 0.2
"""Share of the caller's remaining time kept for the way back: a deny that says why, not a deadline exceeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An answer, and what it was drawn from."""

    answer: Answer
    snapshot: Snapshot
    now: Instant
    seconds: float  # that it took


class Decider:
    """Decides requests against the one world. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self._world = shared.world
        self._lifecycle = shared.lifecycle
        self._reads = Reads(shared.world.cache, shared.metrics, shared.errors)
        self._park_seconds = shared.limits.park_seconds
        self._places = Semaphore(shared.limits.parked)
        self.parked = 0

    def patience(self, remaining: float | None) -> float:
        """Until when, on the monotonic clock, a call may wait that has *remaining* seconds (``None``: no deadline)."""
        seconds = self._park_seconds
        if remaining is not None:
            seconds = min(seconds, remaining * (1 - _RESERVE))
        return monotonic() + seconds

    def decide(self, request: Request, policies: Policies, *, until: float) -> Decided:
        """The answer to *request* under *policies*; waits for the revision it asks for *until* its patience is over.

        Raises ``RequestError`` if ``at_least_as_fresh`` is no revision. A revision that does not arrive in time and a
        record that cannot be read are answers: denies with their reason.
        """
        began = perf_counter()
        answer, now = self._decide(request, policies, until)
        seconds = perf_counter() - began
        return Decided(answer=answer, snapshot=policies.snapshot, now=now, seconds=seconds)

    def wait_for(self, position: int, until: float) -> bool:
        """Wait until the view has reached *position*: whether it did, in the time and the places there are."""
        if not self._places.acquire(blocking=False):
            return False
        self.parked += 1
        try:
            cache = self._world.cache
            while cache.applied < position:
                seconds = min(until - monotonic(), _LOOK_SECONDS)
                if seconds <= 0 or cache.lost or self._lifecycle.drained_within(0):
                    return False
                cache.wait(beyond=position - 1, seconds=seconds)
            return True
        finally:
            self.parked -= 1
            self._places.release()

    def resolve(self, pending: Pending, now: Instant, until: float) -> bool:
        """Do what is *pending*, waiting at most *until* then: whether asking again makes sense."""
        if pending.position is not None:
            return self.wait_for(pending.position, until)
        assert pending.pseudonym is not None
        return self._reads.read(pending.pseudonym, now=now, until=until)

    def _decide(self, request: Request, policies: Policies, until: float) -> tuple[Answer, Instant]:
        world, snapshot = self._world, policies.snapshot
        for _ in range(_ROUNDS + len(request.co_subjects)):
            now = world.clock()
            outcome = world.point.decide(request, snapshot, now=now, freshness=world.freshness(policies))
            if isinstance(outcome, Answer):
                return outcome, now
            if not self.resolve(outcome, now, until):
                break
        now = world.clock()
        answer = world.point.decide(request, snapshot, now=now, freshness=world.freshness(policies), may_wait=False)
        assert isinstance(answer, Answer)
        return answer, now
