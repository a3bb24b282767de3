"""How long a caller still waits, from the header that says so."""

import re
from types import MappingProxyType
from typing import Final

HEADER: Final = "grpc-timeout"

_VALUE: Final = re.compile(rb"([0-9]{1,8})([HMSmun])")
_SECONDS: Final = MappingProxyType({b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9})


def seconds_of(value: bytes | str | None) -> float | None:
    """The seconds of a ``grpc-timeout`` header; ``None`` if there is none, or none that means anything.

    The front gives the peer's address, a ``str``, where the header is absent.
    """
    if not isinstance(value, bytes):
        return None
    found = _VALUE.fullmatch(value)
    return None if found is None else int(found[1]) * _SECONDS[found[2]]
