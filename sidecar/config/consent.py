"""The settings of the consent log and of the view of it, whichever log it is."""

# ruff: noqa: RUF009 - `setting` makes a dataclass field

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.config.setting import between, one_of, setting
from sidecar.errors import ConfigError

LOGS: Final = ("sqlite", "nats")
MODES: Final = ("auto", "replica", "on_demand")
HELD: Final = 100_000
"""Subjects held on demand unless said otherwise."""

_INSTANCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The log of consent and the view of it."""

    log: str = setting(
        "sqlite",
        "`sqlite`: a file in `data.dir`, of this process alone. `nats`: one log for any number of sidecars, made by "
        "`sidecar consent init`.",
    )
    mode: str = setting(
        "auto",
        "`replica`: every subject in memory. `on_demand`: at most `held_subjects`, others are read when asked about; "
        "for `nats` only. `auto`: `on_demand` if `held_subjects` is set, else `replica`.",
    )
    held_subjects: int | None = setting(
        None, "How many subjects the mode `on_demand` holds; `none` is 100000 there, and no bound for a replica."
    )
    key_file: Path | None = setting(
        None,
        "File of the key of pseudonyms, the same for all sidecars of a log; `none` means `pseudonym.key` in "
        "`data.dir`, which is made at the first start with `sqlite`, and never with `nats`.",
    )
    instance: str | None = setting(
        None, "What this sidecar is called among those of a log; `none` is made of the host's name and `data.dir`."
    )
    snapshot_seconds: float | None = setting(
        300.0,
        "How often a replica is written to `view.snapshot` in `data.dir`, if it changed, and at a stop: the next start "
        "need not read all of the log. `none` is never.",
        unit="seconds",
    )
    max_offline_days: float = setting(
        30.0,
        "An older snapshot is thrown away. What an erasure leaves is kept longer than that, so every sidecar of a log "
        "has the same.",
        unit="days",
    )

    tombstone_days: float | None = setting(
        None,
        "How long the erasure of a person is remembered of whom nothing else is known, such as an objection; more than "
        "`max_offline_days`, and longer than any import may be repeated or backup restored. `none` is for ever.",
        unit="days",
    )

    def __post_init__(self) -> None:
        one_of("consent.log", self.log, LOGS)
        one_of("consent.mode", self.mode, MODES)
        if self.held_subjects is not None:
            between("consent.held_subjects", self.held_subjects, 100, 100_000_000)
        if self.log == "sqlite" and (self.mode == "on_demand" or self.held_subjects is not None):
            key = "held_subjects" if self.held_subjects is not None else "mode"
            raise ConfigError(
                f"`consent.{key}`: `{getattr(self, key)}` is for a log that is shared; with `sqlite` every "
                "subject is held"
            )
        if self.mode == "replica" and self.held_subjects is not None:
            raise ConfigError("`consent.held_subjects`: a replica holds every subject; set `consent.mode` to on_demand")
        if self.instance is not None and not _INSTANCE.fullmatch(self.instance):
            raise ConfigError(
                f"`consent.instance`: `{self.instance}` is not 1 to 64 letters, digits, dots, dashes or underscores"
            )
        if self.snapshot_seconds is not None:
            between("consent.snapshot_seconds", self.snapshot_seconds, 1, 86_400)
        between("consent.max_offline_days", self.max_offline_days, 1, 3_650)
        if self.tombstone_days is not None and not self.max_offline_days < self.tombstone_days <= 36_500:
            raise ConfigError(
                f"`consent.tombstone_days`: `{self.tombstone_days}` is not more than `consent.max_offline_days` "
                f"({self.max_offline_days}) and at most 36500: a sidecar that was away for so long would not learn of "
                "an erasure"
            )

    @property
    def holds(self) -> int | None:
        """How many subjects are held on demand; ``None``: the view is a replica, of all."""
        if self.mode == "on_demand":
            return self.held_subjects or HELD
        return self.held_subjects
