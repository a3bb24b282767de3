"""Records as bytes, as the log keeps them: MessagePack, every string once.

A packed record has two parts. Its *outline* says everything but times and ids, so it is the same for all subjects whose
records are equal up to relative order: with the answer to "which instants have passed?" it determines the profile. That
is why reading a million of them does not take a million resolutions. The rest holds the times and ids.
"""

import sys
from bisect import bisect_right
from collections import deque
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, MsgspecError, Raw, Struct, msgpack, structs

from sidecar.consent.record import Entry, Kind, Record, Seen, Tie, Trait
from sidecar.errors import ConsentLogError
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Actor

_VERSION: Final = 1
_TIED_VERSION: Final = 2
"""Of a record with links; the others stay as they always were."""

_Place = Annotated[int, Meta(ge=0)]


class Outline(NamedTuple):
    """What of a packed record its profile depends on."""

    shape: bytes  # equal for records that are equal up to relative order
    orders: tuple[Instant, ...]  # each instant at which something in it counts from, once, sorted
    clock: tuple[Instant, ...]  # the instants whose passing changes its profile


class _Part(Struct, array_like=True, forbid_unknown_fields=True):
    """What every part of the format has in common."""


class _Entry(_Part):
    """An entry without its times; numbers are places: of strings, of ``orders``, of ``event_ids``."""

    kind: _Place
    purpose: _Place
    category: _Place
    channel: _Place
    recipient: _Place
    order: _Place
    event: _Place
    actor: _Place
    explicit: bool
    expires: bool
    notice: tuple[_Place, int] | None
    method: _Place
    broadened: bool


class _Shape(_Part):
    strings: tuple[str, ...]
    entries: tuple[_Entry, ...]
    traits: tuple[tuple[_Place, _Place | None], ...]  # (name, value); None: the value is an instant, in ``clock``
    erased_categories: tuple[tuple[_Place, _Place], ...]  # (category, order)
    orders_by_horizon: _Place | None  # how many orders are at or before the horizon


class _Rest(_Part):
    event_ids: tuple[str, ...]
    trait_times: tuple[Instant, ...]
    horizon: Instant | None
    latest_at: Instant
    seen: tuple[Seen, ...]


class _TiedRest(_Rest):
    ties: tuple[tuple[bytes, Instant, Instant], ...]  # (other, since, era)


class _Packed(_Part):
    version: int
    shape: bytes
    orders: tuple[Instant, ...]
    clock: tuple[Instant, ...]
    rest: Raw


_KINDS: Final = {kind.value: kind for kind in Kind}
_ACTORS: Final = {actor.value: actor for actor in Actor}

_encode: Final = msgpack.Encoder().encode
_packed_decoder: Final = msgpack.Decoder(_Packed)
_shape_decoder: Final = msgpack.Decoder(_Shape)
_rest_decoder: Final = msgpack.Decoder(_Rest)
_tied_rest_decoder: Final = msgpack.Decoder(_TiedRest)


