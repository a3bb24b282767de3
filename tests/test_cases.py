"""Every case of ``tests/cases`` and ``policies/tests``, asked of the engine and of a server over gRPC."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from sidecar.config import GRPCIO, NATIVE
from sidecar.model.vocabulary import Action, Actor, Basis, Channel, Effect, Mask, Reason
from tests.case_engine import EngineWorld
from tests.case_files import SCHEMA, Case, load_cases
from tests.case_runner import CaseRunner, MakeWorld
from tests.case_server import ServedWorld

CASES: Final = load_cases()


def _running(make: MakeWorld, scratch: Path) -> Iterator[CaseRunner]:
    with ExitStack() as stack:
        yield CaseRunner(make, scratch, stack)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRunner]:
    """Asks the engine."""
    yield from _running(EngineWorld, tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session", params=[GRPCIO, NATIVE])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRunner]:
    """Asks servers over gRPC, on each transport."""
    make = partial(ServedWorld, transport=request.param)
    yield from _running(make, tmp_path_factory.mktemp(f"server-{request.param}"))


@pytest.mark.parametrize("case", [case for case in CASES if not case.for_transport], ids=str)
def test_the_engine_answers(engine: CaseRunner, case: Case) -> None:
    """The engine answers as the case wants."""
    engine.run(case)


@pytest.mark.conformance
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_server_answers(server: CaseRunner, case: Case) -> None:
    """A server answers as the case wants, and explains what it answers."""
    server.run(case)


def test_there_are_enough_cases() -> None:
    """The table is as long as was promised."""
    assert len(CASES) >= 150


def _wants() -> Iterator[Any]:
    return (want for case in CASES for want in case.wanted)


def _facts(name: str) -> set[object]:
    return {want["facts"][name] for want in _wants() if want.get("facts") and name in want["facts"]}


def _steps() -> Iterator[Any]:
    return (step for case in CASES for steps in case.suite.subjects.values() for step in steps)


@pytest.mark.parametrize(
    ("vocabulary", "shown"),
    [
        pytest.param(Reason, lambda: {want.get("reason") for want in _wants()}, id="reason"),
        pytest.param(Effect, lambda: {want.get("effect") for want in _wants()}, id="effect"),
        pytest.param(Mask, lambda: {want.get("mask") for want in _wants()}, id="mask"),
        pytest.param(Basis, lambda: _facts("basis"), id="basis"),
        pytest.param(Action, lambda: {case.ask.get("action", "use") for case in CASES}, id="action"),
        pytest.param(Channel, lambda: {case.ask.get("channel") for case in CASES}, id="channel"),
        pytest.param(Actor, lambda: {step.get("actor", "subject") for step in _steps()}, id="actor"),
    ],
)
def test_every_word_is_shown(vocabulary: type[StrEnum], shown: Callable[[], set[object]]) -> None:
    """No value of a closed vocabulary is without a case."""
    assert set() == {value.value for value in vocabulary} - shown()


def test_the_schema_of_cases_knows_every_reason() -> None:
    """No reason is missing in the schema of case files, none is there that does not exist."""
    schema = json.loads(SCHEMA.read_text("utf-8"))

    assert [reason.value for reason in Reason] == schema["$defs"]["want"]["properties"]["reason"]["enum"]


def test_every_recipient_is_shown() -> None:
    """The first party, and each third party of the demo bundle, has a case."""
    assert {"first_party", "grocer-partner", "ad-network"} <= {case.ask.get("recipient") for case in CASES}


def test_every_state_is_shown() -> None:
    """Every fact about a person takes each of its values in some case."""
    shown = {name: _facts(name) for name in ("consent", "explicit", "by_guardian", "objected", "restricted", "erased")}

    assert {"given", "withdrawn", "refused", "superseded", "expired", "unknown"} == shown.pop("consent")
    assert {name: {True, False} for name in shown} == shown
