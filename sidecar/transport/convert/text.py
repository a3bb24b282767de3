"""Text and lists from outside: how much, and of what."""

from sidecar.consent import limits
from sidecar.errors import RequestError


def check_text(value: str, field: str, *, most: int, least: int = 1) -> str:
    """*value* if it has *least* to *most* bytes of UTF-8 and no control characters; ``RequestError`` naming *field*."""
    limits.check_text(field, value, least=least, most=most)
    return value


def check_count(count: int, field: str, *, most: int, least: int = 0, limit: str = "") -> None:
    """Raise ``RequestError`` naming *field*, and the *limit* that sets *most*, unless *count* is between the two."""
    if not least <= count <= most:
        raise RequestError(field, f"must have {least} to {most}, has {count}" + (f" (`{limit}`)" if limit else ""))
