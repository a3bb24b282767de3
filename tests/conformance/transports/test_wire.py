"""What these tests read and write on the wire is what the standard says."""

from fractions import Fraction
from typing import Final

import pytest

from tests.wire.hpack import _LENGTHS, _STATIC, Unpacker, pack

pytestmark = pytest.mark.conformance

FIRST: Final = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")]
FOUND: Final = [
    (":status", "302"),
    ("cache-control", "private"),
    ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
    ("location", "https://www.example.com"),
]


def test_the_codes_are_complete() -> None:
    """Of 256 octets and the end; no bits stand for nothing."""
    assert (257, 1, 61) == (len(_LENGTHS), sum(Fraction(1, 2**length) for length in _LENGTHS), len(_STATIC))


def test_the_examples_of_the_standard() -> None:
    """RFC 7541, C.4.1, C.4.2 and C.6.1: squeezed text, and fields that are remembered."""
    reader, other = Unpacker(), Unpacker()

    assert FIRST == reader.unpack(bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff"))
    assert [*FIRST, ("cache-control", "no-cache")] == reader.unpack(bytes.fromhex("828684be5886a8eb10649cbf"))
    assert FOUND == other.unpack(
        bytes.fromhex(
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"
        )
    )


@pytest.mark.parametrize("size", [0, 126, 127, 128, 300, 100_000])
def test_what_is_packed_is_read(size: int) -> None:
    """Of any length."""
    fields = [("x-some", "x" * size), ("x-more", "y")]

    assert fields == Unpacker().unpack(pack(fields))
