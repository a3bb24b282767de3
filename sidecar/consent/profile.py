"""What is left of a record once the clock is taken out of it: equal profiles give equal facts."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from msgspec import Struct

from sidecar.bounded import Generations
from sidecar.consent.record import Entry, Kind, Record
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Actor, AgeBand


class ProfileEntry(NamedTuple):
    """An entry of a record without its times: only their order counts, and whether it has expired."""

    order: int
    kind: Kind
    atom: Atom
    explicit: bool
    by_guardian: bool
    notice: tuple[str, int]  # ("", 0): none
    expired: bool
    broadened: bool
    event: int  # entries of one event share it


_shared: Final[Generations[ProfileEntry, ProfileEntry]] = Generations(16_384)
"""Equal entries are one object: of the 150,000 in the profiles of a million people 500 are different."""


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True)
class Profile:
    """A record at an instant, up to relative order; shared by all subjects for whom it is equal; its hash is kept."""

    entries: tuple[ProfileEntry, ...] = ()
    erased_categories: tuple[tuple[str, int], ...] = ()  # (category, order)
    erased: bool = False
    age: AgeBand = AgeBand.UNKNOWN
    jurisdiction: str | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (self.entries, self.erased_categories, self.erased, self.age, self.jurisdiction)
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        return self._hash


EMPTY_PROFILE: Final = Profile()
"""What is known of a subject without a record."""


INSTANT_BYTES: Final = 8
"""Of one of the instants that a standing packs."""


class _Packers(dict[int, struct.Struct]):
    """By how many instants what packs them; few numbers occur, and making one costs a microsecond."""

    def __missing__(self, count: int) -> struct.Struct:
        packer = self[count] = struct.Struct(f"={count}q")
        return packer


_PACKERS: Final = _Packers()


class Standing(Struct, frozen=True, gc=False):
    """What a subject's slot holds.

    The instants stay packed until somebody asks: a look-up hands out the very object that the slot holds. Nothing in it
    can refer back to it, so whoever looks for cyclic garbage need not look at a million of them, nor at what holds
    them; and to make one takes a third of the time.
    """

    profile: Profile
    changes_at: Instant | None = None  # when the clock next changes the profile; None: never
    packed: bytes = b""  # ``times``

    @classmethod
    def of(cls, profile: Profile, changes_at: Instant | None, times: Sequence[Instant]) -> Self:
        """One with *times*, the instant of each order of the profile, if that holds a no; else with none."""
        return cls(profile, changes_at, _PACKERS[len(times)].pack(*times) if times else b"")

    @property
    def times(self) -> tuple[Instant, ...]:
        """The instant of each order of the profile, if it holds a no; else empty."""
        times: tuple[Instant, ...] = _PACKERS[len(self.packed) // INSTANT_BYTES].unpack(self.packed)
        return times

    @property
    def plain(self) -> bool:
        """Whether it has nothing but its profile, so that all subjects of that can share it."""
        return self.changes_at is None and not self.packed


UNKNOWN_STANDING: Final = Standing(EMPTY_PROFILE)
"""The standing of a subject without a record."""


def current(standing: Standing | None, now: Instant) -> Standing | None:
    """*standing* if it may be used *now*; ``None`` if the subject's record must be looked at anew first."""
    if standing is None or (standing.changes_at is not None and standing.changes_at <= now):
        return None
    return standing


def resolve(record: Record, now: Instant) -> Standing:
    """The standing of *record* at *now*."""
    return trace(record, now)[0]


def trace(record: Record, now: Instant) -> tuple[Standing, tuple[Entry, ...]]:
    """Like ``resolve``, with the entry behind each entry of the profile, in the same order."""
    times = tuple(sorted({entry.at for entry in record.entries} | {at for _, at in record.erased_categories}))
    order = {at: rank for rank, at in enumerate(times)}
    pairs = sorted(((_timeless(entry, order[entry.at], now), entry) for entry in record.entries), key=_canonical)
    numbers: dict[str, int] = {}
    traits = {name: trait.value for name, trait in record.traits}
    jurisdiction = traits.get("jurisdiction")
    instants = {name: value for name, value in traits.items() if isinstance(value, int)}
    profile = Profile(
        entries=tuple(
            _share(timeless._replace(event=numbers.setdefault(entry.event_id, len(numbers))))
            for timeless, entry in pairs
        ),
        erased_categories=tuple((category, order[at]) for category, at in record.erased_categories),
        erased=_erased(record),
        age=_age(instants, now),
        jurisdiction=jurisdiction if isinstance(jurisdiction, str) else None,
    )
    expiries = [entry.expires_at for entry in record.entries if entry.expires_at is not None]
    changes_at = min((instant for instant in (*expiries, *instants.values()) if instant > now), default=None)
    says_no = any(entry.kind in (Kind.REFUSED, Kind.WITHDRAWN) for entry in record.entries)
    return Standing.of(profile, changes_at, times if says_no else ()), tuple(entry for _, entry in pairs)


def _timeless(entry: Entry, order: int, now: Instant) -> ProfileEntry:
    return ProfileEntry(
        order=order,
        kind=entry.kind,
        atom=entry.atom,
        explicit=entry.explicit,
        by_guardian=entry.actor is Actor.GUARDIAN,
        notice=_notice(entry.notice),
        expired=entry.expires_at is not None and entry.expires_at <= now,
        broadened=entry.broadened,
        event=0,
    )


def _share(entry: ProfileEntry) -> ProfileEntry:
    known = _shared.get(entry)
    if known is None:
        known = entry
        _shared.put(entry, entry)
    return known


def _notice(ref: NoticeRef | None) -> tuple[str, int]:
    return ("", 0) if ref is None else (ref.key, ref.version)


def _canonical(pair: tuple[ProfileEntry, Entry]) -> ProfileEntry:
    return pair[0]


def _erased(record: Record) -> bool:
    """Whether the person was erased and neither they nor a guardian gave consent since."""
    return record.horizon is not None and not any(
        entry.kind is Kind.GIVEN and entry.actor in (Actor.SUBJECT, Actor.GUARDIAN) and entry.at > record.horizon
        for entry in record.entries
    )


def _age(instants: dict[str, int], now: Instant) -> AgeBand:
    of_age_at = instants.get("of_age_at")
    digital_consent_at = instants.get("digital_consent_at")
    if of_age_at is not None and of_age_at <= now:
        return AgeBand.ADULT
    if digital_consent_at is not None and digital_consent_at <= now:
        return AgeBand.TEEN
    return AgeBand.UNKNOWN if of_age_at is None and digital_consent_at is None else AgeBand.CHILD
