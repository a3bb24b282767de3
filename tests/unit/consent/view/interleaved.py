"""Every order in which steps of several actors may happen, played on a view and a model of the log, and the laws."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from sidecar.consent.log import Head, LogEntry
from sidecar.consent.packing import pack
from sidecar.consent.profile import Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Record, Trait
from sidecar.consent.revision import Revision
from sidecar.consent.view.on_demand import Marker, OnDemand
from sidecar.model.instant import SECOND, Instant
from tests.unit.consent.desk import KEY, yes

PSEUDONYMS = Pseudonyms(KEY)
ADA, BOB = PSEUDONYMS.of("ada"), PSEUDONYMS.of("bob")
EARLY, LATE = 100 * SECOND, 200 * SECOND
BIRTHDAY = 150 * SECOND


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at once; nothing is fed before it was appended."""

    do: Callable[["Scene"], None]
    appends: int = 0
    feeds: int = 0


Actor = tuple[Step, ...]
"""Steps that happen one after another."""


@cache
def entry(pseudonym: bytes, position: int) -> LogEntry:
    """An entry whose record tells its position, and that the clock changes on the birthday."""
    record = Record(
        traits=(
            ("digital_consent_at", Trait(at=1, value=BIRTHDAY)),
            ("jurisdiction", Trait(at=1, value=str(position))),
        )
    )
    return LogEntry(
        position=position,
        pseudonym=pseudonym,
        event=yes("a"),
        record=record,
        effective_at=1,
        accepted_at=1,
        sealed=b"",
    )


@cache
def head(pseudonym: bytes, position: int) -> Head:
    """The same as a feed gives it."""
    return Head(position, pseudonym, pack(entry(pseudonym, position).record))


@cache
def standing(position: int, now: Instant) -> Standing:
    """What whoever is held by the entry at *position* must be held as."""
    return resolve(EMPTY if position == 0 else entry(ADA, position).record, now)


class ModelLog:
    """A log: who each position is about, which entries an erasure removed, and by what."""

    def __init__(self, log_id: str, entries: Sequence[bytes] = ()) -> None:
        self.log_id = log_id
        self.entries = list(entries)  # that at position 1 first
        self.old = len(entries)  # how many there were before the view followed: no read lags behind these
        self.purged: dict[int, int] = {}  # position to that of the tombstone

    def append(self, pseudonym: bytes) -> int:
        """The position of a new entry."""
        self.entries.append(pseudonym)
        return len(self.entries)

    def purge(self, pseudonym: bytes) -> None:
        """Remove all entries of the subject but the last."""
        positions = [place for place, who in enumerate(self.entries, 1) if who == pseudonym]
        self.purged |= dict.fromkeys(positions[:-1], positions[-1])

    def last_of(self, pseudonym: bytes, *, up_to: int) -> int:
        """The position of the subject's last entry that is not behind *up_to*; 0 if there is none."""
        return max((place for place, who in enumerate(self.entries[:up_to], 1) if who == pseudonym), default=0)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry."""
        position = self.last_of(pseudonym, up_to=len(self.entries))
        return entry(pseudonym, position) if position else None

    def ping(self) -> None:
        """Return: it is there."""

    def last_position(self) -> int:
        """The position of the last entry."""
        return len(self.entries)

    def through(self, fed: int) -> int:
        """Up to where all entries were given, or replaced by one that was, once the first *fed* have been."""
        missing = (position for position, tombstone in self.purged.items() if position <= fed < tombstone)
        return min(missing, default=fed + 1) - 1


@dataclass
class Scene:
    """A view of a log at work, and what is under way."""

    view: OnDemand
    log: ModelLog
    now: Instant = EARLY
    fed: int = field(init=False)
    acknowledged: dict[bytes, int] = field(default_factory=dict)
    begun: dict[str, tuple[Marker | None, Instant]] = field(default_factory=dict)
    read: dict[str, LogEntry | None] = field(default_factory=dict)

    def begin(self, *, held: bool) -> None:
        """Have the view begin anew with this log, with its first subject *held* or nobody."""
        self.fed = len(self.log.entries)
        self.view._log = self.log  # type: ignore[assignment] # all that it needs of a log
        self.view._latest = 0
        self.view.load(now=self.now)
        if held:
            self.view.refresh(ADA, now=self.now)

    def obey(self) -> None:
        """Whoever is served is so as of the revision that was read before, or later, and as of now."""
        revision = self.view.revision()
        for pseudonym in (ADA, BOB):
            served = self.view.lookup(pseudonym)
            if served is None or (served.changes_at is not None and served.changes_at <= self.now):
                continue
            position = int(served.profile.jurisdiction or 0)
            assert revision.log_id == self.log.log_id
            assert position >= self.log.last_of(pseudonym, up_to=revision.position), "older than the revision"
            assert position >= self.acknowledged.get(pseudonym, 0), "older than what was acknowledged here"
            assert served == standing(position, self.now), "as of another time"

    def rest(self) -> None:
        """Nothing is under way: whoever is held is so by the log's last entry, or will be once read."""
        assert len(self.log.entries) == self.view.applied
        assert {} == self.view._markers
        for pseudonym in (ADA, BOB):
            position = self.log.last_of(pseudonym, up_to=len(self.log.entries))
            self.view.refresh(pseudonym, now=self.now)
            assert standing(position, self.now) == self.view.lookup(pseudonym), "stale"


