"""Where calls come in: waited for awake while one comes soon after the other, else asleep (ADR-0041)."""

import os
from time import perf_counter, sleep
from typing import Final

from sidecar.pace import BREATH_SECONDS
from sidecar.transport.native.front import Event, Front

TAKEN: Final = 65_536
"""Calls that are taken in at once, far more than may be in flight: what is too many is told so at once."""

AWAKE_SECONDS: Final = 0.0001
"""How long to look again and again. To fall asleep and be woken takes as long, and as much of a core."""

SOON_SECONDS: Final = 0.0002
"""A call that came so soon after the last was answered lets the next be waited for awake."""

FEW: Final = 4
"""Unless more came at once: many share what it costs to be woken, and who brings them needs the cores."""


class Intake:
    """The calls of *front*. For the thread that serves it.

    On one core nobody is waited for awake: whoever brings the next call would have to wait for that core.
    """

    def __init__(self, front: Front) -> None:
        self._front = front
        self._several_cores = len(os.sched_getaffinity(0)) > 1
        self._soon = False

    def take(self, *, wait: bool) -> list[Event] | None:
        """What has come, all of it; with *wait* at least one. ``None`` once the front is closed.

        Without *wait* others have a breath first: a look lets go of the interpreter for too short a time to wake up in.
        """
        if not wait:
            sleep(BREATH_SECONDS)
            return self._front.recv_batch(TAKEN, 0)
        began = perf_counter()
        events = self._look(began + AWAKE_SECONDS) if self._soon else []
        if events == []:
            events = self._front.recv_batch(TAKEN, None)
        few = events is not None and len(events) <= FEW
        self._soon = few and self._several_cores and perf_counter() - began < SOON_SECONDS
        return events

    def _look(self, until: float) -> list[Event] | None:
        """What has come *until* then, on the performance counter; whoever wants the interpreter meanwhile has it."""
        while perf_counter() < until:
            events = self._front.recv_batch(TAKEN, 0)
            if events is None or events:
                return events
        return []
