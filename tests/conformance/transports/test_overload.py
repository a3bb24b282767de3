"""Far more calls than there may be: some are told so at once, others get the right answer, and it is over at once."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from tests.conformance.transports.over import CHECK
from tests.conformance.transports.process import Process, running
from tests.integration.caller import EMAIL, choice, question
from tests.wire.connection import Connection, message

pytestmark = pytest.mark.conformance

CONNECTIONS: Final = 16
EACH: Final = 200
MEGABYTES: Final = 60
"""What 3,200 calls at once may take beyond what it had after the first of them."""

TOO_MANY: Final = {
    "grpcio": {"RESOURCE_EXHAUSTED", "CANCELLED"},  # it has a queue of its own before our limit, and cancels at its end
    "native": {"RESOURCE_EXHAUSTED"},
}


@pytest.fixture(scope="module")
def process(transport: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A sidecar that takes 64 calls at a time."""
    with running(transport, tmp_path_factory.mktemp("overload"), LIMITS_CALLS_IN_FLIGHT="64") as served:
        yield served


def burst(process: Process, asked: list[bytes]) -> tuple[Counter[str], list[tuple[int, bytes]]]:
    """How 3,200 calls end that come at once; of those that were answered, which of *asked* it was and the answer."""
    ends: Counter[str] = Counter()
    answers = []
    connections = [process.connection() for _ in range(CONNECTIONS)]
    try:
        sent: list[tuple[Connection, int, int]] = []
        for connection in connections:
            for number in range(EACH):
                which = number % len(asked)
                stream = connection.call(CHECK)
                connection.data(stream, asked[which])
                sent.append((connection, stream, which))
        for connection, stream, which in sent:
            reply = connection.reply(stream, within_seconds=30)
            ends[reply.outcome] += 1
            answers += [(which, answer) for answer in reply.messages]
    finally:
        for connection in connections:
            connection.socket.close()
    return ends, answers


def test_many_more_calls_than_there_may_be(process: Process) -> None:
    """No answer is another's, nothing else is ever said than that there are too many, and memory stays."""
    people = [f"loaded-{number}" for number in range(7)]
    asked = [message(question(subject).SerializeToString()) for subject in people]
    with process.calling() as caller:
        for subject in people[::2]:
            caller.record(subject, choice("e1", "GIVEN"))
        right = [caller.reason(question(subject)) for subject in people]
        burst(process, asked)  # what the first takes stays
        before = process.memory()
        ends: Counter[str] = Counter()
        answers = []
        for _ in range(3):
            some, more = burst(process, asked)
            ends += some
            answers += more
        began = time.monotonic()
        after = [caller.reason(question(subject)) for subject in people]
        took = time.monotonic() - began
        grown = process.memory() - before

    assert {"OK", "RESOURCE_EXHAUSTED"} <= set(ends) <= {"OK"} | TOO_MANY[process.transport]
    assert 3 * CONNECTIONS * EACH == ends.total()
    assert set() == {(which, _reason(answer)) for which, answer in answers} - set(enumerate(right))
    assert right == after
    assert took < 5
    assert grown < MEGABYTES


def _reason(answer: bytes) -> str:
    (result,) = pb.CheckResponse.FromString(answer).results
    return model_pb2.Reason.Name(result.reason).removeprefix("REASON_")


def test_below_the_limit_nobody_is_turned_away(process: Process) -> None:
    """Eight callers who each wait for their answer are 3,000 calls, and never more than eight at a time."""

    def ask(number: int) -> Counter[str]:
        with process.connection("unix") as raw:
            asked = message(question(f"calm-{number}").SerializeToString())
            return Counter(raw.ask(CHECK, asked).outcome for _ in range(375))

    with ThreadPoolExecutor(8) as pool:
        ends = sum(pool.map(ask, range(8)), Counter[str]())

    assert {"OK": 3_000} == ends


def test_calls_that_wait_do_not_keep_others_from_being_answered(transport: str, tmp_path: Path) -> None:
    """Questions for a revision that does not come fill their places; whoever does not wait is answered meanwhile."""
    with running(transport, tmp_path, LIMITS_PARK_SECONDS="3") as process, process.calling() as caller:
        revision = caller.record("p", choice("e1", "GIVEN")).revision
        log_id, position = revision.rsplit(".", 1)
        waits = question("p", purpose=EMAIL, at_least_as_fresh=f"{log_id}.{int(position) + 1}")
        with process.connection() as raw:
            streams = [raw.call(CHECK) for _ in range(100)]
            for stream in streams:
                raw.data(stream, message(waits.SerializeToString()))
            began = time.monotonic()
            reasons = {caller.reason(question("p")) for _ in range(50)}
            took = time.monotonic() - began
            ends = Counter(raw.reply(stream, within_seconds=10).outcome for stream in streams)

    assert {"ALLOWED"} == reasons
    assert took < 3
    assert {"OK": 100} == ends
