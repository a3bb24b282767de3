"""Slots: whoever looks at all of them is not disturbed by whoever writes."""

import gc
from collections.abc import Callable

import pytest

from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.view.slots import Slots


def of(number: int) -> bytes:
    """A pseudonym of the first shard."""
    return number.to_bytes(16, "big")


class Garbage:
    """Writes a slot when it is collected, and leaves more garbage: as any other thread may just then."""

    def __init__(self, slots: Slots, written: list[int]) -> None:
        self.slots, self.written = slots, written
        self.itself = self

    def __del__(self) -> None:
        if len(self.written) < 1_000:
            self.slots.put(of(1_000 + len(self.written)), UNKNOWN_STANDING)
            self.written.append(1)
            Garbage(self.slots, self.written)


@pytest.mark.parametrize(
    "everybody",
    [
        lambda slots: {key for _, items in slots.items(64) for key, _ in items},
        lambda slots: {pseudonym[1:] for some in slots.by_profile(lambda _: True) for pseudonym in some},
    ],
)
def test_slots_can_be_written_while_all_are_looked_at(everybody: Callable[[Slots], set[bytes]]) -> None:
    """Even in the middle of a shard, where nothing seems to let another thread in: garbage is collected there."""
    slots = Slots()
    for number in range(300):
        slots.put(of(number), UNKNOWN_STANDING)
    written: list[int] = []
    kept = [(number, number) for number in range(5_000)]  # else pairs are made of old ones, which collects nothing
    threshold = gc.get_threshold()
    try:
        gc.set_threshold(3)
        Garbage(slots, written)
        found = everybody(slots)
    finally:
        gc.set_threshold(*threshold)
        many = len(written)
        written.extend([1] * 1_000)
        gc.collect()

    assert many
    assert kept
    assert {of(number)[1:] for number in range(300)} <= found
