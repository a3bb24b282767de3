"""Text from outside: its size, and what may be in it."""

import re
from typing import Final

from sidecar.errors import RequestError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check_text(value: str, field: str, *, most: int, least: int = 1) -> str:
    """*value* if it has *least* to *most* bytes of UTF-8 and no control characters.

    Raises ``RequestError`` naming *field*.
    """
    if least <= len(value) <= most and value.isascii() and value.isprintable():
        return value  # nearly always
    size = len(value.encode(errors="surrogatepass"))
    if size < least:
        raise RequestError(field, "empty" if not size else f"{size} bytes, at least {least} are needed")
    if size > most:
        raise RequestError(field, f"{size} bytes, at most {most} fit")
    if _CONTROL.search(value):
        raise RequestError(field, "has a control character")
    return value


def check_count(count: int, field: str, *, most: int, least: int = 0) -> None:
    """Raise ``RequestError`` naming *field* unless *count* lies between *least* and *most*."""
    if count < least:
        raise RequestError(field, "empty" if not count else f"{count} given, at least {least} are needed")
    if count > most:
        raise RequestError(field, f"{count} given, at most {most} fit")
