"""The cache: what engine, ledger and transport know of a view of consent, whichever it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from sidecar.consent.log import Head, LogEntry
from sidecar.consent.profile import Standing
from sidecar.consent.revision import Revision
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.loading import Loading
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
    def hits(self) -> int:
        """How often somebody was found who might have had to be read; 0 where everybody is held."""
        ...

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        ...

    @property
    def lost(self) -> str:
        """Why the log is not the one that was followed any more; empty while it is."""
        ...

    @property
    def loading(self) -> Loading | None:
        """How far a load has come; ``None`` while the view is complete, or nothing is loaded."""
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

    def apply(self, entries: Iterable[LogEntry], *, now: Instant, log_id: str | None = None) -> None:
        """Take over last entries of their subjects that this process appended or found: the next question sees them.

        They are of the log *log_id*; ``None``: of the one that this is a view of. Raises ``LogLostError`` if that is
        not the same any more, or is lost.

        One that the view has a later entry in place of changes nothing. Of a log that others append to as well, the
        revision does not follow: what they appended before may be missing yet.
        """
        ...

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record again and resolve it at *now*; raises ``ConsentLogError``."""
        ...

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        ...

    def erased(self) -> Iterator[tuple[bytes, ...]]:
        """Those who were erased as persons and of whom nothing else is known, with some who are not among them.

        A few at a time, often none: whoever asks pauses between two, so that others get on. May read; raises
        ``ConsentLogError``.
        """
        ...

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """See to what only a look at the clock tells, at *ticks* of one that never steps back; about once a second.

        Raises ``ConsentLogError`` if the log cannot be read, where that is what tells the age of the view.
        """
        ...

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be, in milliseconds."""
        ...


class FollowedCache(ConsentCache, Protocol):
    """A view of a log that others append to as well. One thread follows the log and tells it (``Applier``).

    ``begin``, any number of ``take``, ``complete``, and then ``take`` for good; ``begin`` again after a loss.
    """

    @property
    def contact(self) -> Contact:
        """How the view stands to the log; the thread that follows it writes there."""
        ...

    def begin(self, *, now: Instant, resume: bool) -> int | None:
        """Start over, as a view of the log as it is now; what is served until ``complete`` stays what it was.

        With *resume*, from what an earlier process saved, if there is anything that fits. Returns the position to
        follow the log from; ``None``: from the last entry of everybody. Raises ``ConsentLogError``.
        """
        ...

    def take(self, heads: Sequence[Head], *, through: int, now: Instant) -> None:
        """Take over *heads*, in the order of the log, then be at *through*: slots first, then the revision.

        *through* may be behind the heads, because others before them are missing, and even behind where the view is.
        A head that cannot be read has its subject be refreshed, and so denied; it stops nobody else's. Quick for few
        heads: the interpreter is not let go meanwhile.
        """
        ...

    def complete(self) -> None:
        """What was begun has all that the log had then, so it is served from now on."""
        ...
