"""Records as bytes."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import structs

from sidecar.consent.log import NewEntry
from sidecar.consent.packing import outline, pack, unpack
from sidecar.consent.record import EMPTY, Entry, Kind, Record, Seen, Tie, Trait
from sidecar.errors import ConsentLogError
from sidecar.model.catalog import Catalog
from sidecar.model.event import NoticeRef
from sidecar.model.scope import EVERYTHING, Atom
from sidecar.model.vocabulary import Actor
from tests.strategies import Step, catalogs, lives
from tests.unit.consent.desk import lived, no

GRANT = Entry(
    kind=Kind.GIVEN,
    atom=Atom("marketing", "*", "email", "first_party"),
    at=5,
    event_id="a",
    actor=Actor.GUARDIAN,
    explicit=True,
    expires_at=99,
    notice=NoticeRef(key="home", version=2),
    method="web-form",
)
FULL = Record(
    entries=(
        GRANT,
        Entry(kind=Kind.OBJECTED, atom=EVERYTHING, at=-7, event_id="b", broadened=True),
        structs.replace(GRANT, notice=None, expires_at=None, at=9),
    ),
    traits=(("jurisdiction", Trait(at=1, value="DE")), ("of_age_at", Trait(at=2, value=77))),
    horizon=4,
    erased_categories=(("user.health", 6),),
    latest_at=9,
    seen=(
        Seen(event_id="a", digest=bytes(range(16)), position=3, effective_at=5),
        Seen(event_id="b", digest=bytes(16), position=None, effective_at=9),
    ),
)


LINKED = structs.replace(FULL, ties=(Tie(other=bytes(16), at=5), Tie(other=bytes(range(16)), at=7, era=6)))


@pytest.mark.parametrize("record", [EMPTY, FULL, LINKED])
def test_a_record_comes_back(record: Record) -> None:
    """All of it."""
    assert record == unpack(pack(record))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs(), lives(most=5))
def test_any_record_comes_back(catalog: Catalog, life: tuple[Step, ...]) -> None:
    """Whatever a life leaves."""
    record = lived(catalog, life)

    assert record == unpack(pack(record))


def test_a_record_without_links_is_packed_as_it_always_was() -> None:
    """In the first version of the format; links are of a second, in which its outline is the same."""
    known = (
        "9501c4ae959fa5676976656ea96d61726b6574696e67a12aa5656d61696cab66697273745f7061727479a8677561726469616ea4686f6d65"
        "a87765622d666f726da86f626a6563746564a77375626a656374a0ac6a7572697364696374696f6ea24445a96f665f6167655f6174ab7573"
        "65722e6865616c7468939d0001020304010005c3c392060207c29d0802020202000109c2c2c00ac39d0001020304030005c3c2c007c29292"
        "0b0c920dc091920e020194f905060992634d9592a161a16292010204099294a161c410000102030405060708090a0b0c0d0e0f030594a162"
        "c41000000000000000000000000000000000c009"
    )
    assert known == pack(FULL).hex()
    assert FULL == unpack(bytes.fromhex(known))
    assert (1, 2) == (pack(FULL)[1], pack(LINKED)[1])
    assert outline(pack(FULL)) == outline(pack(LINKED))


def test_a_string_is_packed_once() -> None:
    """A large record is mostly the same few names."""
    many = tuple(structs.replace(GRANT, at=at) for at in range(500))
    size = len(pack(Record(entries=many)))

    assert size < 500 * 32
    assert 1 == pack(Record(entries=many)).count(b"first_party")


def test_records_equal_up_to_relative_order_have_one_shape() -> None:
    """Times and ids are beside the shape, the order of times is in it."""

    def record(first: int, second: int, event_id: str) -> Record:
        return Record(entries=(structs.replace(GRANT, at=first, event_id=event_id), structs.replace(GRANT, at=second)))

    assert outline(pack(record(1, 2, "x"))).shape == outline(pack(record(10, 70, "y"))).shape
    assert outline(pack(record(1, 2, "x"))).shape != outline(pack(record(2, 2, "x"))).shape
    assert outline(pack(record(1, 2, "x"))).shape != outline(pack(record(1, 2, "a"))).shape


def test_records_that_are_read_share_their_strings() -> None:
    """However many records name a purpose, its name is in memory once."""
    one, other = (unpack(pack(FULL)).entries[0].atom for _ in range(2))

    assert one.purpose is other.purpose


def test_the_outline_has_the_times() -> None:
    """Since when things count, and when the clock changes what is known."""
    parts = outline(pack(FULL))

    assert (-7, 5, 6, 9) == parts.orders
    assert (99, 77) == parts.clock


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x00",
        b"nonsense",
        pack(FULL)[:-1],
        pack(FULL) + b"\x00",
        pack(FULL).replace(b"given", b"giv\xffn"),
        pack(FULL).replace(b"given", b"givem"),
        msgspec.msgpack.encode([2, *msgspec.msgpack.decode(pack(FULL))[1:]]),
        msgspec.msgpack.encode([1, pack(EMPTY), [], [], []]),
    ],
)
def test_damage_is_an_error(packed: bytes) -> None:
    """Never an empty record."""
    with pytest.raises(ConsentLogError):
        unpack(packed)


def test_times_that_are_missing_are_an_error() -> None:
    """Places must be there."""
    version, shape, orders, clock, rest = msgspec.msgpack.decode(pack(FULL))

    for parts in ([version, shape, orders[:1], clock, rest], [version, shape, orders, clock[:1], rest]):
        with pytest.raises(ConsentLogError, match="damaged"):
            unpack(msgspec.msgpack.encode(parts))


def test_an_entry_with_another_record_is_packed_anew() -> None:
    """What is kept of the packing never outlives the record that was packed."""
    entry = NewEntry(
        pseudonym=bytes(16), expected=None, event=no("a"), record=FULL, effective_at=1, accepted_at=2, sealed=b"s"
    )
    packed = (entry.packed, entry.at(7).packed)
    other = (replace(entry, record=EMPTY).packed, replace(entry.at(7), record=EMPTY).packed)

    assert (pack(FULL),) * 2 == packed
    assert (pack(EMPTY),) * 2 == other
