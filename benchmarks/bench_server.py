"""What a check costs on top of its transport: ``python -m benchmarks.bench_server [--quick]``.

Two servers, each a process of its own on a Unix socket, with as many threads: the sidecar, and one that answers nothing
at once. One Python process asks both in turn, A B A B, so that whatever the machine does meets both. The bytes of the
question are prepared, and those of the answer not parsed: what is left of the client is in both alike.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import Final, TypeAlias

import grpc

from benchmarks.measure import ROOT, Series, arguments, report
from sidecar.api.v1 import authorization_pb2, consent_pb2, consent_pb2_grpc, model_pb2
from sidecar.config import Config

CHECK: Final = "/sidecar.api.v1.AuthorizationService/Check"
THREADS: Final = Config().server.threads
START_SECONDS: Final = 30
SUBJECT: Final = "bench"
IN_FLIGHT: Final = 16

Ask: TypeAlias = "grpc.UnaryUnaryMultiCallable[bytes, bytes]"  # not generic at run time


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long to measure."""

    rounds: int
    calls: int
    warm_up: int


MEASUREMENT: Final = Size(rounds=9, calls=4_000, warm_up=2_000)
LOOK: Final = Size(rounds=5, calls=500, warm_up=200)


def question(service: str, purpose: str, *fields: str) -> bytes:
    """A question about one person, as bytes."""
    return authorization_pb2.CheckRequest(
        service=service, action=model_pb2.ACTION_USE, subject=SUBJECT, fields=fields, purpose=purpose
    ).SerializeToString()


ONE_FIELD: Final = question("newsletter", "marketing.communications.email", "customer.email")
FOUR_FIELDS: Final = question(
    "offers", "personalize.content", "customer.purchases", "customer.browsing", "customer.address", "customer.diet"
)


@contextmanager
def running(command: list[str], socket: Path) -> Iterator[grpc.Channel]:
    """Start *command*, wait until it answers on *socket*, and stop it in the end."""
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        with grpc.insecure_channel(f"unix:{socket}") as channel:
            if not answers(channel):
                process.kill()
                said = process.communicate()[1].decode()
                sys.exit(f"`{' '.join(command)}` does not answer: {said}")
            yield channel
    finally:
        process.terminate()
        process.communicate()


def answers(channel: grpc.Channel) -> bool:
    """Whether a check gets an answer within ``START_SECONDS``."""
    ask: Ask = channel.unary_unary(CHECK)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            ask(ONE_FIELD, timeout=1)
        except grpc.RpcError:
            time.sleep(0.05)
        else:
            return True
    return False


def consent(channel: grpc.Channel, token: str) -> None:
    """Let the one person agree to what is asked about."""
    scope = consent_pb2.Scope(purposes=["marketing.communications.email", "personalize.content"], categories=["*"])
    choice = consent_pb2.Choice(kind=consent_pb2.CHOICE_KIND_GIVEN, scope=scope, explicit=True)
    event = consent_pb2.Event(id="agreed", submission=consent_pb2.Submission(choices=[choice]))
    consent_pb2_grpc.ConsentServiceStub(channel).RecordEvent(
        consent_pb2.RecordEventRequest(subject=SUBJECT, event=event), metadata=[("authorization", f"Bearer {token}")]
    )


def require_allowed(channel: grpc.Channel, request: bytes) -> None:
    """Stop unless every field of *request* is allowed: a deny may be cheaper than what we claim to measure."""
    ask: Ask = channel.unary_unary(CHECK)
    response = authorization_pb2.CheckResponse.FromString(ask(request))
    for result in response.results:
        if result.effect != model_pb2.EFFECT_ALLOW:
            sys.exit(f"`{result.field}` is not allowed: {model_pb2.Reason.Name(result.reason)}")


def one_at_a_time(ask: Ask, request: bytes, calls: int) -> float:
    """Microseconds a call."""
    began = time.perf_counter()
    for _ in range(calls):
        ask(request)
    return (time.perf_counter() - began) / calls * 1e6


def many_at_a_time(ask: Ask, request: bytes, calls: int) -> float:
    """Microseconds a call takes of the whole, with always ``IN_FLIGHT`` on their way."""
    places = Semaphore(IN_FLIGHT)
    failed: list[str] = []

    def done(call: "grpc.Future[bytes]") -> None:
        if call.exception() is not None:
            failed.append(str(call.exception()))
        places.release()

    began = time.perf_counter()
    for _ in range(calls):
        places.acquire()
        ask.future(request).add_done_callback(done)
    for _ in range(IN_FLIGHT):
        places.acquire()
    seconds = time.perf_counter() - began
    if failed:
        sys.exit(f"{len(failed)} of {calls} calls failed: {failed[0]}")
    return seconds / calls * 1e6


def compare(
    load: Callable[[Ask, bytes, int], float], noop: Ask, check: Ask, request: bytes, size: Size
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What a call costs without and with an answer: one value a round each, taken in turn."""
    for ask in (noop, check):
        load(ask, request, size.warm_up)
    without: list[float] = []
    answered: list[float] = []
    for number in range(size.rounds):
        pair = ((noop, without), (check, answered))
        for ask, values in pair if number % 2 else reversed(pair):
            values.append(load(ask, request, size.calls))
    return tuple(without), tuple(answered)


def measure(noop: grpc.Channel, sidecar: grpc.Channel, size: Size) -> Iterator[Series]:
    """Every series."""
    asks: tuple[Ask, Ask] = (noop.unary_unary(CHECK), sidecar.unary_unary(CHECK))
    for fields, request in (("one field", ONE_FIELD), ("four fields", FOUR_FIELDS)):
        for flight, load in (("1 in flight", one_at_a_time), (f"{IN_FLIGHT} in flight", many_at_a_time)):
            without, answered = compare(load, *asks, request, size)
            what = f"{fields}, {flight}"
            yield Series(name=f"{what}: no-op", unit="us a call", values=without)
            yield Series(name=f"{what}: check", unit="us a call", values=answered)
            ratios = tuple(slow / fast for fast, slow in zip(without, answered, strict=True))
            yield Series(name=f"{what}: check / no-op", unit="ratio", values=ratios)


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, other = folder / "noop.sock", folder / "sidecar.sock"
        serve = ["-m", "sidecar", "serve", "--bundle", "policies", "--data-dir", str(folder / "data")]
        with (
            running(["benchmarks/noop_server.py", f"unix:{one}", str(THREADS)], one) as noop,
            running([*serve, "--listen", f"unix:{other}", "--http", "off"], other) as sidecar,
        ):
            consent(sidecar, (folder / "data" / "operator.token").read_text(encoding="utf-8").strip())
            for request in (ONE_FIELD, FOUR_FIELDS):
                require_allowed(sidecar, request)
            series = list(measure(noop, sidecar, size))
    method = f"median of {size.rounds} rounds of {size.calls} calls, {size.warm_up} to warm up, A B in turn"
    report("server", method, series, quick=quick, more={"threads": THREADS})


if __name__ == "__main__":
    main()
