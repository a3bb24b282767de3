"""An answer in the words of ``want``."""

from collections.abc import Callable, Mapping
from typing import Final

from sidecar.model.decision import Answer, FieldResult
from sidecar.model.instant import Instant, show

OBSERVED: Final[Mapping[str, Callable[[FieldResult, Answer], object]]] = {
    "effect": lambda result, _: result.effect.value,
    "reason": lambda result, _: result.reason.value,
    "mask": lambda result, _: None if result.mask is None else result.mask.value,
    "determining": lambda result, _: list(result.determining),
    "unknown_name": lambda result, _: result.unknown_name,
    "ask": lambda result, _: _ask(result),
    "ask_not_before": lambda result, _: _shown(result.ask_not_before),
    "facts": lambda result, _: _facts(result),
    "clock_changes_at": lambda _, answer: _shown(answer.clock_changes_at),
    "cache_for_ms": lambda _, answer: answer.cache_for_ms,
    "co_subjects_denied": lambda _, answer: answer.co_subjects_denied,
}
"""All that can be compared, by its key."""


def observed(result: FieldResult, answer: Answer) -> dict[str, object]:
    """All that *answer* says of the field of *result*."""
    return {key: observe(result, answer) for key, observe in OBSERVED.items()}


def compared(want: Mapping[str, object], result: FieldResult, answer: Answer) -> dict[str, object]:
    """What *answer* says about the keys that *want* names."""
    return named(want, {key: OBSERVED[key](result, answer) for key in want})


def named(
    want: Mapping[str, object], got: Mapping[str, object], *, whole: frozenset[str] = frozenset()
) -> dict[str, object]:
    """What *got* says about the keys that *want* names, and about theirs; those of keys in *whole* are all or none."""
    return {
        key: named(value, inner)
        if key not in whole and isinstance(value, Mapping) and isinstance(inner := got[key], Mapping)
        else got[key]
        for key, value in want.items()
    }


def _ask(result: FieldResult) -> Mapping[str, object] | None:
    ask = result.ask
    if ask is None:
        return None
    return {
        "purpose": ask.purpose,
        "categories": list(ask.categories),
        "channel": None if ask.channel is None else ask.channel.value,
        "recipient": ask.recipient,
        "explicit": ask.explicit,
        "by_guardian": ask.by_guardian,
    }


def _facts(result: FieldResult) -> Mapping[str, object] | None:
    facts = result.facts
    if facts is None:
        return None
    return {name: value if isinstance(value, bool) else value.value for name, value in facts._asdict().items()}


def _shown(instant: Instant | None) -> str | None:
    return None if instant is None else show(instant)
