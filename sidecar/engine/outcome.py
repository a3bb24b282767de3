"""What an answer says that neither a clock nor the person's own instants change."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sidecar.consent.memo import Season
from sidecar.consent.profile import Profile
from sidecar.model.decision import FieldResult
from sidecar.model.instant import Instant


class Ground(NamedTuple):
    """What outcomes rest on beside question and profile; compared by identity."""

    season: Season  # of notices
    everyone: Profile  # says what is held


def ask_not_before(no_since: Instant, after: Instant, now: Instant) -> Instant:
    """When somebody may be asked *now*, or again: so long *after* their no."""
    return max(now, no_since + after)


class Again(NamedTuple):
    """When somebody who said no may be asked again."""

    order: int  # of the no, in the profile
    after: Instant  # microseconds

    def not_before(self, times: Sequence[Instant], now: Instant) -> Instant:
        """The instant, for a person whose acts have these *times*."""
        return ask_not_before(times[self.order], self.after, now)


class Outcome:
    """Results, with room for what others make of them once: *encoded*, *counted* and *logged*.

    Of the *results* of a plan's outcome, ``ask_not_before`` is that of whoever came first; *again* has for each when
    its consent may be asked for, ``None``: at once.

    A slotted class, compared by identity: it is kept and counted by that. What is put into the room must be the same
    whoever puts it there; any number of threads may.
    """

    __slots__ = (
        "again", "co_subjects", "co_subjects_denied", "counted", "encoded", "ground", "logged", "results",
        "reusable_ms",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - a record; a dataclass of this size takes twice as long to make
        self,
        results: Sequence[FieldResult],
        *,
        co_subjects: int = 0,
        co_subjects_denied: int = 0,
        again: Sequence[Again | None] = (),
        reusable_ms: int = 0,
        ground: Ground | None = None,
    ) -> None:
        self.results = results
        self.co_subjects = co_subjects
        self.co_subjects_denied = co_subjects_denied
        self.again = again
        self.reusable_ms = reusable_ms  # as long as no clock changes it
        self.ground = ground  # None: of a question without a plan
        self.encoded: Any = None
        self.counted: Any = None
        self.logged: Any = None
