"""What calls add up to: filled without a lock on the thread that answers them, handed over once for all of them."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import product
from threading import Lock
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sidecar.model.decision import FieldResult
from sidecar.model.vocabulary import Effect, Reason

BUCKETS: Final = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 1e-1, 1.0)
"""Seconds; an answer from memory takes some 10 us, one that policies must be asked for some 100."""

Kinds = tuple[int, ...]
"""How each field of an answer was decided, by a number for each effect and reason; made by ``kinds_of``."""

_KINDS: Final = tuple(product(Effect, Reason))
_NUMBERS: Final = {kind: number for number, kind in enumerate(_KINDS)}
_LABELS: Final = tuple((effect.value, reason.value) for effect, reason in _KINDS)

_SMALL: Final = 16
"""Answers of a tally that is too small to be folded alone: what a fold costs is shared by some."""

_FOLDED: Final = 32
"""Small tallies that are folded together: few enough that it takes some 50 us, for somebody waits meanwhile."""


def kinds_of(results: Iterable[FieldResult]) -> Kinds:
    """What a tally counts of an answer with these *results*: worth keeping beside them, for it costs a microsecond."""
    return tuple(_NUMBERS[result.effect, result.reason] for result in results)


class Tally:
    """What one burst of calls adds up to. For one thread, until it is handed over; then for nobody.

    *kinds* and *seconds* have one item for each answer, and a burst appends to them itself. The seconds of an answer
    are those of its own work: what came before it in its burst was waiting, and counts where that work was done.
    """

    __slots__ = ("calls", "kinds", "seconds")

    def __init__(self) -> None:
        self.kinds: list[Kinds] = []
        self.seconds: list[float] = []
        self.calls: dict[tuple[str, str], int] = {}  # (method, code)

    def answered(self, results: Iterable[FieldResult], seconds: float) -> None:
        """Count an answer whose kinds nobody has kept, and which took *seconds*."""
        self.kinds.append(kinds_of(results))
        self.seconds.append(seconds)

    def ended(self, method: str, code: str, calls: int = 1) -> None:
        """Count *calls* to *method* that ended with the status *code*."""
        self.calls[method, code] = self.calls.get((method, code), 0) + calls


class Tallies(Collector):
    """All tallies together, as series. Safe for any number of threads.

    Whoever hands a tally over never waits: it is queued, and whoever finds enough of them there folds them, unless
    somebody is at it. Only a scrape waits, for what it reads has everything in it that was handed over before it.
    """

    def __init__(self) -> None:
        self._open: set[Tally] = set()
        self._queue: deque[Tally] = deque()
        self._folding = Lock()
        self._decided = [0] * len(_KINDS)
        self._within = [0] * len(BUCKETS)  # answers that took at most so long
        self._answers = 0
        self._seconds = 0.0
        self._calls: Counter[tuple[str, str]] = Counter()

    def begin(self) -> Tally:
        """A tally of what a thread begins to answer: it is in flight until it is handed over."""
        tally = Tally()
        self._open.add(tally)
        return tally

    def end(self, tally: Tally) -> None:
        """Take *tally* over, once; nothing may be added to it any more. Never waits."""
        self._queue.append(tally)
        self._open.discard(tally)
        enough = len(tally.kinds) >= _SMALL or len(self._queue) >= _FOLDED
        if enough and self._folding.acquire(blocking=False):
            try:
                self._fold()
            finally:
                self._folding.release()

    def describe(self) -> Iterator[Metric]:
        """The series, so that a registry knows their names."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """Everything that was handed over."""
        with self._folding:
            self._fold()
            decided, within = tuple(self._decided), tuple(self._within)
            answers, seconds, calls = self._answers, self._seconds, dict(self._calls)
        decisions = CounterMetricFamily("sidecar_decisions", "Decided fields.", labels=("effect", "reason"))
        for labels, fields in zip(_LABELS, decided, strict=True):
            if fields:
                decisions.add_metric(labels, fields)
        yield decisions
        bounds = [repr(bound) for bound in BUCKETS]
        yield HistogramMetricFamily(
            "sidecar_check_duration_seconds",
            "Time from a parsed question to its answer, waiting for a revision included.",
            buckets=[*zip(bounds, map(float, within), strict=True), ("+Inf", float(answers))],
            sum_value=seconds,
        )
        ended = CounterMetricFamily("sidecar_calls", "Ended calls.", labels=("method", "code"))
        for (method, code), number in calls.items():
            ended.add_metric((method, code), number)
        yield ended
        yield GaugeMetricFamily("sidecar_calls_in_flight", "Calls being answered now.", len(self._open))

    def _fold(self) -> None:
        """Add up what is queued; for who holds the lock."""
        kinds: list[Kinds] = []
        seconds: list[float] = []
        for _ in range(len(self._queue)):
            tally = self._queue.popleft()
            kinds += tally.kinds
            seconds += tally.seconds
            for call, number in tally.calls.items():
                self._calls[call] += number
        for each, answers in Counter(kinds).items():
            for kind in each:
                self._decided[kind] += answers
        seconds.sort()
        for place, bound in enumerate(BUCKETS):
            self._within[place] += bisect_right(seconds, bound)
        self._answers += len(seconds)
        self._seconds += sum(seconds)
