"""How soon a withdrawal counts elsewhere: ``python -m benchmarks.bench_withdrawal [--quick]``.

Two sidecars, each a process of its own, share a log on a NATS server, and h2load asks the second 70 percent as often
as it can answer. Of many people who agreed, one after the other withdraws on the first sidecar; from the moment that
this is acknowledged the second one is asked, again and again and one question at a time, until it denies. Measured is
the time between acknowledgement and the first deny: the last question's own time is in it, and so are the denies that
come at once. The client, the two sidecars and the server share the cores of the machine, so both sidecars are busy.

Then with tokens: one person agrees and withdraws in turn, and after each the second sidecar is asked once, at least as
fresh as what was acknowledged. An answer that does not know it is stale, and there must be none.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.chart import Chart, Line
from benchmarks.load.background import asking
from benchmarks.load.h2load import HOW_TO_GET, Load, available, calls_for
from benchmarks.measure import Series, arguments, draw, report
from sidecar.api.v1 import authorization_pb2, model_pb2
from tests.fleet import Fleet, Member, fleet
from tests.integration.caller import choice, eventually, question
from tests.nats_server import nats_server

BAR_MS: Final = 20
SHARE: Final = 0.7
"""Of what the second sidecar can answer."""

GIVE_UP_SECONDS: Final = 10.0
MODES: Final = ("replica", "on_demand")
CHECK: Final = "AuthorizationService/Check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many withdrawals, and how many questions with a token; in each mode."""

    withdrawals: int
    tokens: int


MEASUREMENT: Final = Size(withdrawals=2_000, tokens=5_000)
LOOK: Final = Size(withdrawals=100, tokens=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen in one mode."""

    mode: str
    per_second: float  # calls of the load beside it
    milliseconds: tuple[float, ...]  # from acknowledged to denied
    reasons: dict[str, int]  # of the answers with a token, how often each
    stale: int  # of those, answers that did not know what was acknowledged
    token_milliseconds: tuple[float, ...]


def reason(answer: bytes) -> str:
    """Why the one field was allowed or denied."""
    result = authorization_pb2.CheckResponse.FromString(answer).results[0]
    return model_pb2.Reason.Name(result.reason).removeprefix("REASON_")


def until_denied(member: Member, subject: str, since: float) -> float:
    """Milliseconds from *since* to the first deny of *member*."""
    caller, asked = member.caller, question(subject).SerializeToString()
    while (why := reason(caller.raw(CHECK, asked))) == "ALLOWED":
        if time.perf_counter() - since > GIVE_UP_SECONDS:
            sys.exit(f"still allowed after {GIVE_UP_SECONDS:g} s")
    if why != "CONSENT_WITHDRAWN":
        sys.exit(f"denied as {why}")
    return (time.perf_counter() - since) * 1e3


def withdrawals(first: Member, second: Member, count: int) -> Iterator[float]:
    """Milliseconds from acknowledged to denied, of *count* people."""
    people = [f"withdraws-{number}" for number in range(count)]
    agreed = [first.caller.record(person, choice("yes", "GIVEN")).revision for person in people]
    last = question(people[-1], at_least_as_fresh=agreed[-1]).SerializeToString()
    eventually(lambda: require("ALLOWED", second.caller.raw(CHECK, last)))
    for person in people:
        require("ALLOWED", second.caller.raw(CHECK, question(person).SerializeToString()))
        first.caller.record(person, choice("no", "WITHDRAWN"))
        yield until_denied(second, person, time.perf_counter())


def require(why: str, answer: bytes) -> None:
    """Raise unless *answer* has this reason."""
    found = reason(answer)
    assert why == found, found


def with_tokens(first: Member, second: Member, count: int) -> Iterator[tuple[str, str, float]]:
    """What *count* answers with a token should say, what they say, and how many milliseconds they took."""
    for number in range(count):
        kind, expected = ("WITHDRAWN", "CONSENT_WITHDRAWN") if number % 2 else ("GIVEN", "ALLOWED")
        person = f"changes-{number // 100}"  # the record of one who changes too often grows
        token = first.caller.record(person, choice(f"{number}", kind)).revision
        asked = question(person, at_least_as_fresh=token).SerializeToString()
        began = time.perf_counter()
        answer = second.caller.raw(CHECK, asked)
        yield expected, reason(answer), (time.perf_counter() - began) * 1e3


def measure(sidecars: Fleet, mode: str, size: Size) -> Seen:
    """What is seen while the second sidecar's view is of *mode*."""
    first = sidecars.add("first", CONSENT_MODE="replica")
    second = sidecars.add("second", CONSENT_MODE=mode, DECISION_LOG_OUTPUT="stdout")
    sidecars.init()
    sidecars.start()
    load = Load(
        socket=Path(second.socket.removeprefix("unix:")),
        method=f"/sidecar.api.v1.{CHECK}",
        message=question("withdraws-0").SerializeToString(),
        in_flight=64,
    )
    per_second = calls_for(load, 1.0) * SHARE
    with asking(load.paced(per_second)):
        milliseconds = tuple(withdrawals(first, second, size.withdrawals))
        answers = list(with_tokens(first, second, size.tokens))
    reasons = [found for _, found, _ in answers]
    return Seen(
        mode=mode,
        per_second=per_second,
        milliseconds=milliseconds,
        reasons={why: reasons.count(why) for why in sorted(set(reasons))},
        stale=sum(found not in (expected, "STALE_CONSENT") for expected, found, _ in answers),
        token_milliseconds=tuple(taken for _, _, taken in answers),
    )


def percentile(values: tuple[float, ...], percent: int) -> float:
    """The value that *percent* of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    if not available():
        sys.exit(HOW_TO_GET)
    size = LOOK if quick else MEASUREMENT
    seen = []
    with tempfile.TemporaryDirectory() as name, nats_server(Path(name) / "nats") as server:
        for mode in MODES:
            with fleet(Path(name) / mode, server) as sidecars:
                seen.append(measure(sidecars, mode, size))
    series, more, lines = [], dict[str, float | int](), []
    for one in seen:
        series.append(Series(name=f"{one.mode}: acknowledged to denied", unit="ms", values=one.milliseconds))
        series.append(Series(name=f"{one.mode}: answer with a token", unit="ms", values=one.token_milliseconds))
        more |= {f"{one.mode}_p{p}_ms": round(percentile(one.milliseconds, p), 3) for p in (50, 99)}
        more |= {f"{one.mode}_calls_per_second": round(one.per_second)}
        more |= {f"{one.mode}_max_ms": round(max(one.milliseconds), 3), f"{one.mode}_stale_answers": one.stale}
        more |= {f"{one.mode}_with_token_{why.lower()}": times for why, times in one.reasons.items()}
        points = tuple((float(p), percentile(one.milliseconds, p)) for p in range(1, 100))
        lines.append(Line(name=one.mode, points=points))
    title = f"From a withdrawal to the first deny elsewhere, {size.withdrawals:,} times"
    chart = Chart(title=title, x="percent of all", y="milliseconds", lines=tuple(lines), bar=BAR_MS, marks=False)
    draw("withdrawal", chart)
    method = f"{size.withdrawals:,} withdrawals and {size.tokens:,} questions with a token, one at a time"
    report("withdrawal", method, series, quick=quick, more=more)
    for key, value in more.items():
        print(f"{key} = {value}")


if __name__ == "__main__":
    main()
