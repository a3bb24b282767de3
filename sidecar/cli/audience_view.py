"""How audiences look: ids for programs on standard output, how many for people on standard error."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import click

from sidecar.cli.output import printable
from sidecar.client import Audience

Masks = tuple[tuple[str, str], ...]
"""Fields, and how each must be masked."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What several calls said, put together; *kept* in full, or only counted."""

    kept: bool
    asked: int = 0
    usable: int = 0
    denied: Counter[str] = field(default_factory=Counter)  # by reason
    obliged: Counter[Masks] = field(default_factory=Counter)
    unknown_name: str = ""
    held: bool = False
    latest: Audience = field(default_factory=Audience)
    audiences: list[Audience] = field(default_factory=list)

    def add(self, audience: Audience, asked: int) -> None:
        """Take over what was said of so many people."""
        self.asked += asked
        self.usable += len(audience.subjects) + sum(len(group.subjects) for group in audience.masked)
        self.denied.update(audience.denied)
        self.obliged.update({_masks(one.masks): one.count for one in audience.obliged})
        self.unknown_name = audience.unknown_name or self.unknown_name
        self.held = audience.held or self.held
        self.latest = audience
        if self.kept:
            self.audiences.append(audience)

    def to_plain(self) -> dict[str, object]:
        """As JSON has it."""
        masked: dict[Masks, list[str]] = {}
        for audience in self.audiences:
            for group in audience.masked:
                masked.setdefault(_masks(group.masks), []).extend(group.subjects)
        changes = [one.clock_changes_at for one in self.audiences if one.clock_changes_at is not None]
        return {
            "asked": self.asked,
            "usable": self.usable,
            "subjects": [subject for audience in self.audiences for subject in audience.subjects],
            "masked": [{"masks": dict(masks), "subjects": subjects} for masks, subjects in masked.items()],
            "denied": dict(self.denied),
            "obliged": [{"masks": dict(masks), "count": count} for masks, count in self.obliged.items()],
            "unknown_name": self.unknown_name,
            "held": self.held,
            "policy_revisions": list(dict.fromkeys(one.policy_revision for one in self.audiences)),
            "consent_revision": self.latest.consent_revision,
            "consent_age_ms": max(one.consent_age_ms for one in self.audiences),
            "clock_changes_at": min(changes).isoformat() if changes else None,
            "cache_for_ms": min(one.cache_for_ms for one in self.audiences),
            "decision_ids": [one.decision_id for one in self.audiences],
        }


def show_audience(audience: Audience) -> None:
    """Print who may be used, one a line; after a tab what must be masked first."""
    lines = list(audience.subjects)
    for group in audience.masked:
        told = ",".join(f"{field}={mask}" for field, mask in group.masks.items())
        lines += [f"{subject}\t{told}" for subject in group.subjects]
    if lines:
        click.echo("\n".join(lines))


def show_summary(outcome: Outcome) -> None:
    """Tell on standard error how many may be used, and why how many others may not."""
    _tell(f"{outcome.usable:,} of {outcome.asked:,} may be used")
    unknown = f" `{outcome.unknown_name}`" if outcome.unknown_name else ""
    for reason, count in outcome.denied.most_common():
        named = unknown if reason.startswith("UNKNOWN_") else ""
        held = ", or on hold for everyone: see `sidecar holds`" if outcome.held and reason == "RESTRICTED" else ""
        _tell(f"  {count:,} left out: {reason}{named}{held}")
    for masks, count in outcome.obliged.most_common():
        must = ", ".join(f"{field} by `{mask}`" for field, mask in masks)
        _tell(f"  {count:,} left out: you would have to mask {must}; say so with --mask if you do")


def _tell(line: str) -> None:
    click.echo(printable(line), err=True)


def _masks(masks: Mapping[str, str]) -> Masks:
    return tuple(masks.items())
