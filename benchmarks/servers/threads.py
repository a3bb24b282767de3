"""How long each thread of this process has used a core."""

import threading
from pathlib import Path


def used_by_thread(others: str) -> dict[str, float]:
    """Seconds by name of the thread, as the kernel counts them; those that Python did not start are *others*."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    used: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            spent = int((task / "schedstat").read_bytes().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue
        name = names.get(int(task.name), others)
        used[name] = used.get(name, 0.0) + spent
    return used
