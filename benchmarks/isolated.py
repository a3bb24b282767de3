"""Work in a process of its own, and what it takes of memory there."""

import gc
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def isolated(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What *work* returns, run in a fresh process that ends with it; it must be a function of a module."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(work, *args, **kwargs).result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of the process that are in memory, as the kernel counts them: interpreter, libraries and all."""

    resident: int
    peak: int  # since the process, or the watch, began


def memory() -> Memory:
    """What the process takes now, once what it no longer needs is gone."""
    gc.collect()
    read = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines())
    resident, peak = (int(read[name].split()[0]) * 1_024 for name in ("VmRSS", "VmHWM"))
    return Memory(resident=resident, peak=peak)


def watch_memory() -> Memory:
    """What the process takes now; from here on the peak is counted anew."""
    gc.collect()
    _CLEAR.write_text("5", encoding="utf-8")  # man 5 proc, `clear_refs`: resets VmHWM
    return memory()
