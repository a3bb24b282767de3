"""Parts of messages as bytes, to be strung together: protobuf defines the concatenation of two as their merge.

https://protobuf.dev/programming-guides/encoding/ tells the format.
"""

from typing import Final


def varint(value: int) -> bytes:
    """*value*, which must not be negative, in groups of seven bits."""
    if value < len(_SHORT):
        return _SHORT[value]
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def tag(field: int, *, sized: bool) -> bytes:
    """What a field begins with: *sized*, if its size comes next, as of texts and messages; else it is a number."""
    return varint(field << 3 | (2 if sized else 0))


def framed(start: bytes, body: bytes) -> bytes:
    """*body* as a field that begins with the tag *start*."""
    return start + varint(len(body)) + body


_SHORT: Final = tuple(
    bytes((value,)) if value < 0x80 else bytes((value & 0x7F | 0x80, value >> 7)) for value in range(0x4000)
)
