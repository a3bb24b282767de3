"""A view of everybody: each subject has a slot in memory.

The slots are those of the log's last entries; what this process appends is applied at once.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Final

from sidecar.bounded import Generations
from sidecar.consent.log import ConsentLog, Head, LogEntry
from sidecar.consent.packing import outline, unpack
from sidecar.consent.profile import UNKNOWN_STANDING, Profile, Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.view.progress import Progress
from sidecar.consent.view.slots import NEVER, OVERDUE, Slots
from sidecar.errors import ConsentLogError
from sidecar.model.instant import SECOND, Instant

_SHAPES = 65_536

_CLOCK_SLACK: Final = SECOND
"""How far a clock may step back before what was resolved under it is resolved again, in microseconds."""


class Replica:
    """Every subject's standing, as of one revision of the log.

    Any number of threads may look up, without a lock: a slot is replaced by one store of a reference, and the revision
    only after it. Whoever writes takes turns.
    """

    def __init__(self, log: ConsentLog, pseudonyms: Pseudonyms) -> None:
        self._log = log
        self.pseudonym: Final = pseudonyms.of
        """The pseudonym of a subject."""
        self._slots = Slots()
        self._revision = Revision(log.log_id, 0)
        self._progress = Progress()
        self._writing = Lock()
        self._resolved_at: Instant = NEVER  # the latest instant that a slot was resolved at
        self._readable_at: Instant | None = None  # when the log could last be read, in ticks
        self._failing = False

    @property
    def applied(self) -> int:
        """The position up to which the view has every entry."""
        return self._revision.position

    @property
    def log_id(self) -> str:
        """The log that this is a view of."""
        return self._revision.log_id

    @property
    def subjects(self) -> int:
        """How many subjects have a record."""
        return len(self._slots)

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return self._slots.profiles

    @property
    def lost(self) -> str:
        """Why the log is not the one that was followed any more; empty while it is."""
        return ""

    def revision(self) -> Revision:
        """The revision up to which the view has every entry; read it before the slots, never after."""
        return self._revision

    def wait(self, *, beyond: int, seconds: float) -> bool:
        """Wait at most *seconds* until more than what is up to *beyond* is applied: whether it is."""
        return self._progress.wait(beyond=beyond, seconds=seconds)

    def lookup(self, pseudonym: bytes) -> Standing:
        """The subject's standing; that of nobody if there is no record.

        Good until its ``changes_at``; from then on it must be refreshed before it is used.
        """
        return self._slots.get(pseudonym) or UNKNOWN_STANDING

    def apply(self, entries: Iterable[LogEntry], *, now: Instant) -> None:
        """Take over new last entries of their subjects, together: the slots first, then the revision."""
        position = 0
        for entry in entries:
            standing = resolve(entry.record, now)
            with self._writing:
                self._put(entry.pseudonym, standing, now)
            position = max(position, entry.position)
        self._advance(position)

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record again and resolve it at *now*; raises ``ConsentLogError``."""
        with self._writing:  # around the read too: what is read must not overwrite a later entry
            head = self._log.head(pseudonym)
            if head is None:
                self._slots.drop(pseudonym)
            else:
                self._put(pseudonym, resolve(head.record, now), now)

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        with self._writing:
            for pseudonym in pseudonyms:
                self._put(pseudonym, self.lookup(pseudonym)._replace(changes_at=OVERDUE), NEVER)

    def load(self, *, now: Instant, ticks: Instant = 0) -> None:
        """Take over the whole log; raises ``ConsentLogError``. Until it returns the view is not complete."""
        position = self._log.last_position()  # before the entries, which may be later, never earlier
        known: Generations[tuple[bytes, tuple[bool, ...]], tuple[Profile, bool]] = Generations(_SHAPES)
        for head in self._log.heads():
            standing = _resolve_packed(head, now, known)
            with self._writing:
                self._put(head.pseudonym, standing, now)
        self._advance(position)
        self._readable_at = ticks

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """Find out whether the log can be read, at *ticks* of a clock that never steps back; the view ages while not.

        If *now* lies before what slots were resolved at, because a clock ran ahead and was put right, all are resolved
        again: a child that had come of age is a child again. Raises ``ConsentLogError`` if the log cannot be read.
        """
        try:
            self._log.ping()
            if now < self._resolved_at - _CLOCK_SLACK:
                self._refresh_all(now)
        except ConsentLogError:
            self._failing = True
            raise
        self._readable_at, self._failing = ticks, False

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be: 0 while the log can be read, because whatever is in it is applied already."""
        if not self._failing or self._readable_at is None:
            return 0
        return max(0, ticks - self._readable_at) // 1_000

    def _refresh_all(self, now: Instant) -> None:
        for pseudonym in self._slots.pseudonyms():
            self.refresh(pseudonym, now=now)
        self._resolved_at = now

    def _advance(self, position: int) -> None:
        with self._writing:
            if position > self._revision.position:
                self._revision = Revision(self._revision.log_id, position)
                self._progress.reach(position)

    def _put(self, pseudonym: bytes, standing: Standing, now: Instant) -> None:
        """Replace a slot by what was resolved at *now*; only while holding the lock."""
        self._resolved_at = max(self._resolved_at, now)
        self._slots.put(pseudonym, standing)


def _resolve_packed(
    head: Head, now: Instant, known: Generations[tuple[bytes, tuple[bool, ...]], tuple[Profile, bool]]
) -> Standing:
    """What ``resolve`` gives for the record of *head*, but each shape resolved only once.

    A profile follows from a record's shape and from which instants of its clock have passed; see ``packing``.
    """
    shape, orders, clock = outline(head.packed)
    key = (shape, tuple([instant <= now for instant in clock]))
    profile_and_no = known.get(key)
    if profile_and_no is None:
        standing = resolve(unpack(head.packed), now)
        known.put(key, (standing.profile, bool(standing.times)))
        return standing
    profile, says_no = profile_and_no
    changes_at = min((instant for instant in clock if instant > now), default=None)
    return Standing(profile, changes_at, orders if says_no else ())
