"""Verdicts remembered: policies decide each distinct question once for a bundle.

A key has only what policies, and the verdict made of what they say, observe: the bundle's footprint. So callers cannot
make the table useless by what no policy looks at, nor large by what one does: of a long value a key has a digest.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.model.decision import AttributeValue, Question, Verdict
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.policy.budget import MissBudget
from sidecar.policy.cedar.footprint import FACTS, QUESTION, Footprint
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.verdict import reach_verdict

_LONG: Final = 64
"""Characters of a text, or of all texts of a set, past which a key has their digest."""


class Row(NamedTuple):
    """A verdict, and a question that got it. Can be pickled."""

    question: Question
    facts: Facts
    verdict: Verdict


_Key = tuple[Any, ...]
_Rows = Generations[_Key, tuple[Verdict, Question | None, Facts]]


class VerdictTable:
    """The verdicts of one bundle: at most *capacity* of them, and as many again on attributes that policies look at.

    Those are held apart, for callers choose their values: who sends ever new ones has no other verdicts forgotten.

    Asked only what its bundle's catalog knows (``sidecar/engine/question.py`` sees to that). What nevertheless names
    something else is neither remembered nor answered from memory.

    Threads: may be shared (see ``Generations``). Two threads that miss the same question at once both evaluate it, to
    the same verdict. *hits* and *misses* may then lose a count; they are for metrics.
    """

    __slots__ = (
        "_budget",
        "_footprint",
        "_inquiry",
        "_key",
        "_plain",
        "_sends",
        "_sent",
        "_unobserved",
        "hits",
        "misses",
    )

    def __init__(self, policies: Policies, capacity: int, budget: MissBudget | None = None) -> None:
        self._budget = budget
        self._inquiry = policies.inquiry
        self._footprint = footprint = policies.footprint
        self._key = _key_reader(footprint)
        # A name that no key has must at least exist: Cedar takes one that does not for false, without a word.
        self._unobserved = tuple(
            (attrgetter(name), keys) for name, keys in policies.names.items() if name not in footprint.dimensions
        )
        self._plain: _Rows = Generations(capacity)
        self._sent: _Rows = Generations(capacity)
        self._sends = bool(footprint.values or footprint.presence)
        self.hits = 0
        self.misses = 0

    def verdict(self, question: Question, facts: Facts, now: Instant) -> Verdict:
        """The verdict on *question*, asked *now*, about a person of whom *facts* hold.

        Raises ``OverloadedError`` if policies must be asked and the service has no budget left for that. Never does for
        what is remembered; *now* is for the budget alone and changes no verdict.
        """
        if not self._observes(question):
            return self._reach(question, facts)
        key = self._key(question, facts)
        rows = self._rows(key)
        row = rows.get(key)
        if row is not None:
            self.hits += 1
            return row[0]
        if self._budget is not None:
            self._budget.spend(question.service, now)
        self.misses += 1
        verdict = self._reach(question, facts)
        rows.put(key, (verdict, self._lean(question), facts))
        return verdict

    def knows(self, question: Question, facts: Facts) -> bool:
        """Whether the verdict is remembered, so that it costs nobody more than a look."""
        if not self._observes(question):
            return False
        key = self._key(question, facts)
        return self._rows(key).get(key) is not None

    def rows(self) -> tuple[Row, ...]:
        """What is remembered, the latest asked last; those with attributes come first, since others are of more use.

        Without questions with long attributes, which are not kept.
        """
        held = (*self._sent.values(), *self._plain.values())
        return tuple(Row(question, facts, verdict) for verdict, question, facts in held if question is not None)

    def latest(self, most: int) -> Iterator[Row]:
        """At most so many of the rows, in the opposite order; lazy, a row takes less than a microsecond."""
        for verdict, question, facts in reversed((*self._sent.values(), *self._plain.values())[-most:]):
            if question is not None:
                yield Row(question, facts, verdict)

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step, once another table is in use."""
        yield from self._plain.retire()
        yield from self._sent.retire()

    def remember(self, rows: Iterable[Row]) -> None:
        """Take over *rows*, each with the verdict of these very policies; takes some 2 us a row."""
        for question, facts, verdict in rows:
            if self._observes(question):
                key = self._key(question, facts)
                self._rows(key).put(key, (verdict, self._lean(question), facts))

    def __len__(self) -> int:
        """How many verdicts are held."""
        return len(self._plain) + len(self._sent)

    def _rows(self, key: _Key) -> _Rows:
        return self._sent if self._sends and key[-1] else self._plain

    def _observes(self, question: Question) -> bool:
        """Whether the key tells *question* from all others that get another verdict."""
        for read, keys in self._unobserved:  # noqa: SIM110 - half the time of `all`, on every way to a verdict
            if read(question) not in keys:
                return False
        return True

    def _reach(self, question: Question, facts: Facts) -> Verdict:
        inquiry = self._inquiry()
        return reach_verdict(question, facts, inquiry.evaluate, inquiry.allows)

    def _lean(self, question: Question) -> Question | None:
        """*question* with no more attributes than policies observe; ``None`` if one of them is long."""
        if not question.attributes:
            return question
        observed = self._footprint.values | self._footprint.presence
        attributes = tuple(sent for sent in question.attributes if sent[0] in observed)
        return None if any(_is_long(value) for _, _, value in attributes) else replace(question, attributes=attributes)


_Sent = tuple[tuple[str, str, AttributeValue], ...]


def _key_reader(footprint: Footprint) -> Callable[[Question, Facts], _Key]:
    """What reads from a question and facts all that *footprint* has of them.

    Written as source, as ``namedtuple`` does: each part is then read by an instruction of its own, which takes half the
    time of ``attrgetter`` and ``itemgetter``. The source has names of this project in it and nothing else.
    """
    parts = [f"question.{name}" for name in QUESTION if name in footprint.dimensions]
    if footprint.dimensions.issuperset(FACTS):
        parts.append("facts")
    else:
        parts += [f"facts[{place}]" for place, name in enumerate(FACTS) if name in footprint.dimensions]
    if footprint.values or footprint.presence:
        parts.append("question.attributes and sent(question.attributes)")
    source = f"lambda question, facts: ({''.join(f'{part}, ' for part in parts)})"
    reader: Callable[[Question, Facts], _Key] = eval(source, {"sent": _attributes_reader(footprint)})  # noqa: S307
    return reader


def _attributes_reader(footprint: Footprint) -> Callable[[_Sent], tuple[Any, ...]]:
    """What reads from attributes, sorted by name, all that *footprint* has of them."""
    values, presence = footprint.values, footprint.presence

    def read(sent: _Sent) -> tuple[Any, ...]:
        key: list[Any] = []
        for name, _, value in sent:
            if name in values:
                # With its type: `1 == True` in Python.
                key += (name, value.__class__, _digest(value) if _is_long(value) else value)
            elif name in presence:
                key.append(name)
        return tuple(key)

    return read


def _is_long(value: AttributeValue) -> bool:
    if isinstance(value, str):
        return len(value) > _LONG
    return isinstance(value, frozenset) and len(value) + sum(map(len, value)) > _LONG


def _digest(value: AttributeValue) -> bytes:
    # 32 bytes: callers choose what is digested. A set's texts are told apart by their quotes.
    return blake2b(repr(sorted(value) if isinstance(value, frozenset) else value).encode(), digest_size=32).digest()
