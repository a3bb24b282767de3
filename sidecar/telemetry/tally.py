"""What calls add up to: filled without a lock on the thread that answers them, handed over once for all of them."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import product
from threading import Lock
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sidecar.engine.outcome import Outcome
from sidecar.model.vocabulary import Effect, Reason
from sidecar.telemetry.decisionlog.recording import OUTCOME, SECONDS, Handed

BUCKETS: Final = (2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 1e-1, 1.0)
"""Seconds; an answer from memory takes some 5 us, one that policies must be asked for some 100."""

_KINDS: Final = tuple(product(Effect, Reason))
_NUMBERS: Final = {kind: number for number, kind in enumerate(_KINDS)}
_LABELS: Final = tuple((effect.value, reason.value) for effect, reason in _KINDS)

_LARGE: Final = 16
"""Answers of a burst that are folded at once; what a fold costs beside is shared by as many."""

_FOLDED: Final = 32
"""Bursts, or ends of calls, that are folded together: few enough that it takes some 50 us, for somebody waits."""


class Tally:
    """How calls ended that are answered in one go: one call, or a burst. For one thread, until it is handed over."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], int] = {}  # (method, code)

    def ended(self, method: str, code: str, calls: int = 1) -> None:
        """Count *calls* to *method* that ended with the status *code*."""
        self.calls[method, code] = self.calls.get((method, code), 0) + calls


class Tallies(Collector):
    """Answers and calls, as series. Safe for any number of threads.

    Whoever hands something over never waits: it is queued, and whoever finds enough of it there folds it, unless
    somebody is at it. Only a scrape waits, for what it reads has everything in it that was handed over before it.
    """

    def __init__(self) -> None:
        self._open: set[Tally] = set()
        self._ended: deque[Tally] = deque()
        self._answered: deque[Sequence[Handed]] = deque()
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
        """Take *tally* over, once. Never waits."""
        self._ended.append(tally)
        self._open.discard(tally)
        if len(self._ended) >= _FOLDED:
            self._fold_unless_somebody_does()

    def answered(self, answers: Sequence[Handed]) -> None:
        """Take *answers* over, which nobody changes any more. Never waits.

        The seconds of each are those of its own work: what came before it in its burst counts where that was done.
        """
        self._answered.append(answers)
        if len(answers) >= _LARGE or len(self._answered) >= _FOLDED:
            self._fold_unless_somebody_does()

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

    def _fold_unless_somebody_does(self) -> None:
        if self._folding.acquire(blocking=False):
            try:
                self._fold()
            finally:
                self._folding.release()

    def _fold(self) -> None:
        """Add up what is queued; for who holds the lock."""
        for _ in range(len(self._ended)):
            for call, number in self._ended.popleft().calls.items():
                self._calls[call] += number
        answers: list[Handed] = []
        for _ in range(len(self._answered)):
            answers += self._answered.popleft()
        for outcome, number in Counter([one[OUTCOME] for one in answers]).items():
            for kind in _kinds(outcome):
                self._decided[kind] += number
        seconds = sorted([one[SECONDS] for one in answers])
        for place, bound in enumerate(BUCKETS):
            self._within[place] += bisect_right(seconds, bound)
        self._answers += len(seconds)
        self._seconds += sum(seconds)


def _kinds(outcome: Outcome) -> tuple[int, ...]:
    """How each of its fields was decided, by a number for each effect and reason; in its room ``counted``."""
    kinds = outcome.counted
    if not isinstance(kinds, tuple):
        kinds = outcome.counted = tuple(_NUMBERS[result.effect, result.reason] for result in outcome.results)
    return kinds
