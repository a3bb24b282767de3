"""An answer in the words of ``want``, and what of it differs."""

from collections.abc import Mapping

from sidecar.model.decision import Answer, FieldResult
from sidecar.model.instant import Instant, show


def observed(result: FieldResult, answer: Answer) -> dict[str, object]:
    """What *answer* says of the field of *result*."""
    ask, facts = result.ask, result.facts
    return {
        "effect": result.effect.value,
        "reason": result.reason.value,
        "mask": None if result.mask is None else result.mask.value,
        "determining": list(result.determining),
        "unknown_name": result.unknown_name,
        "ask": None
        if ask is None
        else {
            "purpose": ask.purpose,
            "categories": list(ask.categories),
            "channel": None if ask.channel is None else ask.channel.value,
            "recipient": ask.recipient,
            "explicit": ask.explicit,
            "by_guardian": ask.by_guardian,
        },
        "ask_not_before": _shown(result.ask_not_before),
        "facts": None
        if facts is None
        else {name: value if isinstance(value, bool) else value.value for name, value in facts._asdict().items()},
        "clock_changes_at": _shown(answer.clock_changes_at),
        "cache_for_ms": answer.cache_for_ms,
    }


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


def _shown(instant: Instant | None) -> str | None:
    return None if instant is None else show(instant)
