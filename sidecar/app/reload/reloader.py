"""Looks at the bundle's source, has what is new there examined, and serves it if it is good."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Final

from sidecar.app.garbage import undisturbed
from sidecar.app.pins import unknown_pins
from sidecar.app.reload.child import Child
from sidecar.app.reload.examined import Examined, listen
from sidecar.app.reload.stages import Stages
from sidecar.app.reload.watch import Step, Watch
from sidecar.app.trust import trust_of
from sidecar.authoring.examination.messages import Ending, Order
from sidecar.config import Config
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import Problem, ReloadError
from sidecar.model.instant import Instant
from sidecar.pace import Pace
from sidecar.policy.bundle import Bundle
from sidecar.policy.cedar.policies import Policies as CedarPolicies
from sidecar.policy.fingerprint import fingerprint
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.reloads import Outcome, Reload, Reloads
from sidecar.transport.world import Policies, World

MOST_ROWS: Final = 16_384
"""Questions that a new bundle decides before it is served, if there is time: those asked last."""
GRACE_SECONDS: Final = 2.0
"""How long what was replaced is kept for calls that began with it, if no look comes earlier."""


class Reloader:
    """One thread, from ``start`` to ``stop``; the only one that replaces what the world serves.

    It holds the interpreter only in short slices: whatever takes long is done by a child process, or by Cedar with the
    interpreter let go.
    """

    def __init__(
        self,
        config: Config,
        world: World,
        reloads: Reloads,
        errors: ErrorReports,
        *,
        seen: bytes,
    ) -> None:
        self._settings = config.bundle
        self._trust = trust_of(config.bundle)
        self._world = world
        self._reloads = reloads
        self._errors = errors
        self._listeners = config.server.listen
        self._watch = Watch(seen, settle_seconds=config.bundle.settle_seconds)
        self._replaced: Snapshot | None = None
        self._asked = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="reload", daemon=True)
        self.child_pid: int | None = None
        """The process that examines, while one does."""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def look_now(self) -> None:
        """Have the source examined as soon as it has settled, even if it seems unchanged. Safe in signal handlers."""
        self._asked.set()

    def stop(self) -> None:
        """End the examination that is under way, if any, and look no more."""
        self._stopping = True
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look once, and do what that calls for."""
        self._let_go()
        now = self._world.ticks()
        seen = fingerprint(self._settings.path, Pace().rest)
        match self._watch.see(seen, now):
            case Step.REST:
                self._world.policies = replace(self._world.policies, checked_at=now)
            case Step.EXAMINE:
                with undisturbed():
                    self._examine(seen, now)
            case Step.WAIT:
                pass

    def _run(self) -> None:
        while True:
            pause = self._settings.poll_seconds
            if self._asked.wait(pause if self._replaced is None else min(pause, GRACE_SECONDS)):
                self._asked.clear()
                self._watch.forget()
            if self._stopping:
                return
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a look that fails must not be the last one
                self._errors.report("policy", error)

    def _examine(self, seen: bytes, now: Instant) -> None:
        stages = Stages()
        try:
            examined = self._ask_child()
            stages.end("child")
            if not examined.looked.before == examined.looked.after == seen:
                self._watch.moved(self._world.ticks())
                return
            self._decide(examined, now, stages)
        except ReloadError as error:
            if not self._stopping:
                stages.end("child")
                self._fail(error, stages)

    def _ask_child(self) -> Examined:
        pace = Pace()
        timeout = self._settings.reload_timeout_seconds
        with Child(timeout_seconds=timeout, given_up=lambda: self._stopping) as child:
            self.child_pid = child.pid
            try:
                return listen(child.ask(self._order(pace)), pace)
            finally:
                self.child_pid = None

    def _order(self, pace: Pace) -> Iterator[object]:
        """What to examine, and what was asked lately."""
        snapshot = self._world.policies.snapshot
        yield Order(
            source=str(self._settings.path),
            trust=self._trust,
            serving=snapshot.bundle.revision,
            seconds=self._settings.reload_timeout_seconds,
        )
        for row in snapshot.verdicts.latest(MOST_ROWS):
            pace.rest()
            yield row

    def _decide(self, examined: Examined, now: Instant, stages: Stages) -> None:
        problems = examined.problems
        if examined.catalog is not None:
            problems += unknown_pins(self._listeners, examined.catalog)
        before = self._world.policies
        bad = any(not problem.warning for problem in problems)
        if examined.ending is Ending.UNCHANGED:
            outcome = Outcome.UNCHANGED
            self._world.policies = replace(before, checked_at=now)
        elif bad or examined.ending is Ending.BAD:
            outcome = Outcome.REFUSED
        else:
            outcome = Outcome.SWAPPED
            self._swap(examined, now, stages)
            self._replaced = before.snapshot
        self._watch.conclude(good=outcome is not Outcome.REFUSED)
        self._report(outcome, before, examined.looked.revision, problems, stages)

    def _swap(self, examined: Examined, now: Instant, stages: Stages) -> None:
        assert examined.catalog is not None
        assert examined.compiled is not None
        bundle = Bundle(
            revision=examined.looked.revision,
            source=str(self._settings.path),
            catalog=examined.catalog,
            policies=CedarPolicies(examined.compiled),
            findings=examined.problems,
        )
        stages.end("parse")
        snapshot, pace = self._world.policies.snapshot.successor(bundle), Pace()
        for row in reversed(examined.rows):
            snapshot.verdicts.remember((row,))
            pace.rest()
        stages.end("warm")
        self._world.policies = Policies(snapshot=snapshot, loaded_at=self._world.clock(), checked_at=now)
        stages.end("swap")

    def _let_go(self) -> None:
        """Of what was replaced, now that calls which began with it have ended."""
        replaced, self._replaced = self._replaced, None
        if replaced is not None:
            _forget(replaced)

    def _fail(self, error: ReloadError, stages: Stages) -> None:
        pause = self._watch.fail(self._world.ticks())
        self._errors.report("policy", error)
        problem = Problem(
            file=str(self._settings.path),
            line=0,
            column=0,
            code=error.code,
            message=str(error),
            hint=f"it is tried again in {pause:g} s, and after each change",
        )
        self._report(Outcome.FAILED, self._world.policies, "", (problem,), stages)

    def _report(
        self, outcome: Outcome, before: Policies, revision: str, problems: tuple[Problem, ...], stages: Stages
    ) -> None:
        self._reloads.report(
            Reload(
                outcome=outcome,
                at=self._world.clock(),
                before=before.snapshot.bundle.revision,
                revision=revision,
                problems=problems,
                milliseconds=stages.milliseconds,
            )
        )


def _forget(snapshot: Snapshot) -> None:
    pace = Pace()
    for _ in snapshot.retire():
        pace.rest()
