"""The cache: what engine, ledger and transport know of a view of consent, whichever it is."""

from collections.abc import Callable, Iterable
from typing import Protocol

from sidecar.consent.log import LogEntry
from sidecar.consent.profile import Standing
from sidecar.consent.revision import Revision
from sidecar.model.instant import Instant


class ConsentCache(Protocol):
    """Subjects' standings, as of one revision of the log.

    Any number of threads may look up, without a lock and without waiting. Whoever writes takes turns.
    """

    @property
    def pseudonym(self) -> Callable[[str], bytes]:
        """Gives the pseudonym of a subject."""
        ...

    @property
    def log_id(self) -> str:
        """The log that this is a view of."""
        ...

    @property
    def applied(self) -> int:
        """The position up to which the view has every entry."""
        ...

    @property
    def subjects(self) -> int:
        """How many subjects' standings are held."""
        ...

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        ...

    @property
    def lost(self) -> str:
        """Why the log is not the one that was followed any more; empty while it is."""
        ...

    def revision(self) -> Revision:
        """The revision up to which the view has every entry; read it before the slots, never after."""
        ...

    def wait(self, *, beyond: int, seconds: float) -> bool:
        """Wait at most *seconds* until more than what is up to *beyond* is applied: whether it is."""
        ...

    def lookup(self, pseudonym: bytes) -> Standing | None:
        """The subject's standing, that of nobody if there is no record; ``None``: it must be refreshed first.

        Good until its ``changes_at``; from then on it must be refreshed before it is used.
        """
        ...

    def load(self, *, now: Instant, ticks: Instant = 0) -> None:
        """Become complete; raises ``ConsentLogError``. Until it returns no question may be answered."""
        ...

    def apply(self, entries: Iterable[LogEntry], *, now: Instant) -> None:
        """Take over last entries of their subjects that this process appended or found: the next question sees them."""
        ...

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record again and resolve it at *now*; raises ``ConsentLogError``."""
        ...

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        ...

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """Find out whether the log can be read, at *ticks* of a clock that never steps back.

        Raises ``ConsentLogError`` if it cannot.
        """
        ...

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be, in milliseconds."""
        ...
