"""The load that benchmarks make, by a real h2load: every call of it is answered, and answered right."""

from collections.abc import Iterator

import pytest

from benchmarks.load.h2load import HOW_TO_GET, available, run
from benchmarks.servers.sidecar import TRANSPORTS, Sidecar, sidecar
from benchmarks.worlds.bundle import write_bundle
from benchmarks.worlds.people import make_world
from benchmarks.worlds.questions import question
from tests.integration.caller import eventually

CALLS = 2_000
ALLOWED = 'sidecar_decisions_total{effect="allow",reason="ALLOWED"}'
ANSWERED = 'sidecar_calls_total{code="OK",method="Check"}'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """A sidecar with a view of five thousand people, three thousand of whom are only in what was saved."""
    assert available(), HOW_TO_GET
    folder = tmp_path_factory.mktemp("load")
    bundle = write_bundle(folder / "bundle")
    with sidecar(folder / "run", bundle, make_world(folder / "data", bundle, 5_000)) as started:
        yield started


def test_the_sidecar_starts_from_what_was_saved(served: Sidecar) -> None:
    """Those who are only in the saved view are there."""
    assert 5_000 == served.metrics()["sidecar_consent_subjects"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_call_of_a_load_is_allowed(served: Sidecar, transport: str) -> None:
    """Each has an answer with a message, ends OK and allows the field; each was recorded with its time."""
    message = question(1).SerializeToString()
    least, most = served.answer_bytes(transport, message)
    before = served.metrics()
    outcome = run(served.load(transport, message, in_flight=16), CALLS)

    outcome.require_answers(least=least, most=most)
    assert CALLS == len(outcome.microseconds)
    eventually(lambda: counted(served, before))


def counted(served: Sidecar, before: dict[str, float]) -> None:
    """What the sidecar counted since, which it may do after the call."""
    after = served.metrics()

    assert [CALLS, CALLS] == [after[name] - before.get(name, 0) for name in (ALLOWED, ANSWERED)]
