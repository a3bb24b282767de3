"""Whether a listener can have the native transport, and why not."""

import resource
from importlib import import_module
from pathlib import Path
from typing import Final

from sidecar.config import Listener

INSTALL: Final = "install it with `pip install 'consent-sidecar[native]'`"

_OVERCOMMIT: Final = Path("/proc/sys/vm/overcommit_memory")
_NEVER: Final = "2"


def why_not(listener: Listener) -> str:
    """Why *listener* cannot have the native transport, with what to do about it; empty if it can."""
    if not listener.is_local:
        return "it is for unix: and loopback addresses, and other machines reach this one"
    try:
        import_module("pygrpc_native")
    except ImportError:
        return f"the package pygrpc-native is missing; {INSTALL}"
    if _memory_is_counted():
        # It reserves at once what the head of a message claims, up to 4 GiB, and ends the process if that fails.
        return "address space is limited here (`ulimit -v`, or vm.overcommit_memory=2), which it cannot be served in"
    return ""


def _memory_is_counted() -> bool:
    """Whether memory that is reserved and never touched counts against a limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        return True
    try:
        return _OVERCOMMIT.read_text(encoding="ascii").strip() == _NEVER
    except OSError:
        return False  # no Linux: there is no such setting
