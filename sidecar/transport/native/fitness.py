"""Whether a listener can have the native transport, and why not."""

import resource
from importlib import import_module
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from pathlib import Path
from typing import Final

from sidecar.config import Listener

_CLAIM: Final = 2**32
"""Bytes that the head of a message may claim. They are reserved at once, and the process ends if they cannot be."""

_OVERCOMMIT: Final = Path("/proc/sys/vm/overcommit_memory")
_NEVER: Final = "2"


def why_not(listener: Listener) -> str:
    """Why *listener* cannot have the native transport, with what to do about it; empty if it can."""
    if not listener.is_local:
        return "it is for unix: and loopback addresses, and other machines reach this one"
    try:
        import_module("pygrpc_native")
    except ImportError:
        return "it needs the extra `native`: pip install 'consent-sidecar[native]'"
    if _memory_is_counted():
        return (
            "memory that is reserved and not used counts here (`ulimit -v`, vm.overcommit_memory=2, or less than 4 GiB "
            "in all), and one message may reserve 4 GiB; lift that, or say transport=grpcio"
        )
    return ""


def _memory_is_counted() -> bool:
    """Whether memory that is reserved and never touched counts against a limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        return True
    try:
        mmap(-1, _CLAIM, flags=MAP_PRIVATE | MAP_ANONYMOUS).close()
        return _OVERCOMMIT.read_text(encoding="ascii").strip() == _NEVER
    except FileNotFoundError:  # no Linux: there is no such setting
        return False
    except OSError:
        return True
