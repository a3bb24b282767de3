"""The bounded view by itself; what happens when others write to it meanwhile is in test_interleavings."""

import pytest
from msgspec.structs import replace

from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import LogEntry
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.view.contact import SKEW_MS, Contact
from sidecar.consent.view.on_demand import LIFETIME, OnDemand
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND
from tests.unit.consent.view.interleaved import ADA, BOB, EARLY, LATE, PSEUDONYMS, ModelLog, entry, head, standing

ALL = PSEUDONYMS.of(EVERYONE)


class Log(ModelLog):
    """A log that may be *broken* or *destroyed*, and counts what is read."""

    broken = False
    destroyed = False
    reads = 0

    def ping(self) -> None:
        """Whether it is there."""
        if self.destroyed:
            raise LogLostError("destroyed")

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry."""
        self.reads += 1
        if self.broken:
            raise ConsentLogError("gone")
        return super().head(pseudonym)


def following(log: Log) -> OnDemand:
    """A view that follows *log* from where it is."""
    view = OnDemand(log, PSEUDONYMS, contact=Contact(), capacity=4)  # type: ignore[arg-type] # all that it needs of a log
    view.load(now=EARLY)
    log.reads = 0
    return view


def test_nobody_is_held_before_they_are_asked_about() -> None:
    """The view is complete at once, as of where the log is."""
    log = Log("a" * 16, (ADA, BOB))
    view = following(log)
    view.complete()

    assert view.lookup(ADA) is None
    assert ("a" * 16 + ".2", 2, "a" * 16) == (str(view.revision()), view.applied, view.log_id)
    assert (1, 1, 0, "") == (view.subjects, view.profiles, log.reads, view.lost)
    assert ADA == view.pseudonym("ada")


def test_a_miss_is_read_once() -> None:
    """Whoever is held is not read again; that somebody has no record is held too."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    for pseudonym in (ADA, BOB, ADA, BOB):
        view.refresh(pseudonym, now=EARLY)

    assert standing(1, EARLY) == view.lookup(ADA)
    assert UNKNOWN_STANDING == view.lookup(BOB)
    assert (2, 2) == (log.reads, view.hits)
    assert (3, 2) == (view.subjects, view.profiles)


def test_what_cannot_be_read_is_not_held() -> None:
    """Not as somebody without a record; once it can be read it is."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    log.broken = True
    with pytest.raises(ConsentLogError):
        view.refresh(ADA, now=EARLY)
    missed = view.lookup(ADA)
    log.broken = False
    view.refresh(ADA, now=EARLY)

    assert missed is None
    assert standing(1, EARLY) == view.lookup(ADA)


def test_a_log_that_was_destroyed_has_nobody_who_said_nothing() -> None:
    """What cannot be found in it is not held as unknown; once it is known to be lost, nothing is read."""
    log = Log("a" * 16)
    view = following(log)
    log.destroyed = True
    with pytest.raises(LogLostError, match="destroyed"):
        view.refresh(ADA, now=EARLY)
    view.contact.lose("it was destroyed")
    with pytest.raises(LogLostError, match="it was destroyed"):
        view.refresh(BOB, now=EARLY)
    with pytest.raises(LogLostError, match="it was destroyed"):
        view.apply([entry(BOB, 1)], now=EARLY)

    assert (None, None, 1) == (view.lookup(ADA), view.lookup(BOB), log.reads)
    assert "it was destroyed" == view.lost


def test_what_was_appended_to_another_log_is_not_held() -> None:
    """It was taken over so late that a log in place of the lost one is followed already; its positions are others."""
    view = following(Log("a" * 16))
    with pytest.raises(LogLostError, match="replaced"):
        view.apply([entry(ADA, 1)], now=EARLY, log_id="b" * 16)
    missed = view.lookup(ADA)
    view.apply([entry(ADA, 1)], now=EARLY, log_id="a" * 16)

    assert missed is None
    assert standing(1, EARLY) == view.lookup(ADA)


def test_the_view_is_as_old_as_what_was_last_heard() -> None:
    """And whoever waits for a position is told of it."""
    view = following(Log("a" * 16))
    view.contact.heard(SECOND)
    before = view.wait(beyond=0, seconds=0)
    view.take([], through=1, now=EARLY)

    assert 2_000 + SKEW_MS == view.age_ms(3 * SECOND)
    assert (False, True) == (before, view.wait(beyond=0, seconds=0))


def test_a_standing_past_its_instant_is_read_again() -> None:
    """If it cannot be, it stays as it was: whoever asks sees that it is over."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    view.refresh(ADA, now=EARLY)
    log.broken = True
    with pytest.raises(ConsentLogError):
        view.refresh(ADA, now=LATE)
    over = view.lookup(ADA)
    log.broken = False
    view.refresh(ADA, now=LATE)

    assert standing(1, EARLY) == over
    assert standing(1, LATE) == view.lookup(ADA) != over


