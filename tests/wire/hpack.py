"""Header fields as HTTP/2 packs them (RFC 7541): written without any packing, read whatever the peer chose."""

from collections.abc import Iterable, Iterator
from typing import Final

Fields = Iterable[tuple[str, str | bytes]]

_APPENDIX_A: Final = """
:authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200 :status=204
:status=206 :status=304 :status=400 :status=404 :status=500 accept-charset accept-encoding=gzip,deflate accept-language
accept-ranges accept access-control-allow-origin age allow authorization cache-control content-disposition
content-encoding content-language content-length content-location content-range content-type cookie date etag expect
expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location
max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie
strict-transport-security transfer-encoding user-agent vary via www-authenticate
"""
_STATIC: Final = [(name, value) for name, _, value in (word.partition("=") for word in _APPENDIX_A.split())]
"""RFC 7541, appendix A; that its one value with a blank is written without does not matter to a reader of answers."""

_LENGTHS: Final = [
    *(13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28),
    *(28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15),
    *(6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6),
    *(15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22),
    *(20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23),
    *(23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22),
    *(22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26),
    *(27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27),
    *(26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30),
]
"""Bits of each byte's code, and last of the end's (RFC 7541, appendix B): the codes follow, for they are canonical."""


def _codes() -> Iterator[tuple[tuple[int, int], int]]:
    code, before = 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(_LENGTHS)):
        code <<= length - before
        yield (length, code), symbol
        code, before = code + 1, length


_SYMBOLS: Final = dict(_codes())


def pack(fields: Fields, *, remember: bool = False) -> bytes:
    """*fields*, each in full; the peer is told to *remember* them or never to."""
    first = 0x40 if remember else 0x10
    return b"".join(bytes([first]) + _packed(name) + _packed(value) for name, value in fields)


class Unpacker:
    """Reads the fields that one peer sends, remembering what it is told to."""

    def __init__(self) -> None:
        self._known: list[tuple[str, str]] = []
        self._most = 4_096

    def unpack(self, block: bytes) -> list[tuple[str, str]]:
        """The fields of *block*."""
        fields, at = [], 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _number(block, at, 7)
                fields.append(self._field(index))
            elif first & 0xE0 == 0x20:
                self._most, at = _number(block, at, 5)
                self._shrink()
            else:
                index, at = _number(block, at, 6 if first & 0x40 else 4)
                name, at = (self._field(index)[0], at) if index else _text(block, at)
                value, at = _text(block, at)
                fields.append((name, value))
                if first & 0x40:
                    self._known.insert(0, (name, value))
                    self._shrink()
        return fields

    def _field(self, index: int) -> tuple[str, str]:
        return (_STATIC + self._known)[index - 1]

    def _shrink(self) -> None:
        while sum(len(name) + len(value) + 32 for name, value in self._known) > self._most:
            self._known.pop()


def _packed(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return packed_number(len(data), 7) + data


def packed_number(number: int, bits: int, first: int = 0) -> bytes:
    """*number* with a prefix of *bits* bits, in an octet that has *first* above them."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([first | number])
    packed, number = bytearray([first | most]), number - most
    while number >= 128:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    number, shift = block[at] & (1 << bits) - 1, 0
    at += 1
    if number == (1 << bits) - 1:
        while True:
            octet, at = block[at], at + 1
            number += (octet & 127) << shift
            shift += 7
            if octet < 128:
                break
    return number, at


def _text(block: bytes, at: int) -> tuple[str, int]:
    squeezed = block[at] & 0x80
    size, at = _number(block, at, 7)
    data = block[at : at + size]
    return (_stretched(data) if squeezed else data.decode("latin-1")), at + size


def _stretched(data: bytes) -> str:
    text, code, length = [], 0, 0
    for octet in data:
        for bit in range(7, -1, -1):
            code, length = code << 1 | octet >> bit & 1, length + 1
            symbol = _SYMBOLS.get((length, code))
            if symbol is not None:
                text.append(chr(symbol))
                code, length = 0, 0
    return "".join(text)
