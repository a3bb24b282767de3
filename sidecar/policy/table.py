"""Verdicts remembered: policies decide each distinct question once for a bundle.

What a caller sends must not make the table large, or useless: a key has only those attributes that some policy looks
at, and of them a digest.
"""

from hashlib import blake2b
from typing import Any

from sidecar.bounded import Generations
from sidecar.model.decision import AttributeValue, Question, Verdict
from sidecar.model.facts import Facts
from sidecar.policy.bundle import Bundle
from sidecar.policy.verdict import reach_verdict


class VerdictTable:
    """The verdicts of one bundle, at most *capacity* of them.

    Threads: may be shared (see ``Generations``). Two threads that miss the same question at once both evaluate it, to
    the same verdict. *hits* and *misses* may then lose a count; they are for metrics.
    """

    __slots__ = ("_evaluate", "_read", "_verdicts", "hits", "misses")

    def __init__(self, bundle: Bundle, capacity: int) -> None:
        self._evaluate = bundle.policies.evaluate
        self._read = bundle.policies.attributes_read
        self._verdicts: Generations[tuple[Any, ...], Verdict] = Generations(capacity)
        self.hits = 0
        self.misses = 0

    def verdict(self, question: Question, facts: Facts) -> Verdict:
        """The verdict on *question* about a person of whom *facts* hold; never raises."""
        key = self._key(question, facts)
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

    def _key(self, question: Question, facts: Facts) -> tuple[Any, ...]:
        read = self._read
        seen = [item for item in question.attributes if read is None or item[0] in read]
        return (
            question.service,
            question.action,
            question.field,
            question.purpose,
            question.channel,
            question.recipient,
            _digest(seen) if seen else b"",
            facts,
        )


def _digest(attributes: list[tuple[str, str, AttributeValue]]) -> bytes:
    # `1 == True` in Python; written out with their types they differ. 32 bytes: callers choose what is digested.
    form = [(name, kind, sorted(value) if isinstance(value, frozenset) else value) for name, kind, value in attributes]
    return blake2b(repr(form).encode(), digest_size=32).digest()
