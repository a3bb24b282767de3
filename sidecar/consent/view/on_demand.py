"""A view of those who are asked about: a bounded number of subjects, each read from the log when it is first needed.

It follows a shared log from where the log is now, so it is complete at once: **whoever is held is held as the log has
them up to the revision, or later**; whoever is not is read first (ADR-0026). Four things write to it, each in steps
that are atomic together with the invariant, and the order of these steps is all that keeps it:

- A miss registers a marker *before* it reads, and takes in what it read afterwards.
- The feed takes each entry over into whoever is held, and into markers, and only then moves the revision on.
- What this process appended is taken over at once, and moves no revision: entries of others before it may be missing.
- Eviction forgets who is held; never a marker.

Wherever two meet, the higher position wins.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Lock
from typing import Final

from sidecar.bounded import Generations
from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import ConsentLog, Head, LogEntry
from sidecar.consent.packing import outline
from sidecar.consent.profile import UNKNOWN_STANDING, Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.view.contact import REPLACED, Contact
from sidecar.consent.view.holding import ERAS, Holding
from sidecar.consent.view.progress import Progress
from sidecar.consent.view.shapes import Shapes
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND, Instant

LIFETIME: Final = 1_800 * SECOND
"""After at most so long whoever is held is read again, however often they are asked about, in microseconds."""

_ERA: Final = LIFETIME // ERAS

_RECENT: Final = 4_096
"""Of so many subjects whose entries came last the entry is kept: a read that lags behind the feed does no harm."""

_SWEPT: Final = 512

_HEADS_AT_ONCE: Final = 64

_CLOCK_SLACK: Final = SECOND
"""How far a clock may step back before what was resolved under it counts no more, in microseconds."""


class Marker:
    """Stands for a subject that is being read: what comes of it meanwhile is kept here."""

    __slots__ = ("latest", "pseudonym", "readers")

    def __init__(self, pseudonym: bytes, latest: Head | None) -> None:
        self.pseudonym: Final = pseudonym
        self.latest = latest  # of what the feed gave or this process appended
        self.readers = 0


class OnDemand:
    """The standings of at most *capacity* subjects, and always that of everyone, as of one revision of a shared log.

    Any number of threads may look up, without a lock and without waiting. Whoever writes takes turns, each for a moment
    only: nobody holds the lock while reading from the log.
    """

    def __init__(
        self,
        log: ConsentLog,
        pseudonyms: Pseudonyms,
        *,
        contact: Contact,
        capacity: int,
    ) -> None:
        self._log = log
        self.pseudonym: Final = pseudonyms.of
        """The pseudonym of a subject."""
        self.contact: Final = contact
        """How the view stands to the log; the thread that follows it writes there."""
        self.loading: Final = None
        """Nothing is loaded: whoever is asked about is read."""
        self._progress = Progress()
        self._shapes = Shapes()
        self._everyone = pseudonyms.of(EVERYONE)  # every question asks for it: it must not be away while the log is
        self._holding = Holding(capacity, frozenset({self._everyone}))
        self._markers: dict[bytes, Marker] = {}
        self._recent: Generations[bytes, Head] = Generations(_RECENT)
        self._revision = Revision(log.log_id, 0)
        self._writing = Lock()
        self._fed = 0  # position of the last entry that the feed gave; the revision follows it
        self._latest: Instant = 0  # the latest that it ever was
        self._era_began: Instant | None = None  # in ticks
        self.hits = 0
        """How often somebody who was asked about was held; for metrics, so threads may lose a count."""

    @property
    def applied(self) -> int:
        """The position up to which everybody who is held is held as the log has them."""
        return self._revision.position

    @property
    def log_id(self) -> str:
        """The log that this is a view of."""
        return self._revision.log_id

    @property
    def subjects(self) -> int:
        """How many subjects are held, those without a record and everyone's holds too."""
        return len(self._holding)

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return self._holding.profiles

    @property
    def lost(self) -> str:
        """Why the log is not the one that was followed any more; empty while it is."""
        return self.contact.lost

    def revision(self) -> Revision:
        """The revision up to which whoever is held is; read it before the standings, never after."""
        return self._revision

    def wait(self, *, beyond: int, seconds: float) -> bool:
        """Wait at most *seconds* until more than what is up to *beyond* is applied: whether it is."""
        return self._progress.wait(beyond=beyond, seconds=seconds)

    def lookup(self, pseudonym: bytes) -> Standing | None:
        """The subject's standing, that of nobody if there is no record; ``None``: it must be refreshed first.

        Good until its ``changes_at``; from then on it must be refreshed before it is used.
        """
        standing = self._holding.get(pseudonym)
        if standing is not None and pseudonym != self._everyone:
            self.hits += 1
        return standing

    def load(self, *, now: Instant, ticks: Instant = 0) -> None:
        """Start over, see ``begin``; *ticks* are those of ``check``."""
        self._era_began = ticks
        self.begin(now=now, resume=False)

    def begin(self, *, now: Instant, resume: bool) -> int:  # noqa: ARG002 - there is nothing to resume
        """Start over, as a view of the log as it is now, with nobody held but everyone's holds.

        Returns the position to follow the log from; raises ``ConsentLogError``.
        """
        log_id, position = self._log.log_id, self._log.last_position()
        self._restart(Revision(log_id, position))
        self._read(self._everyone, now)
        return position

    def complete(self) -> None:
        """Nothing: what is not held is read."""

    def take(self, heads: Iterable[Head], *, through: int, now: Instant) -> None:
        """Take over *heads*, in the order of the log, then be at *through*: standings first, then the revision."""
        for head in heads:
            self._feed(head, now)
        self.advance(through)

    def apply(self, entries: Iterable[LogEntry], *, now: Instant, log_id: str | None = None) -> None:
        """Take over last entries of their subjects that this process appended or found: the next question sees them.

        They move no revision: what others appended before may not have been fed yet. Raises ``LogLostError`` if the log
        is lost, or is not the one with *log_id* any more.
        """
        for entry in entries:
            self._own(entry, now, log_id)

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record and hold it, resolved at *now*; raises ``ConsentLogError``.

        Reads once; several threads may do so for one subject, and the latest that any of them finds stays. Does nothing
        if another thread has been quicker. In rare cases the subject is not held afterwards: then it is to be refreshed
        again.
        """
        self._require_log()
        self._read(pseudonym, now)

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        with self._writing:
            for pseudonym in pseudonyms:
                self._holding.drop(pseudonym)
                self._markers.pop(pseudonym, None)  # what is being read now may be from before

    def erased(self) -> Iterator[tuple[bytes, ...]]:
        """Those of whom the log has an erasure and nothing else; finding them reads the last entry of everybody."""
        heads = self._log.heads()
        while some := tuple(islice(heads, _HEADS_AT_ONCE)):
            yield tuple(head.pseudonym for head in some if _says_nothing(head))

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """Let time go on, at *ticks* of a clock that never steps back.

        If *now* lies before what was resolved, because a clock ran ahead and was put right, nobody is held any more: a
        child that had come of age is a child again.
        """
        with self._writing:
            if now < self._latest - _CLOCK_SLACK:
                self._forget_all()
                self._latest = now
            if self._era_began is None:
                self._era_began = ticks
            while ticks - self._era_began >= _ERA:
                self._holding.begin_era()
                self._era_began += _ERA
            self._holding.sweep(_SWEPT)

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be, by the heartbeats of the log, in milliseconds."""
        return self.contact.age_ms(ticks)

    def advance(self, position: int) -> None:
        """Everything up to *position* has been taken over."""
        with self._writing:
            if position > self._revision.position:
                self._revision = Revision(self._revision.log_id, position)
                self._fed = max(self._fed, position)
                self._progress.reach(position)

    def _require_log(self, log_id: str | None = None) -> None:
        if self.lost or log_id not in (None, self.log_id):
            raise LogLostError(self.lost or REPLACED)

    def _restart(self, revision: Revision) -> None:
        with self._writing:
            self._forget_all()  # before the revision: nobody may be taken for more recent than they are
            self._recent = Generations(_RECENT)
            self._revision, self._fed = revision, revision.position
            self._progress.start_over(revision.position)

    def _read(self, pseudonym: bytes, now: Instant) -> None:
        marker = self._begin(pseudonym, now)
        if marker is None:
            return
        try:
            read = self._log.head(pseudonym)
            if read is None:
                self._log.ping()  # a log that was destroyed has nobody: it must still be the one that there was
            self._finish(marker, read, now)
        finally:
            self._leave(marker)

    def _begin(self, pseudonym: bytes, now: Instant) -> Marker | None:
        """A marker for who is about to be read; ``None`` if that is not needed any more."""
        with self._writing:
            self._latest = max(self._latest, now)
            standing = self._holding.get(pseudonym)
            if standing is not None and (standing.changes_at is None or standing.changes_at > now):
                return None
            marker = self._markers.get(pseudonym)
            if marker is None:
                marker = self._markers[pseudonym] = Marker(pseudonym, self._recent.get(pseudonym))
            marker.readers += 1
            return marker

    def _finish(self, marker: Marker, read: LogEntry | None, now: Instant) -> None:
        """Hold what was *read*, or what came meanwhile if that is later."""
        with self._writing:
            if self._markers.get(marker.pseudonym) is not marker:
                return  # the view began anew while it was read
            latest = marker.latest
            if latest is not None and (read is None or latest.position > read.position):
                self._hold(marker.pseudonym, latest.position, self._shapes.standing(latest.packed, now), now)
            elif read is not None:
                self._hold(marker.pseudonym, read.position, resolve(read.record, now), now)
            else:
                self._hold(marker.pseudonym, 0, UNKNOWN_STANDING, now)

    def _leave(self, marker: Marker) -> None:
        """Read no longer; the last reader takes the marker away."""
        with self._writing:
            marker.readers -= 1
            if marker.readers == 0 and self._markers.get(marker.pseudonym) is marker:
                del self._markers[marker.pseudonym]

    def _feed(self, head: Head, now: Instant) -> None:
        with self._writing:
            self._note(head)
            self._fed = max(self._fed, head.position)
            if self._holding.position(head.pseudonym) is None:
                return
            try:
                self._hold(head.pseudonym, head.position, self._shapes.standing(head.packed, now), now)
            except ConsentLogError:  # damaged: reading it says so to whoever asks, and the others are not kept waiting
                self._holding.drop(head.pseudonym)

    def _own(self, entry: LogEntry, now: Instant, log_id: str | None = None) -> None:
        with self._writing:
            self._require_log(log_id)
            packed = entry.packed
            self._note(Head(entry.position, entry.pseudonym, packed))
            if entry.position > self._fed:  # else the feed may have given a later one, which nobody kept
                self._hold(entry.pseudonym, entry.position, self._shapes.standing(packed, now), now)

    def _note(self, head: Head) -> None:
        """Let whoever is reading the subject, or will soon, know of *head*; only while holding the lock."""
        known = self._recent.get(head.pseudonym)
        if known is None or known.position < head.position:
            self._recent.put(head.pseudonym, head)
        marker = self._markers.get(head.pseudonym)
        if marker is not None and (marker.latest is None or marker.latest.position < head.position):
            marker.latest = head

    def _hold(self, pseudonym: bytes, position: int, standing: Standing, now: Instant) -> None:
        """Hold the subject, unless they are held by a later entry already; only while holding the lock."""
        held = self._holding.position(pseudonym)
        if held is None or held <= position:
            self._latest = max(self._latest, now)
            self._holding.put(pseudonym, standing, position)

    def _forget_all(self) -> None:
        """Hold nobody, and let what is being read now come to nothing; only while holding the lock."""
        self._holding.void()
        self._markers.clear()


def _says_nothing(head: Head) -> bool:
    """Whether a record has no choice, no erased category and no instant: such as an erasure leaves."""
    shape = outline(head.packed)
    return not shape.orders and not shape.clock
