"""The whole decision function of a bundle as a table: every declared use, and every situation of a person."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sidecar.model.decision import CONSENT_REASONS
from sidecar.model.vocabulary import Effect
from sidecar.policy.analysis.analysis import Analysis, Inexact
from sidecar.policy.analysis.boxes import Box
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.groups import groups
from sidecar.policy.analysis.outcomes import Outcome, deny
from sidecar.policy.analysis.people import Law
from sidecar.policy.analysis.space import Diagram
from sidecar.policy.verdict import LACKING


class Shade(StrEnum):
    """What an answer comes to, at a glance."""

    ALLOWED = "allowed"
    MASKED = "masked"
    LACKING = "lacking consent"  # denied, and better consent would change it
    DENIED = "denied"  # whatever anybody consents to


def shade_of(outcome: Outcome) -> Shade:
    """The shade of *outcome*."""
    if outcome.allowed:
        return Shade.ALLOWED if outcome.effect is Effect.ALLOW else Shade.MASKED
    return Shade.LACKING if outcome.reason in CONSENT_REASONS else Shade.DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered in *boxes*, which may overlap; they never overlap with those of another answer."""

    outcomes: tuple[Outcome, ...]  # several where only the state of consent tells them apart, and is the reason
    boxes: tuple[Box, ...]
    situations: int  # how many are in some box: persons, with what callers may send, each class of values once


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """*uses* that get the same *answers*, those that allow first, under the same *law*."""

    law: Law
    uses: tuple[Use, ...]
    answers: tuple[Answer, ...]
    relation: Diagram  # of person, attributes and outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Everything that one bundle answers to some of its declared uses."""

    analysis: Analysis
    blocks: tuple[Block, ...]
    situations: int  # of each use under each law

    @property
    def inexact(self) -> tuple[Inexact, ...]:
        """Conditions that stand in boxes as they are, because no table holds them."""
        return self.analysis.inexact

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every use, once."""
        return tuple(dict.fromkeys(use for block in self.blocks for use in block.uses))

    def shades(self) -> Mapping[Shade, int]:
        """How many situations of all uses, under every law, have each shade."""
        counted = dict.fromkeys(Shade, 0)
        for block in self.blocks:
            for answer in block.answers:
                counted[shade_of(answer.outcomes[0])] += len(block.uses) * answer.situations
        return counted


_STATES: Final = tuple(deny(reason) for reason in LACKING.values())
"""Denies that differ by the state of consent alone: each is given exactly where its state is."""


def decision_matrix(
    analysis: Analysis, wanted: Callable[[Use], bool] = lambda _: True, *, states_apart: bool = True
) -> Matrix:
    """The matrix of the first bundle of *analysis*, with the uses that are *wanted*.

    Unless *states_apart*, denies whose reason is the state of consent are one answer: that is shorter to read.
    """
    boxing = analysis.boxing()
    answered: dict[Diagram, tuple[Answer, ...]] = {}
    blocks = []
    for group in groups(analysis):
        uses = tuple(filter(wanted, group.uses))
        relation = group.answers[0]
        if not uses:
            continue
        if relation not in answered:
            found = group.outcomes(0, analysis.outcome, boxing.within)
            answered[relation] = tuple(
                Answer(outcomes=outcomes, boxes=boxing.cover(where), situations=boxing.count(where))
                for outcomes, where in (_apart(found) if states_apart else _together(found))
            )
        blocks.append(Block(law=group.law, uses=uses, answers=answered[relation], relation=relation))
    return Matrix(analysis=analysis, blocks=tuple(blocks), situations=boxing.count(analysis.space.true))


_Found = Iterable[tuple[Outcome, Diagram]]
_Parts = list[tuple[tuple[Outcome, ...], Diagram]]


def _apart(found: _Found) -> _Parts:
    return [((outcome,), where) for outcome, where in found]


def _together(found: _Found) -> _Parts:
    parts: _Parts = []
    for outcome, where in found:
        if outcome in _STATES and parts and parts[-1][0][0] in _STATES:
            outcomes, before = parts.pop()
            parts.append(((*outcomes, outcome), before | where))
        else:
            parts.append(((outcome,), where))
    return parts
