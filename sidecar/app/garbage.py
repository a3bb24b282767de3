"""When Python looks for cyclic garbage: never while something large is loaded, and never at what is there for good.

A full look holds the interpreter for some 50 ms in a server that just started, and a bundle being loaded sets one off.
Answering a question makes no cyclic garbage at all, so little is lost by looking at less.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def spare_what_is_here() -> None:
    """Look once at everything, then no more at what is alive now; it is still freed once nothing refers to it."""
    gc.collect()
    gc.freeze()


@contextmanager
def undisturbed() -> Iterator[None]:
    """No look during the block, and afterwards none at what was made in it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
