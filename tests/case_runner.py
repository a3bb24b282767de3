"""One loop for every case: record what people did, ask, compare."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import pytest

from sidecar.authoring.suite.observed import named
from sidecar.model.instant import parse
from tests.case_events import event_id
from tests.case_files import Case, Suite
from tests.case_worlds import CaseError, World


class MakeWorld(Protocol):
    """Makes a world for suites of one bundle; *stack* closes what it opens."""

    def __call__(self, suite: Suite, scratch: Path, stack: ExitStack) -> World:
        """A world that knows nobody yet; *scratch* is an empty folder."""


class CaseRunner:
    """Runs cases against one kind of world, made once for each bundle and closed with *stack*.

    People of different suites and instants are different subjects, so no case can see another.
    """

    def __init__(self, make: MakeWorld, scratch: Path, stack: ExitStack) -> None:
        self._make = make
        self._scratch = scratch
        self._stack = stack
        self._worlds: dict[object, World] = {}
        self._recorded: set[tuple[object, str]] = set()

    def run(self, case: Case) -> None:
        """Raise ``AssertionError`` unless the answer is as the case wants it."""
        world = self._world(case.suite)
        subject = self._subject(case, world, case.ask["subject"])
        others = tuple(self._subject(case, world, name) for name in case.ask.get("co_subjects", ()))
        world.clock.now = parse(case.now)
        try:
            observed = world.ask(case, subject, others)
        except CaseError as error:
            assert case.error == str(error)  # noqa: PT017 - an error is one of the answers
            return

        assert case.error is None
        assert list(case.wanted) == [
            named(want, got, whole=frozenset({"because"})) for want, got in zip(case.wanted, observed, strict=True)
        ]

    def _world(self, suite: Suite) -> World:
        world = self._worlds.get(suite.world)
        if world is None:
            scratch = Path(mkdtemp(dir=self._scratch))
            world = self._worlds[suite.world] = self._make(suite, scratch, self._stack)
        return world

    def _subject(self, case: Case, world: World, name: str) -> str:
        """The id of somebody asked about, after everything that they did was recorded."""
        if not name:
            return ""
        # A view may depend on what was asked before, so such a case has its own subject.
        subject = f"{case.suite.name}/{case.now}/{name}" + (f"/{case.name}" if case.view else "")
        key = (case.suite.world, subject)
        if key not in self._recorded:
            for index, step in enumerate(case.suite.steps(name, case.now)):
                _record(world, subject, step, event_id(step, index))
            self._recorded.add(key)
        return subject


def _record(world: World, subject: str, step: Mapping[str, Any], id_: str) -> None:
    world.clock.now = parse(step["at"])
    if "error" in step:
        with pytest.raises(CaseError) as caught:
            world.record(subject, step, id_)
        assert step["error"] == str(caught.value)
    else:
        assert step.get("duplicate", False) is world.record(subject, step, id_)
