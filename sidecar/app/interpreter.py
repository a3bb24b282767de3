"""How Python runs while it serves (ADR-0040)."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SWITCH_SECONDS: Final = 0.0005
"""After so long a thread that computes lets one that waits have the interpreter; Python's own is ten times as long.

A withdrawal that arrives while questions are being answered waits for this at every step from the feed to its slot. In
return a busy thread loses no more than can be measured; with a fifth of it, twenty that answer at once on grpcio would
lose some 10 %.
"""

THRESHOLDS: Final = (350, 3, 600)
"""When to look for cyclic garbage: half as much and a third as often at a time as Python would, and hardly ever at all.

So the two shorter looks take 0.05 and 0.15 ms while people come whose records are like nobody's; with Python's own
numbers the second takes 0.6 ms. A full one takes 2 ms for 100,000 objects, though whatever was there when serving began
is spared: it is for what leaks, of which 600,000 objects may wait for it.
"""


@contextmanager
def serving() -> Iterator[None]:
    """So it runs in the block, for all threads of the process; and as before afterwards."""
    before = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
