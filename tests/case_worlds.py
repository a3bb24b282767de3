"""Somebody to tell what people did, and to ask: what every way of asking has in common."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from sidecar.testing import FixedClock
from tests.case_files import Case

CONFLICT: Final = "conflict"
PERMISSION: Final = "permission"
"""What is to blame where no field is."""

Observed = tuple[Mapping[str, Any], ...]
"""For each field what was answered, in the words of a case's ``want``."""


class CaseError(Exception):
    """The event or question was refused; the argument says what is to blame."""


class World(Protocol):
    """One bundle, one log, one clock."""

    clock: FixedClock

    def record(self, subject: str, step: Mapping[str, Any], id_: str) -> bool:
        """Whether the step had been recorded before; raises ``CaseError``."""

    def ask(self, case: Case, subject: str, others: tuple[str, ...]) -> Observed:
        """The answer to the case's question about *subject* and *others*; raises ``CaseError``."""


def blamed(message: str) -> str:
    """The field that the text of an error begins with."""
    return message.split("`")[1]


def token(kind: str | None, log_id: str, applied: int) -> str:
    """What to send as ``at_least_as_fresh`` to a view of *applied* entries of the log *log_id*."""
    tokens = {
        None: "",
        "current": f"{log_id}.{applied}",
        "ahead": f"{log_id}.{applied + 1_000_000}",
        "foreign": f"{'0' * 16}.1",
        "garbage": "yesterday",
    }
    return tokens[kind]