def miss(name: str, pseudonym: bytes = ADA, *, behind: int = 0) -> Actor:
    """A miss of the subject; what it reads lags *behind* by so many entries."""

    def begin(scene: Scene) -> None:
        scene.begun[name] = scene.view._begin(pseudonym, scene.now), scene.now

    def read(scene: Scene) -> None:
        position = scene.log.last_of(pseudonym, up_to=max(scene.log.old, len(scene.log.entries) - behind))
        scene.read[name] = entry(pseudonym, position) if position else None

    def finish(scene: Scene) -> None:
        marker, now = scene.begun.pop(name)
        if marker is not None:
            scene.view._finish(marker, scene.read[name], now)
            scene.view._leave(marker)

    return Step(begin), Step(read), Step(finish)


def append(pseudonym: bytes = ADA) -> Step:
    """Another process appends an entry."""

    def do(scene: Scene) -> None:
        scene.log.append(pseudonym)

    return Step(do, appends=1)


def own(pseudonym: bytes = ADA) -> Actor:
    """This process appends an entry, and takes it over."""

    def send(scene: Scene) -> None:
        scene.read["own"] = entry(pseudonym, scene.log.append(pseudonym))

    def apply(scene: Scene) -> None:
        appended = scene.read["own"]
        assert appended is not None
        scene.view._own(appended, scene.now)
        scene.acknowledged[pseudonym] = appended.position

    return Step(send, appends=1), Step(apply)


def erasure(pseudonym: bytes = ADA) -> Actor:
    """Another process erases the subject: a tombstone, then what came before it goes."""
    return append(pseudonym), Step(lambda scene: scene.log.purge(pseudonym))


def evict(pseudonym: bytes = ADA) -> Step:
    """The subject makes room for another one."""
    return Step(lambda scene: scene.view._holding.drop(pseudonym))


def distrust(pseudonym: bytes = ADA) -> Step:
    """What the log has of the subject is not known."""
    return Step(lambda scene: scene.view.distrust([pseudonym]))


def feed(entries: int) -> Actor:
    """So many entries arrive, each followed by the revision; those that were purged meanwhile do not."""

    def take(scene: Scene) -> None:
        if scene.fed < len(scene.log.entries):
            scene.fed += 1
            if scene.fed not in scene.log.purged:
                scene.view._feed(head(scene.log.entries[scene.fed - 1], scene.fed), scene.now)

    def advance(scene: Scene) -> None:
        scene.view.advance(scene.log.through(scene.fed))

    return (Step(take, feeds=1), Step(advance)) * entries


def _set_clock(scene: Scene, now: Instant) -> None:
    scene.now = now
    scene.view.check(now=now, ticks=0)


BIRTHDAY_PASSES: Final = Step(lambda scene: _set_clock(scene, LATE))
CLOCK_IS_PUT_RIGHT: Final = Step(lambda scene: _set_clock(scene, EARLY))


def _renew(scene: Scene) -> None:
    scene.log = ModelLog("b" * 16, (BOB, ADA))
    scene.fed = len(scene.log.entries)
    scene.view._log = scene.log  # type: ignore[assignment] # as above
    scene.view._restart(Revision(scene.log.log_id, scene.fed))


LOG_IS_RENEWED: Final = Step(_renew)


def orders(actors: Sequence[Actor]) -> Iterator[list[Step]]:
    """Every order of the steps of all *actors*, who keep theirs; nothing is fed before it was appended."""
    places = [0] * len(actors)
    order: list[Step] = []

    def extend(unfed: int) -> Iterator[list[Step]]:
        done = True
        for number, actor in enumerate(actors):
            if places[number] == len(actor):
                continue
            done = False
            step = actor[places[number]]
            if step.feeds > unfed:
                continue
            places[number] += 1
            order.append(step)
            yield from extend(unfed + step.appends - step.feeds)
            order.pop()
            places[number] -= 1
        if done:
            yield order

    return extend(0)
