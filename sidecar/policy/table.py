"""Verdicts remembered: policies decide each distinct question once for a bundle."""

from typing import Any

from sidecar.bounded import Generations
from sidecar.model.decision import Question, Verdict
from sidecar.model.facts import Facts
from sidecar.policy.bundle import Bundle
from sidecar.policy.verdict import reach_verdict


class VerdictTable:
    """The verdicts of one bundle, at most *capacity* of them.

    Threads: may be shared (see ``Generations``). Two threads that miss the same question at once both evaluate it, to
    the same verdict. *hits* and *misses* may then lose a count; they are for metrics.
    """

    __slots__ = ("_evaluate", "_verdicts", "hits", "misses")

    def __init__(self, bundle: Bundle, capacity: int) -> None:
        self._evaluate = bundle.policies.evaluate
        self._verdicts: Generations[tuple[Any, ...], Verdict] = Generations(capacity)
        self.hits = 0
        self.misses = 0

    def verdict(self, question: Question, facts: Facts) -> Verdict:
        """The verdict on *question* about a person of whom *facts* hold; never raises."""
        key = _key(question, facts)
        verdict = self._verdicts.get(key)
        if verdict is None:
            self.misses += 1
            verdict = reach_verdict(question, facts, self._evaluate)
            self._verdicts.put(key, verdict)
        else:
            self.hits += 1
        return verdict

    def __len__(self) -> int:
        """How many verdicts are held."""
        return len(self._verdicts)


def _key(question: Question, facts: Facts) -> tuple[Any, ...]:
    # `1 == True` in Python, and so are keys that hold them: the class of each attribute is part of the key.
    return (
        question.service,
        question.action,
        question.field,
        question.purpose,
        question.channel,
        question.recipient,
        tuple((name, kind, type(value), value) for name, kind, value in question.attributes),
        facts,
    )
