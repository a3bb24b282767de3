"""What policies say to one question, before anything is made of it."""

from dataclasses import dataclass, field

from sidecar.model.vocabulary import Mask, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The outcome of evaluating all policies once.

    With *erring* not empty nothing else means anything, and *allowed* is false (ADR-0003).
    """

    allowed: bool
    determining: tuple[str, ...] = ()  # policy ids, sorted
    erring: tuple[tuple[str, str], ...] = ()  # (policy id, or "" if none is to blame, message), sorted
    reasons: frozenset[Reason] = frozenset()  # of the determining forbids
    masks: frozenset[Mask] = frozenset()  # of the determining permits
    settled: bool = field(default=False, compare=False)  # denied, and known to be whatever the consent