def test_the_feed_updates_who_is_held() -> None:
    """Nobody else: they are read when they are asked about."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    view.refresh(ADA, now=EARLY)
    log.entries += [ADA, BOB]
    view.take([head(ADA, 2), head(BOB, 3)], through=3, now=EARLY)

    assert standing(2, EARLY) == view.lookup(ADA)
    assert view.lookup(BOB) is None
    assert (3, 1) == (view.applied, log.reads)


def test_the_revision_never_goes_back() -> None:
    """Whatever it is told."""
    view = following(Log("a" * 16, (ADA, BOB)))
    view.take([], through=1, now=EARLY)

    assert 2 == view.applied


def test_what_this_process_appended_is_held_at_once() -> None:
    """Without a read, and without moving the revision; once the feed has gone past it, it is left to be read."""
    log = Log("a" * 16)
    view = following(log)
    view.apply([entry(ADA, 1)], now=EARLY)
    held, applied = view.lookup(ADA), view.applied
    view.take([], through=3, now=EARLY)
    view.apply([entry(BOB, 2)], now=EARLY)

    assert standing(1, EARLY) == held
    assert (0, 0) == (applied, log.reads)
    assert view.lookup(BOB) is None


def test_what_is_doubted_is_read_before_it_is_used() -> None:
    """Held or not."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    view.refresh(ADA, now=EARLY)
    view.distrust([ADA, BOB])
    doubted = view.lookup(ADA)
    view.refresh(ADA, now=EARLY)

    assert doubted is None
    assert standing(1, EARLY) == view.lookup(ADA)
    assert 2 == log.reads


def test_a_damaged_entry_stops_nobody_else() -> None:
    """Its subject is read when asked about, which says what is wrong with it."""
    log = Log("a" * 16, (ADA, BOB))
    view = following(log)
    view.refresh(ADA, now=EARLY)
    view.refresh(BOB, now=EARLY)
    log.entries += [ADA, BOB]
    view.take([replace(head(ADA, 3), packed=b"?"), head(BOB, 4)], through=4, now=EARLY)
    damaged = view.lookup(ADA)
    log.entries[2:3] = []
    with pytest.raises(ConsentLogError, match="damaged"):
        view.refresh(ADA, now=EARLY)

    assert damaged is None
    assert view.lookup(ADA) is None
    assert standing(4, EARLY) == view.lookup(BOB)


def test_nobody_is_held_longer_than_a_lifetime() -> None:
    """However often they are asked about: then they are read again. What is held for everyone stays."""
    log = Log("a" * 16, (ADA, ALL))
    view = following(log)
    view.refresh(ADA, now=EARLY)
    view._era_began = None
    view.check(now=EARLY, ticks=0)
    view.check(now=EARLY, ticks=LIFETIME // 2)
    half = view.lookup(ADA)
    view.check(now=EARLY, ticks=LIFETIME)

    assert standing(1, EARLY) == half
    assert view.lookup(ADA) is None
    assert standing(2, EARLY) == view.lookup(ALL)
    assert 1 == view.subjects


def test_a_clock_that_is_put_right_leaves_nobody_held() -> None:
    """Who came of age by a clock that ran ahead is a child again; small steps change nothing."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    view.refresh(ADA, now=LATE)
    view.check(now=LATE - 500_000, ticks=0)
    small = view.lookup(ADA)
    view.check(now=EARLY, ticks=0)
    large = view.lookup(ADA)
    view.refresh(ADA, now=EARLY)
    view.check(now=EARLY, ticks=0)

    assert standing(1, LATE) == small
    assert large is None
    assert standing(1, EARLY) == view.lookup(ADA)


def test_what_is_held_for_everyone_is_read_when_the_view_begins() -> None:
    """A view that cannot read it is not complete; it is no hit of anybody's."""
    log = Log("a" * 16, (ALL,))
    log.broken = True
    with pytest.raises(ConsentLogError):
        following(log)
    log.broken = False
    view = following(log)

    assert standing(1, EARLY) == view.lookup(ALL)
    assert 0 == view.hits


def test_a_read_that_ends_late_finds_a_later_standing() -> None:
    """What was read is not held in its place."""
    log = Log("a" * 16, (ADA,))
    view = following(log)
    marker = view._begin(ADA, EARLY)
    assert marker is not None
    read = log.head(ADA)
    view.apply([entry(ADA, 2)], now=EARLY)
    view._finish(marker, read, EARLY)
    view._leave(marker)

    assert standing(2, EARLY) == view.lookup(ADA)
