"""The bounded view, in every order in which what writes to it can come.

Each scenario is a set of actors, each with steps that are atomic in the program too (they hold its lock, or are one
call of the log). Every merge of their steps is played, from the first to the last: no threads, no luck. After each step
the law is checked for everybody who is held; in the end, when nothing is under way, the view must agree with the log.

That this can fail is seen by breaking the view in ways that suggest themselves, each of which is caught (`MUTANTS`):
the marker is registered after the read; the feed tells no marker, or nobody who is held; what was read, or what comes
last, wins over a later revision; eviction, or the first of two readers, takes the marker away; the revision moves
before the standing; what this process appended moves the revision, waits for the feed, or is held though the feed has
gone past it; a read that lags is believed; beginning anew leaves reads under way, or who was held; and, in the log, a
feed goes on past entries that were purged.
"""

from collections import deque
from collections.abc import Iterator

import pytest

from sidecar.bounded import Generations
from sidecar.consent.log import ConsentLog, Head, LogEntry
from sidecar.consent.profile import Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.on_demand import Marker, OnDemand
from sidecar.model.instant import Instant
from tests.unit.consent.view.interleaved import (
    ADA,
    BIRTHDAY_PASSES,
    BOB,
    CLOCK_IS_PUT_RIGHT,
    LOG_IS_RENEWED,
    PSEUDONYMS,
    Actor,
    ModelLog,
    Scene,
    append,
    distrust,
    erasure,
    evict,
    feed,
    miss,
    orders,
    own,
)

SCENARIOS: dict[str, tuple[Actor, ...]] = {
    "a miss while two entries come, and an eviction": (
        miss("one"), (append(), append()), feed(2), (evict(),),
    ),
    "two misses of one subject while an entry comes, and an eviction": (
        miss("one"), miss("two"), (append(),), feed(1), (evict(),),
    ),
    "a miss while somebody is erased and somebody else decides": (
        miss("one"), erasure(), (append(BOB),), feed(2),
    ),
    "a miss while somebody withdraws and is erased": (
        miss("one"), (append(), *erasure()), feed(2),
    ),
    "a miss while this process and another one append": (
        miss("one"), own(), (append(),), feed(2),
    ),
    "a miss while somebody else's entry comes before one of this process": (
        miss("one", BOB), own(), (append(BOB),), feed(2),
    ),
    "a miss while the clock passes an instant, and is put back": (
        miss("one"), (BIRTHDAY_PASSES, CLOCK_IS_PUT_RIGHT), (append(),), feed(1), (evict(),),
    ),
    "two misses while the clock passes an instant, and is put back": (
        miss("one"), miss("two"), (BIRTHDAY_PASSES, CLOCK_IS_PUT_RIGHT), (evict(),),
    ),
    "a read that lags": (
        miss("one", behind=1), (append(), append()), feed(2), (evict(),),
    ),
    "a miss while an append of this process has an unknown outcome": (
        miss("one"), (append(), distrust()), feed(1), (evict(),),
    ),
    "misses of two subjects who share one place": (
        miss("one"), miss("two", BOB), (append(),), feed(1),
    ),
    "a miss while the log is renewed": (
        miss("one"), (append(),), feed(1), (LOG_IS_RENEWED,), (evict(),),
    ),
}  # fmt: skip

ORDERS: dict[str, int] = {
    "a miss while two entries come, and an eviction": 7_560,
    "two misses of one subject while an entry comes, and an eviction": 50_400,
    "a miss while somebody is erased and somebody else decides": 10_800,
    "a miss while somebody withdraws and is erased": 4_320,
    "a miss while this process and another one append": 10_800,
    "a miss while somebody else's entry comes before one of this process": 10_800,
    "a miss while the clock passes an instant, and is put back": 15_120,
    "two misses while the clock passes an instant, and is put back": 15_120,
    "a read that lags": 7_560,
    "a miss while an append of this process has an unknown outcome": 2_520,
    "misses of two subjects who share one place": 5_040,
    "a miss while the log is renewed": 3_360,
}
"""How many there are of each, times the beginnings: 143,400 in all."""

