"""What a change of a bundle changes: every class of questions that is answered otherwise, exactly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sidecar.model.vocabulary import Mask
from sidecar.policy.analysis.analysis import Analysis, Inexact, analyse
from sidecar.policy.analysis.boxes import Box, Boxing, Point
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.groups import Group, groups
from sidecar.policy.analysis.outcomes import Outcome
from sidecar.policy.analysis.people import Law
from sidecar.policy.analysis.space import Diagram
from sidecar.policy.bundle import Draft


class Kind(IntEnum):
    """What became of an answer, what matters most first."""

    ALLOWED = 0
    LOOSENED = 1  # still allowed, with a weaker mask or none
    TIGHTENED = 2  # still allowed, with a mask or a stricter one
    DENIED = 3
    REASON = 4  # still denied, for another reason

    @property
    def widens(self) -> bool:
        """Whether more may be done with data than before."""
        return self <= Kind.LOOSENED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One class of questions whose answer changed: any of *uses*, about anybody in one of *boxes*."""

    kind: Kind
    law: Law
    uses: tuple[Use, ...]
    boxes: tuple[Box, ...]
    before: tuple[Outcome, ...]
    after: tuple[Outcome, ...]
    combinations: int  # uses x persons, with what callers may send; of numbers and texts each class counts once
    example: Point  # the person and attributes of one question, about the first of *uses*


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All changes from one bundle to another, sorted by kind; empty if nothing is answered otherwise."""

    analysis: Analysis
    changes: tuple[Change, ...]

    @property
    def inexact(self) -> tuple[Inexact, ...]:
        """Conditions that were taken for anything: with some, changes may be listed that cannot happen.

        Nothing newly allowed, denied or masked is missing then. Of a deny that only has another reason that can not be
        said where such a condition looks at consent: why not is found by asking for better consent.
        """
        return self.analysis.inexact


def compare(old: Draft, new: Draft) -> Difference:
    """What *new* answers otherwise than *old*: the exclusive or of both, over the classes of both."""
    analysis = analyse(old, new)
    boxing = analysis.boxing()
    found: dict[tuple[Kind, Law, tuple[Outcome, ...], tuple[Outcome, ...], Diagram], list[Use]] = {}
    for group in groups(analysis):
        if group.answers[0] == group.answers[1]:
            continue
        for (kind, before, after), where in _changes(group, analysis, boxing).items():
            found.setdefault((kind, group.law, before, after, where), []).extend(group.uses)
    changes = [
        Change(
            kind=kind,
            law=law,
            uses=tuple(uses),
            boxes=boxing.cover(where),
            before=before,
            after=after,
            combinations=len(uses) * boxing.count(where),
            example=boxing.point(where),
        )
        for (kind, law, before, after, where), uses in found.items()
    ]
    return Difference(analysis=analysis, changes=tuple(sorted(changes, key=lambda change: change.kind)))


_Key = tuple[Kind, tuple[Outcome, ...], tuple[Outcome, ...]]


def _changes(group: Group, analysis: Analysis, boxing: Boxing) -> Mapping[_Key, Diagram]:
    """Where the answer to the uses of *group* changed, and how; reasons of a deny are put together."""
    outcome = analysis.outcome
    before = dict(group.outcomes(0, outcome, boxing.within))
    after = dict(group.outcomes(1, outcome, boxing.within))
    places: dict[tuple[Kind, object, object], list[tuple[Outcome, Outcome, Diagram]]] = {}
    for one, was in before.items():
        for other, is_now in after.items():
            kind = _kind(one, other)
            both = was & is_now
            if kind is not None and both.satisfiable():
                places.setdefault(_together(kind, one, other), []).append((one, other, both))
    return {
        (kind, _each(one for one, _, _ in parts), _each(other for _, other, _ in parts)): analysis.space.any(
            both for _, _, both in parts
        )
        for (kind, _, _), parts in places.items()
    }


def _together(kind: Kind, before: Outcome, after: Outcome) -> tuple[Kind, object, object]:
    """Changes with the same key are one: why something was or is denied does not matter where it is not denied both."""
    if kind is Kind.REASON:
        return kind, before, after
    return kind, before.mask if before.allowed else None, after.mask if after.allowed else None


def _each(outcomes: Iterator[Outcome]) -> tuple[Outcome, ...]:
    return tuple(dict.fromkeys(outcomes))


_STRICTNESS: Final[Mapping[Mask | None, int]] = {mask: place for place, mask in enumerate((*Mask, None))}


def _kind(before: Outcome, after: Outcome) -> Kind | None:
    if before == after:
        return None
    if before.allowed and after.allowed:
        return Kind.LOOSENED if _STRICTNESS[after.mask] > _STRICTNESS[before.mask] else Kind.TIGHTENED
    if after.allowed:
        return Kind.ALLOWED
    return Kind.DENIED if before.allowed else Kind.REASON