class _Numbers(dict[str, int]):
    """Numbers strings in the order in which they are first asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def pack(record: Record) -> bytes:
    """*record* as bytes; equal records have equal bytes."""
    strings, event_ids = _Numbers(), _Numbers()
    orders = sorted({e.at for e in record.entries} | {at for _, at in record.erased_categories})
    rank = {at: order for order, at in enumerate(orders)}
    shape = _Shape(
        entries=tuple([_packed_entry(e, strings, rank[e.at], event_ids[e.event_id]) for e in record.entries]),
        traits=tuple(
            (strings[name], strings[trait.value] if isinstance(trait.value, str) else None)
            for name, trait in record.traits
        ),
        erased_categories=tuple((strings[category], rank[at]) for category, at in record.erased_categories),
        orders_by_horizon=None if record.horizon is None else bisect_right(orders, record.horizon),
        strings=tuple(strings),  # last: now all are numbered
    )
    rest = _Rest(
        event_ids=tuple(event_ids),
        trait_times=tuple(trait.at for _, trait in record.traits),
        horizon=record.horizon,
        latest_at=record.latest_at,
        seen=record.seen,
    )
    version = _VERSION
    if record.ties:
        ties = tuple((tie.other, tie.at, tie.era) for tie in record.ties)
        version, rest = _TIED_VERSION, _TiedRest(**structs.asdict(rest), ties=ties)
    clock = (
        *(e.expires_at for e in record.entries if e.expires_at is not None),
        *(trait.value for _, trait in record.traits if isinstance(trait.value, int)),
    )
    return _encode(_Packed(version, _encode(shape), tuple(orders), clock, Raw(_encode(rest))))


def unpack(packed: bytes) -> Record:
    """The record that was packed; raises ``ConsentLogError`` if *packed* is damaged or of a later version."""
    parts = _parts(packed)
    try:
        shape = _shape_decoder.decode(parts.shape)
        shape.strings = tuple(map(sys.intern, shape.strings))  # a view holds those of thousands of profiles
        tied = _tied_rest_decoder.decode(parts.rest) if parts.version == _TIED_VERSION else None
        rest = tied or _rest_decoder.decode(parts.rest)
        clock = deque(parts.clock)
        return Record(
            entries=tuple([_entry(e, shape, rest, parts.orders[e.order], clock) for e in shape.entries]),
            traits=tuple(
                (shape.strings[name], Trait(at=at, value=clock.popleft() if value is None else shape.strings[value]))
                for (name, value), at in zip(shape.traits, rest.trait_times, strict=True)
            ),
            horizon=rest.horizon,
            erased_categories=tuple((shape.strings[c], parts.orders[order]) for c, order in shape.erased_categories),
            latest_at=rest.latest_at,
            seen=rest.seen,
            ties=tuple(Tie(other=other, at=at, era=era) for other, at, era in tied.ties) if tied else (),
        )
    except (MsgspecError, LookupError, ValueError) as error:
        raise ConsentLogError(f"the consent record is damaged ({error})") from error


def outline(packed: bytes) -> Outline:
    """The outline of a packed record; raises ``ConsentLogError`` as ``unpack`` does."""
    parts = _parts(packed)
    return Outline(parts.shape, parts.orders, parts.clock)


def _parts(packed: bytes) -> _Packed:
    try:
        parts = _packed_decoder.decode(packed)
    except (MsgspecError, UnicodeDecodeError) as error:
        raise ConsentLogError(f"the consent record is damaged ({error})") from error
    if parts.version not in (_VERSION, _TIED_VERSION):
        raise ConsentLogError(f"the consent record has version {parts.version}, this program knows {_TIED_VERSION}")
    return parts


def _packed_entry(entry: Entry, strings: _Numbers, order: int, event: int) -> _Entry:
    purpose, category, channel, recipient = entry.atom
    return _Entry(  # in the order of its fields: by name it would take twice as long
        strings[entry.kind],
        strings[purpose],
        strings[category],
        strings[channel],
        strings[recipient],
        order,
        event,
        strings[entry.actor],
        entry.explicit,
        entry.expires_at is not None,
        None if entry.notice is None else (strings[entry.notice.key], entry.notice.version),
        strings[entry.method],
        entry.broadened,
    )


def _entry(packed: _Entry, shape: _Shape, rest: _Rest, at: Instant, clock: deque[Instant]) -> Entry:
    strings = shape.strings
    return Entry(
        kind=_KINDS[strings[packed.kind]],
        atom=Atom(
            strings[packed.purpose], strings[packed.category], strings[packed.channel], strings[packed.recipient]
        ),
        at=at,
        event_id=rest.event_ids[packed.event],
        actor=_ACTORS[strings[packed.actor]],
        explicit=packed.explicit,
        expires_at=clock.popleft() if packed.expires else None,
        notice=None if packed.notice is None else NoticeRef(key=strings[packed.notice[0]], version=packed.notice[1]),
        method=strings[packed.method],
        broadened=packed.broadened,
    )
