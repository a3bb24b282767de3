"""How a setting is declared, and the checks that several of them share."""

from dataclasses import field
from typing import Any

from sidecar.errors import ConfigError


def setting(default: Any, meaning: str, *, unit: str = "") -> Any:  # noqa: ANN401 - stands for a field of any type
    """A field of a section: its default, what it means, and the unit of its number."""
    return field(default=default, metadata={"meaning": meaning, "unit": unit})


def between(key: str, value: float, least: float, most: float) -> None:
    """Raise ``ConfigError`` naming *key* unless *value* lies in the range."""
    if not least <= value <= most:
        raise ConfigError(f"`{key}`: `{value}` is not between {least} and {most}")


def one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise ``ConfigError`` naming *key* unless *value* is one of *allowed*."""
    if value not in allowed:
        raise ConfigError(f"`{key}`: `{value}` is not one of {', '.join(allowed)}")
