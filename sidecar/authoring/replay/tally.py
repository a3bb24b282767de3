"""What a replay found: like lines together, in bounded memory however long the log is."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from sidecar.authoring.replay.again import Change, Flip, NotReplayable, Outcome, Skipped
from sidecar.authoring.replay.lines import Numbered
from sidecar.model.vocabulary import Action
from sidecar.telemetry.decisionlog.line import FactsJson, Line

_K = TypeVar("_K")

MAX_GROUPS: Final = 10_000
"""Kinds of flips, and of lines that cannot be replayed, told one by one: what is asked is up to callers."""

MAX_NAMED: Final = 5
"""Malformed lines told one by one."""


class Kind(NamedTuple):
    """What lines that flip alike have in common."""

    flip: Flip
    service: str
    action: Action
    field: str
    purpose: str
    channel: str | None
    recipient: str | None
    facts: FactsJson | None


@dataclass(slots=True)
class Group:
    """Lines alike."""

    example: str  # the id of the first
    count: int = 0


@dataclass(slots=True)
class Tally:
    """Counts lines; the first of each kind is its example."""

    same: int = 0
    skipped: int = 0
    audiences: int = 0  # lines about many people: they have nobody's facts
    flipped: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    widened: int = 0
    not_replayable: int = 0
    malformed: int = 0
    unlisted: int = 0  # lines of kinds past the bound: counted above, but not below
    flips: dict[Kind, Group] = field(default_factory=dict)
    reasons: dict[str, Group] = field(default_factory=dict)  # why lines cannot be replayed
    named: list[tuple[int, str]] = field(default_factory=list)  # the first malformed lines: number, why

    @property
    def lines(self) -> int:
        """All lines, malformed ones included."""
        others = self.skipped + self.audiences + self.not_replayable + self.malformed
        return self.same + others + sum(self.flipped.values())

    def add(self, line: Line, outcome: Outcome) -> None:
        """Count *line*, of which *outcome* came."""
        match outcome:
            case Flip():
                self.flipped[outcome.change] += 1
                self.widened += outcome.widens
                self._group(self.flips, _kind(line, outcome), line)
            case NotReplayable(why):
                self.not_replayable += 1
                self._group(self.reasons, why, line)
            case Skipped():
                self.skipped += 1
            case _:
                self.same += 1

    def add_malformed(self, numbered: Numbered) -> None:
        """Count a line that is none."""
        self.malformed += 1
        if len(self.named) < MAX_NAMED:
            self.named.append((numbered.number, numbered.malformed))

    def groups(self) -> list[tuple[Kind, Group]]:
        """The flips: newly allowed first, of each change the most frequent first."""
        order = {change: place for place, change in enumerate(Change)}
        return sorted(self.flips.items(), key=lambda item: (order[item[0].flip.change], -item[1].count))

    def _group(self, groups: dict[_K, Group], key: _K, line: Line) -> None:
        group = groups.get(key)
        if group is None:
            if len(groups) >= MAX_GROUPS:
                self.unlisted += 1
                return
            group = groups[key] = Group(line.id)
        group.count += 1


def _kind(line: Line, flip: Flip) -> Kind:
    return Kind(flip, line.service, line.action, line.field, line.purpose, line.channel, line.recipient, line.facts)