BEGINNINGS = [((), False), ((ADA,), False), ((ADA,), True)]
"""The entries of the log, and whether their subject is held."""


def play(actors: tuple[Actor, ...], view: type[OnDemand] = OnDemand, log: type[ModelLog] = ModelLog) -> Iterator[None]:
    """Play every order of the steps, from every beginning: a step of this iterator is one order."""
    following = view(ModelLog(""), PSEUDONYMS, contact=Contact(), capacity=1)  # type: ignore[arg-type] # all that it needs of a log
    for entries, held in BEGINNINGS:
        for order in orders(actors):
            scene = Scene(following, log("a" * 16, entries))
            scene.begin(held=held)
            for step in order:
                step.do(scene)
                scene.obey()
            scene.rest()
            yield


class RegistersAfterReading(OnDemand):
    """The marker is registered when the read is over."""

    def _begin(self, pseudonym: bytes, now: Instant) -> Marker | None:
        marker = super()._begin(pseudonym, now)
        if marker is not None:
            self._markers.pop(pseudonym, None)
        return marker

    def _finish(self, marker: Marker, read: LogEntry | None, now: Instant) -> None:
        self._markers.setdefault(marker.pseudonym, marker)
        super()._finish(marker, read, now)


class FeedForgetsMarkers(OnDemand):
    """The feed updates who is held, and tells nobody who is being read."""

    def _feed(self, head: Head, now: Instant) -> None:
        marker = self._markers.pop(head.pseudonym, None)
        super()._feed(head, now)
        if marker is not None:
            self._markers[head.pseudonym] = marker


class FeedForgetsTheHeld(OnDemand):
    """The feed tells those who read, and leaves who is held alone."""

    def _feed(self, head: Head, now: Instant) -> None:  # noqa: ARG002 - that is what is broken
        self._note(head)


class LowerRevisionWins(OnDemand):
    """What was read is held, whatever came meanwhile."""

    def _finish(self, marker: Marker, read: LogEntry | None, now: Instant) -> None:
        marker.latest = None
        super()._finish(marker, read, now)


class LastWriterWins(OnDemand):
    """Who comes last replaces who is held."""

    def _hold(self, pseudonym: bytes, position: int, standing: Standing, now: Instant) -> None:
        self._holding.drop(pseudonym)
        super()._hold(pseudonym, position, standing, now)


class EvictionDropsMarkers(OnDemand):
    """Eviction forgets what is being read too, and the reader takes no notice."""

    def __init__(self, log: ConsentLog, pseudonyms: Pseudonyms, *, contact: Contact, capacity: int) -> None:
        super().__init__(log, pseudonyms, contact=contact, capacity=capacity)
        drop = self._holding.drop

        def drop_all(pseudonym: bytes) -> None:
            drop(pseudonym)
            self._markers.pop(pseudonym, None)

        self._holding.drop = drop_all  # type: ignore[method-assign]

    def _finish(self, marker: Marker, read: LogEntry | None, now: Instant) -> None:
        self._markers.setdefault(marker.pseudonym, marker)
        super()._finish(marker, read, now)


class FirstReaderEndsAll(OnDemand):
    """The first of two readers takes the marker away, and the second holds what it read all the same."""

    def _finish(self, marker: Marker, read: LogEntry | None, now: Instant) -> None:
        if self._markers.get(marker.pseudonym) is not marker:
            self._markers[marker.pseudonym] = Marker(marker.pseudonym, None)
            marker = self._markers[marker.pseudonym]
        super()._finish(marker, read, now)

    def _leave(self, marker: Marker) -> None:
        self._markers.pop(marker.pseudonym, None)


class RevisionFirst(OnDemand):
    """The feed moves the revision before the standing."""

    def _feed(self, head: Head, now: Instant) -> None:
        super().advance(head.position)
        self._late = head, now

    def advance(self, position: int) -> None:
        """Now the standing, too late."""
        if hasattr(self, "_late"):
            super()._feed(*self._late)
        super().advance(position)


