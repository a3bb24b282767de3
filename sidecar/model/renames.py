"""What entries of a catalog were called before: records keep the names of their day for ever."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sidecar.model.scope import at_or_below


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """From each old key to the key that it is now. Immutable; safe to share between threads."""

    services: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)  # with all that lay below
    purposes: Mapping[str, str] = field(default_factory=dict)  # likewise
    recipients: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, str] = field(default_factory=dict)

    @property
    def touch_records(self) -> bool:
        """Whether there are any in what records name."""
        return bool(self.categories or self.purposes or self.recipients or self.notices)


def current_key(key: str, renames: Mapping[str, str]) -> str:
    """What dotted *key* is called now; the key itself if neither it nor anything above it was renamed.

    The longest old key above it counts, and what it becomes may have been renamed again; each rename happened once.
    """
    left = dict(renames)
    while True:
        old = max((old for old in left if at_or_below(key, old)), key=len, default=None)
        if old is None:
            return key
        key = left.pop(old) + key[len(old) :]


def earlier_keys(key: str, renames: Mapping[str, str]) -> Iterator[str]:
    """All that dotted *key* may have been called before, directly or by way of something above it."""
    for old, new in renames.items():
        if at_or_below(key, new):
            earlier = old + key[len(new) :]
            yield earlier
            yield from earlier_keys(earlier, {o: n for o, n in renames.items() if o != old})
