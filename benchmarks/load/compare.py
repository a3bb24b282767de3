"""Loads compared: each in turn, round by round, so that whatever the machine does meets all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.load.h2load import Load, calls_for, run
from benchmarks.load.percentiles import Percentiles, percentiles
from benchmarks.measure import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of those that are compared."""

    name: str
    load: Load
    answers: tuple[int, int]  # how short and how long an answer may be, in bytes
    processor_seconds: Callable[[], float]  # that its server has used so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long, and how often, each is measured; about a quarter of *seconds* warms each up at first."""

    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One side in one round."""

    rate: float  # calls a second
    mean: float  # microseconds a call took
    processor: float  # microseconds that the server used of a core, for each call
    times: Percentiles


def in_turn(sides: Sequence[Side], pace: Pace) -> dict[str, list[Round]]:
    """The rounds of each side, by its name; every other round begins with the last. Raises ``LoadError``."""
    calls = {side.name: calls_for(side.load, pace.seconds) for side in sides}
    rounds: dict[str, list[Round]] = {side.name: [] for side in sides}
    for number in range(pace.rounds):
        for side in sides if number % 2 else reversed(sides):
            rounds[side.name].append(_measured(side, calls[side.name]))
    return rounds


def _measured(side: Side, calls: int) -> Round:
    used = side.processor_seconds()
    outcome = run(side.load, calls)
    used = side.processor_seconds() - used
    least, most = side.answers
    outcome.require_answers(least=least, most=most)
    return Round(
        rate=outcome.counted.rate,
        mean=outcome.mean,
        processor=used / calls * 1e6,
        times=percentiles(outcome.microseconds),
    )


def described(what: str, rounds: Mapping[str, Sequence[Round]]) -> Iterator[Series]:
    """Of each side calls a second, the mean, what the server used, and the 99th percentile."""
    for name, ones in rounds.items():
        head = f"{what}: {name}"
        yield Series(name=f"{head}, rate", unit="calls/s", values=tuple(one.rate for one in ones))
        yield Series(name=f"{head}, mean", unit="us", values=tuple(one.mean for one in ones))
        yield Series(name=f"{head}, on a core", unit="us a call", values=tuple(one.processor for one in ones))
        yield Series(name=f"{head}, p99", unit="us", values=tuple(one.times.p99 for one in ones))


def rate_ratio(name: str, one: Sequence[Round], other: Sequence[Round]) -> Series:
    """How many times the calls a second of *other* *one* has, round by round."""
    ratios = tuple(a.rate / b.rate for a, b in zip(one, other, strict=True))
    return Series(name=name, unit="ratio", values=ratios, more_is_better=True)


def mean_ratio(name: str, one: Sequence[Round], other: Sequence[Round]) -> Series:
    """How many times as long as that of *other* a call of *one* takes, round by round."""
    return Series(name=name, unit="ratio", values=tuple(a.mean / b.mean for a, b in zip(one, other, strict=True)))


def at_once(side: Side, in_flight: int) -> Side:
    """*side* with another number of calls in flight."""
    return replace(side, load=replace(side.load, in_flight=in_flight))
