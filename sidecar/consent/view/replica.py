"""A view of everybody: each subject has a slot in memory.

Of a log that only this process appends to, what it appends is the view's next revision. Of a shared one its own entries
are put at once, but only the feed, which has everybody's in order, advances the revision (ADR-0025).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Final

from msgspec.structs import replace

from sidecar.consent.log import ConsentLog, Head, LogEntry
from sidecar.consent.profile import UNKNOWN_STANDING, Profile, Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.view.ahead import Ahead
from sidecar.consent.view.contact import REPLACED, Contact
from sidecar.consent.view.loading import Load, Loading
from sidecar.consent.view.progress import Progress
from sidecar.consent.view.reads import VOID, Reads
from sidecar.consent.view.shapes import Shapes
from sidecar.consent.view.slots import NEVER, OVERDUE, Slots
from sidecar.consent.view.snapshot import Restored, Snapshot, let_go
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import AgeBand

_CLOCK_SLACK: Final = SECOND
"""How far a clock may step back before what was resolved under it is resolved again, in microseconds."""

_ENTRIES_AT_ONCE: Final = 500


class Replica:
    """Every subject's standing, as of one revision of the log.

    Any number of threads may look up, without a lock: a slot is replaced by one store of a reference, and the revision
    only after it. Whoever writes takes turns. With a *contact* it is a ``FollowedCache``.
    """

    def __init__(
        self,
        log: ConsentLog,
        pseudonyms: Pseudonyms,
        *,
        contact: Contact | None = None,
        load: Load | None = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        self._log = log
        self.pseudonym: Final = pseudonyms.of
        """The pseudonym of a subject."""
        self.hits: Final = 0
        """Not counted: everybody is held."""
        self.contact: Final = contact or Contact()
        self._followed = contact is not None
        self._load = load or Load(lambda: 0)
        self._snapshot = snapshot
        self._saved: Revision | None = None
        self._last_entry = 0  # position of an entry that the log has
        self._slots = Slots()
        self._next: Slots | None = None  # of a view that is not complete yet
        self._next_revision = Revision(log.log_id, 0)
        self._revision = self._next_revision
        self._progress = Progress()
        self._ahead = Ahead()
        self._fed = 0  # position of the last entry that the feed gave; the revision comes after it
        self._shapes = Shapes()
        self._writing = Lock()
        self._reads = Reads(self._writing)
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
        return self.contact.lost

    @property
    def loading(self) -> Loading | None:
        """How far a load has come."""
        return self._load.loading

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
        slots = self._slots
        return slots.get(pseudonym) or self._unknown(pseudonym, slots)

    def apply(self, entries: Iterable[LogEntry], *, now: Instant, log_id: str | None = None) -> None:
        """Take over last entries of their subjects that this process appended or found: the next question sees them.

        Raises ``LogLostError`` if the log is lost, or is not the one with *log_id* any more.
        """
        position = 0
        for entry in entries:
            standing = self._shapes.standing(entry.packed, now)
            with self._writing:
                self._require_log(log_id)
                self._own(entry, standing, now)
            position = max(position, entry.position)
        if not self._followed:
            with self._writing:
                self._reach(position)

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record again and resolve it at *now*; raises ``ConsentLogError``.

        What is put meanwhile is not overwritten by what was read before.
        """
        self._require_log()
        with self._reads.of(pseudonym) as read:
            head = self._log.head(pseudonym)
            if head is None:
                self._log.ping()  # one that was destroyed has nobody; it must still be the one that there was
            with self._writing:
                self._require_log()
                if head is None and not read.overtaken_at:
                    self._slots.drop(pseudonym)
                elif head is not None and head.position >= read.overtaken_at and self._replaces(head):
                    self._put(pseudonym, resolve(head.record, now), now, position=head.position)

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        with self._writing:
            for pseudonym in pseudonyms:
                self._put(pseudonym, self._doubtful(pseudonym), NEVER, position=VOID)

    def load(self, *, now: Instant, ticks: Instant = 0) -> None:
        """Take over all of a log that is not shared; raises ``ConsentLogError``. Until then nothing may be answered."""
        position = self._log.last_position()  # before the entries, which may be later, never earlier
        restored = self._restored(now)
        if restored is None:
            self._load.begin(position, log_id=self.log_id, after=0)
            for head in self._log.heads():
                standing = self._shapes.standing(head.packed, now)
                with self._writing:
                    self._put(head.pseudonym, standing, now, position=head.position)
                self._load.add(1)
        else:
            self._load.begin(position - restored.position, log_id=self.log_id, after=restored.position)
            with self._writing:
                self._slots, self._last_entry = restored.slots, restored.last_entry
                self._reach(restored.position)
            while entries := self._log.entries(after=self.applied, limit=_ENTRIES_AT_ONCE):
                self.apply(entries, now=now)
                self._load.add(len(entries))
        with self._writing:
            self._reach(position)
        self._readable_at = ticks
        self._load.end(subjects=self.subjects)

    def save(self, *, now: Instant, pause: Callable[[], object] = let_go) -> bool:
        """Write what is served to the snapshot, *pause* after each part: whether there was anything to write.

        Raises ``ConsentLogError``, also if another view is served in the end, or ``OSError``; then the one before is
        still there.
        """
        slots = self._slots
        revision = self._revision
        if self._snapshot is None or self.lost or revision in (self._saved, Revision(revision.log_id, 0)):
            return False
        self._snapshot.write(
            slots,
            revision,
            last_entry=self._last_entry,
            now=now,
            resolved_at=lambda: self._resolved_in(slots),
            pause=pause,
        )
        self._saved = revision
        return True

    def begin(self, *, now: Instant, resume: bool) -> int | None:
        """Start over beside what is served: with empty slots, or with *resume* those of the snapshot."""
        restored = self._restored(now) if resume else None
        with self._writing:
            self._next = Slots() if restored is None else restored.slots
            self._next_revision = Revision(self._log.log_id, 0 if restored is None else restored.position)
            self._last_entry = 0 if restored is None else restored.last_entry
            self._fed = self._next_revision.position
            self._ahead = Ahead()
            self._reads.void()
        return None if restored is None else restored.position

    def take(self, heads: Sequence[Head], *, through: int, now: Instant) -> None:
        """Take over *heads*, in the order of the log, then be at *through*, unless that is behind: slots first."""
        resolved = [(head, self._resolved(head, now)) for head in heads]
        with self._writing:
            for head, standing in resolved:
                if self._ahead.fed(head.pseudonym, head.position):
                    doubtful = head.position <= self._ahead.doubted_through
                    known = replace(standing, changes_at=OVERDUE) if doubtful else standing
                    self._put(head.pseudonym, known, now, position=head.position, fed=True)
                self._fed = max(self._fed, head.position)
            self._reach(through)

    def complete(self) -> None:
        """Serve what was begun: its slots first, then its revision."""
        with self._writing:
            assert self._next is not None  # else there is nothing that was begun
            before, self._slots = self._slots, self._next
            self._next, self._revision = None, self._next_revision
            self._progress.start_over(self._revision.position)
        for _ in before.retire():
            time.sleep(0)

    def erased(self) -> Iterator[tuple[bytes, ...]]:
        """Those who are erased and said nothing since, some at a time."""
        return self._slots.by_profile(_only_erased)

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """Find out, if nothing else tells, whether the log can be read; the view ages while it cannot.

        If *now* lies before what slots were resolved at, because a clock ran ahead and was put right, each that an
        instant has passed for is resolved again before it is used: a child that had come of age is a child again.
        """
        try:
            if not self._followed:
                self._log.ping()
        except ConsentLogError:
            self._failing = True
            raise
        self._readable_at, self._failing = ticks, False
        if now < self._resolved_at - _CLOCK_SLACK:
            self._doubt_what_passed()
            self._resolved_at = now

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be.

        Of a shared log, by its heartbeats; of another 0 while it can be read: whatever is in it is applied already.
        """
        if self._followed:
            return self.contact.age_ms(ticks)
        if not self._failing or self._readable_at is None:
            return 0
        return max(0, ticks - self._readable_at) // 1_000

    def _unknown(self, pseudonym: bytes, slots: Slots) -> Standing:
        """Of a subject who is not in *slots*: those may be emptied already, because others took their place."""
        while slots is not self._slots:
            slots = self._slots
            standing = slots.get(pseudonym)
            if standing is not None:
                return standing
        return UNKNOWN_STANDING

    def _restored(self, now: Instant) -> Restored | None:
        restored = None if self._snapshot is None else self._snapshot.read(now=now)
        if restored is not None:
            self._resolved_at = max(self._resolved_at, restored.resolved_at)
            self._saved = Revision(self._log.log_id, restored.position)
        return restored

    def _resolved_in(self, slots: Slots) -> Instant:
        if slots is not self._slots:  # what is left of the one before is not all that it had
            raise ConsentLogError("the view was replaced while it was saved; it is saved again later")
        return self._resolved_at

    def _require_log(self, log_id: str | None = None) -> None:
        if self.contact.lost or log_id not in (None, self.log_id):
            raise LogLostError(self.contact.lost or REPLACED)

    def _resolved(self, head: Head, now: Instant) -> Standing:
        try:
            return self._shapes.standing(head.packed, now)
        except ConsentLogError:
            return self._doubtful(head.pseudonym)  # who asks about it is told why

    def _doubtful(self, pseudonym: bytes) -> Standing:
        return replace(self._filled.get(pseudonym) or UNKNOWN_STANDING, changes_at=OVERDUE)

    def _own(self, entry: LogEntry, standing: Standing, now: Instant) -> None:
        """Put what this process appended, unless the feed has brought it, or what came after it."""
        if not self._followed or (entry.position > self._fed and self._ahead.put(entry.pseudonym, entry.position)):
            self._put(entry.pseudonym, standing, now, position=entry.position)
        elif entry.position > self._through:  # the feed is about there, and has perhaps left it out
            self._put(entry.pseudonym, self._doubtful(entry.pseudonym), NEVER, position=entry.position)
        elif self._next is not None:  # that has it, and what is served has not
            self._slots.put(entry.pseudonym, standing)

    def _replaces(self, head: LogEntry) -> bool:
        """Whether what the log was found to have is the subject's latest."""
        behind = self._ahead.put if head.position > self._fed else self._ahead.fed
        return not self._followed or behind(head.pseudonym, head.position)

    @property
    def _filled(self) -> Slots:
        """The slots that are written to."""
        return self._slots if self._next is None else self._next

    @property
    def _through(self) -> int:
        """The position that the feed has come to."""
        return (self._revision if self._next is None else self._next_revision).position

    def _reach(self, position: int) -> None:
        """Be at *position*; only while holding the lock."""
        if self._next is not None:
            self._next_revision = Revision(self._next_revision.log_id, max(position, self._next_revision.position))
        elif position > self._revision.position:
            self._revision = Revision(self._revision.log_id, position)
            self._progress.reach(position)
        self._ahead.passed(position)

    def _put(self, pseudonym: bytes, standing: Standing, now: Instant, *, position: int, fed: bool = False) -> None:
        """Replace a slot by what was resolved at *now* from the entry at *position*; only while holding the lock.

        What is *fed* is for the view that is filled; whatever else is known is so of the one that is served, too.
        """
        self._resolved_at = max(self._resolved_at, now)
        self._filled.put(pseudonym, standing)
        if self._next is not None and not fed:
            self._slots.put(pseudonym, standing)
        if position != VOID:
            self._last_entry = max(self._last_entry, position)
        self._reads.overtake(pseudonym, position)

    def _doubt_what_passed(self) -> None:
        for pseudonyms in self._slots.by_profile(_by_the_clock):
            self.distrust(pseudonyms)
            time.sleep(0)


def _only_erased(profile: Profile) -> bool:
    return profile.erased and not profile.entries


def _by_the_clock(profile: Profile) -> bool:
    """Whether *profile* is what it is because an instant has passed."""
    return profile.age in (AgeBand.TEEN, AgeBand.ADULT) or any(entry.expired for entry in profile.entries)
