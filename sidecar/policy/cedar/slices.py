"""Policies in slices: what cannot apply to a question need not be asked about it.

A policy that can apply only where a question has some of the keys of a dimension is in the slices of those keys; all
others are general. A question is put to the general slices and, in each dimension, to those of its one key there. A
policy is sliced by one dimension alone, the one where it applies least: asked twice it would cost twice.

Source: ADR-0038.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.policy.cedar.applicability import Applicability
from sidecar.policy.cedar.mentions import Mentions, everything, mentions_of
from sidecar.policy.cedar.policy import Policy

MOST_POLICIES: Final = 64
"""In a slice: Cedar frees one as a whole, with the interpreter held, for up to 12 us a policy."""
WORTH: Final = 40.0
"""Policies that slicing by a dimension must spare a question: to put it to one more slice costs as much as so many."""
_COPIES: Final = 6
"""Slices that a policy is in, on average, at most: each takes memory (4 KiB), and time to load (30 us)."""
_DEAR: Final = 100
"""Copies of a policy that are as bad as to ask it always."""
_MOST_KINDS: Final = 16
"""Different sets of mentioned names, each of which is a schema of its own."""

_Where = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Policies that are asked together. Can be pickled."""

    dimension: str  # of a question; empty if these are general
    keys: frozenset[str]  # of that dimension: asked where the question has one of them
    ids: tuple[str, ...]
    told: Mentions | None  # of a question's context; ``None``: all of it, whatever is in there


def slice_policies(policies: Sequence[Policy], catalog: Catalog) -> tuple[Slice, ...]:
    """All of *policies*, whose ids are unique, in slices: the general ones first, at least one, even if it is empty.

    The first is told everything, so that whoever asks it finds out whether a question is well-formed.
    """
    reader = Applicability(catalog)
    where = {policy.id: reader.of(policy.tree) for policy in policies}
    assigned = _assigned(where, {name: len(keys) for name, keys in reader.keys.items()})
    known = everything(catalog.attributes)
    mentions = {policy.id: mentions_of(policy.tree, known) for policy in policies}
    groups = [("", frozenset[str](), [id_ for id_ in where if id_ not in assigned])]
    for dimension in sorted(set(assigned.values())):
        sliced = {id_: where[id_][dimension] for id_, by in assigned.items() if by == dimension}
        kept, general = _affordable(sliced)
        groups[0][2].extend(general)
        groups += [(dimension, keys, list(ids)) for ids, keys in _classes(kept)]
    slices = [
        Slice(dimension=dimension, keys=keys, ids=ids, told=_together(mentions[id_] for id_ in ids))
        for dimension, keys, found in groups
        for ids in _chunks(sorted(found, key=lambda id_: (_order(mentions[id_]), id_)))
    ]
    return _of_few_kinds(slices)


def _assigned(where: Mapping[str, _Where], sizes: Mapping[str, int]) -> dict[str, str]:
    """The dimension by which each policy is sliced, if it is by any."""
    used = set(sizes)
    while True:
        assigned: dict[str, str] = {}
        spared = dict.fromkeys(sorted(used), 0.0)
        for id_, keys in where.items():
            costs = [(_cost(len(keys[name]), sizes[name]), name) for name in keys if name in used]
            cost, name = min(costs, default=(1.0, ""))
            if cost < 1:
                assigned[id_] = name
                spared[name] += 1 - len(keys[name]) / sizes[name]
        least = min(spared, key=spared.__getitem__, default="")
        if not least or spared[least] >= WORTH:
            return assigned
        used.remove(least)


def _cost(keys: int, size: int) -> float:
    """What it costs to slice a policy by a dimension, against 1 if it is general: it is asked less, but copied."""
    return keys / size + keys / _DEAR if size else 1.0


def _affordable(sliced: _Where) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Those policies that can be sliced without too many copies, and those that cannot: the ones that apply most."""
    copies = Counter(id_ for ids, _ in _classes(sliced) for id_ in ids)
    left = _COPIES * len(sliced)
    kept: dict[str, frozenset[str]] = {}
    general: list[str] = []
    for id_ in sorted(sliced, key=lambda id_: (copies[id_], id_)):
        left -= copies[id_]
        if left >= 0:
            kept[id_] = sliced[id_]
        else:
            general.append(id_)
    return kept, general


def _classes(sliced: _Where) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    """Policies that apply together, and all keys to which just these do."""
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for id_, keys in sliced.items():
        for key in keys:
            by_key[key].append(id_)
    classes: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for key in sorted(by_key):
        classes[tuple(by_key[key])].add(key)
    return ((ids, frozenset(keys)) for ids, keys in classes.items())


def _chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids) or 1, MOST_POLICIES):
        yield tuple(ids[start : start + MOST_POLICIES])


def _together(mentions: Iterable[Mentions]) -> Mentions:
    found = Mentions()
    for one in mentions:
        found |= one
    return found


def _order(mentions: Mentions) -> tuple[list[str], list[str]]:
    """What puts policies beside others that say the same names."""
    return sorted(mentions.context), sorted(mentions.attributes)


def _of_few_kinds(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """*slices*; but the first, and those of the rarest kinds, are told everything."""
    kinds = Counter(one.told for one in slices[1:]).most_common(_MOST_KINDS)
    kept = {told for told, _ in kinds}
    return tuple(
        one if number > 0 and one.told in kept else replace(one, told=None) for number, one in enumerate(slices)
    )