class OwnEntriesMoveTheRevision(OnDemand):
    """What this process appended moves the revision past what it has not been fed."""

    def _own(self, entry: LogEntry, now: Instant, log_id: str | None = None) -> None:
        super()._own(entry, now, log_id)
        self.advance(entry.position)


class OwnEntriesWaitForTheFeed(OnDemand):
    """What this process appended is not taken over until the feed brings it."""

    def _own(self, entry: LogEntry, now: Instant, log_id: str | None = None) -> None:
        pass


class TrustsEveryRead(OnDemand):
    """What came lately is not remembered, so a read that lags is believed."""

    def _begin(self, pseudonym: bytes, now: Instant) -> Marker | None:
        self._recent = Generations(2)
        return super()._begin(pseudonym, now)


class ReadsOutliveTheView(OnDemand):
    """What was being read when the view began anew is held by the new one."""

    def _forget_all(self) -> None:
        self._holding.void()


class KeepsWhoWasHeld(OnDemand):
    """Beginning anew leaves who is held."""

    def _forget_all(self) -> None:
        self._markers.clear()


class OwnEntriesComeLate(OnDemand):
    """What this process appended is held even if the feed has been there."""

    def _own(self, entry: LogEntry, now: Instant, log_id: str | None = None) -> None:  # noqa: ARG002
        self._hold(entry.pseudonym, entry.position, resolve(entry.record, now), now)


MUTANTS: dict[type[OnDemand], str] = {
    RegistersAfterReading: "a miss while two entries come, and an eviction",
    FeedForgetsMarkers: "a miss while two entries come, and an eviction",
    FeedForgetsTheHeld: "a miss while two entries come, and an eviction",
    LowerRevisionWins: "a miss while two entries come, and an eviction",
    LastWriterWins: "a miss while this process and another one append",
    EvictionDropsMarkers: "a miss while two entries come, and an eviction",
    FirstReaderEndsAll: "two misses of one subject while an entry comes, and an eviction",
    RevisionFirst: "a miss while two entries come, and an eviction",
    OwnEntriesMoveTheRevision: "a miss while somebody else's entry comes before one of this process",
    OwnEntriesWaitForTheFeed: "a miss while this process and another one append",
    OwnEntriesComeLate: "a miss while this process and another one append",
    TrustsEveryRead: "a read that lags",
    ReadsOutliveTheView: "a miss while the clock passes an instant, and is put back",
    KeepsWhoWasHeld: "a miss while the log is renewed",
}
"""Each breaks one rule of ``on_demand``, and the scenario that shows it."""


class HidesHoles(ModelLog):
    """A log whose feed goes on past entries that were purged, before it has given the tombstone that stands for them.

    A token of such an entry would be met by a view that knows of neither.
    """

    def through(self, fed: int) -> int:
        """All that was taken."""
        return fed


@pytest.mark.parametrize("name", SCENARIOS)
def test_in_every_order_nobody_is_served_older_than_the_revision(name: str) -> None:
    """Nor older than what was acknowledged here, nor as of another time; and in the end nothing stale is left."""
    played = sum(1 for _ in play(SCENARIOS[name]))

    assert ORDERS[name] == played


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_view_that_is_broken_is_caught(mutant: type[OnDemand]) -> None:
    """Some order of the scenario shows it."""
    with pytest.raises(AssertionError, match=r"older than|as of another|stale"):
        deque(play(SCENARIOS[MUTANTS[mutant]], mutant), maxlen=0)


def test_a_feed_that_hides_holes_is_caught() -> None:
    """Why ``Fed.through`` waits for what replaced the entries that a purge removed."""
    with pytest.raises(AssertionError, match="older than the revision"):
        deque(play(SCENARIOS["a miss while somebody withdraws and is erased"], log=HidesHoles), maxlen=0)
