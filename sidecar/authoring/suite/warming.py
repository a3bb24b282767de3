"""Verdicts worked out in several processes; Cedar holds the interpreter while it decides, so threads gain nothing."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from time import perf_counter
from typing import Final

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.policy.cedar.compiled import Compiled
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.table import Row, VerdictTable

Asked = tuple[Question, Facts]

PATIENCE: Final = 2.0
"""Seconds to work alone: until then starting other processes takes longer than it saves."""

_NO_TIME: Final = 0
"""When a question is asked matters to budgets alone, and there is none here."""

_SLICES: Final = 4
"""Slices for each process, so that one with slow questions does not keep the others waiting."""


def all_cores() -> int:
    """How many processes this one may keep busy."""
    return len(os.sched_getaffinity(0))


def warm(
    table: VerdictTable, compiled: Compiled, asked: Iterable[Asked], *, jobs: int, patience: float = PATIENCE
) -> None:
    """Have *table*, which is of the policies *compiled*, remember the verdicts on *asked*, as far as it holds them.

    What is not done after *patience* seconds, *jobs* processes do; 1 means none but this one, and nothing is done
    ahead. The verdicts are the same either way.
    """
    if jobs == 1:
        return
    questions = iter(dict.fromkeys(asked))
    until = perf_counter() + patience
    for question, facts in questions:
        table.verdict(question, facts, _NO_TIME)
        if perf_counter() >= until:
            break
    rest = tuple(questions)
    if not rest:
        return
    size = -(-len(rest) // (jobs * _SLICES))
    slices = [tuple(islice(rest, start, start + size)) for start in range(0, len(rest), size)]
    # Not forked: a child must not inherit half of what a thread of the parent was doing.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(compiled,)) as pool:
        for rows in pool.map(_decide, slices):
            table.remember(rows)


_POLICIES: list[Policies] = []
"""In a child: what it asks."""


def _begin(compiled: Compiled) -> None:
    _POLICIES[:] = [Policies(compiled)]


def _decide(asked: Sequence[Asked]) -> tuple[Row, ...]:
    table = VerdictTable(_POLICIES[0], capacity=max(2, len(asked)))
    for question, facts in asked:
        table.verdict(question, facts, _NO_TIME)
    return table.rows()
