"""Where the time goes: a hundred times in each second that a processor is used, which functions it is used in.

The kernel counts the processor time of the process, and interrupts whichever thread just uses it; Python's fault
handler tells that thread's functions there and then, without the interpreter. A thread that looks at others instead
sees them only where they let go of the interpreter: one that answers in bursts of some microseconds would seem to do
nothing but wait. Not seen are threads that never run Python, and whoever waits.
"""

import faulthandler
import json
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from types import CodeType
from typing import Final, NamedTuple, TextIO

PERIOD_SECONDS: Final = 0.01
"""Of processor time, between two samples."""

CAPACITY: Final = 10_000
"""Different stacks; what is more is told as others, by the function that its thread began with."""

_COLLECT_SECONDS: Final = 0.1
_PIPE_BYTES: Final = 64 * 1024
_HEADER: Final = b"Stack (most recent call first):\n"
_LINE: Final = re.compile(r'  File "(.*)", line (\d+) in (.*)')
_MORE: Final = "  ..."
_SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"


class Frame(NamedTuple):
    """A function, and the line that it is at, or begins at."""

    name: str
    file: str
    line: int


Stack = tuple[Frame, ...]
"""The outermost first."""

OTHERS: Final = Frame("others", "", 0)


class Sampler:
    """Samples from ``start`` to ``stop``, each once, one at a time in a process. Its memory is bounded.

    ``start`` is for the main thread: from then on the process ignores SIGPROF for good, if nothing else handles it.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._stacks: Counter[Stack] = Counter()
        self._frames: dict[Frame, Frame] = {}  # each once
        self._rest = b""
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="sampler", daemon=True)
        self._reading = self._writing = -1

    def start(self) -> None:
        """Sample all threads but its own."""
        self._reading, self._writing = os.pipe()
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)  # whoever is interrupted must never wait: what does not fit is lost
        signal.signal(signal.SIGPROF, signal.SIG_IGN)  # else one that comes late would end the process
        faulthandler.register(signal.SIGPROF, file=self._writing, all_threads=False)
        self._thread.start()
        signal.setitimer(signal.ITIMER_PROF, PERIOD_SECONDS, PERIOD_SECONDS)

    def stop(self) -> None:
        """Sample no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.unregister(signal.SIGPROF)
        self._stopping.set()
        self._thread.join()
        os.close(self._writing)
        os.close(self._reading)

    def take(self, told: bytes) -> None:
        """Take in what the fault handler told next, in pieces of any size."""
        *whole, self._rest = (self._rest + told).split(_HEADER)
        for each in whole:
            self._add(each)

    def end(self) -> None:
        """There is nothing more to take in."""
        self._add(self._rest)
        self._rest = b""

    def write(self, file: TextIO) -> None:
        """Write what was seen, as JSON that https://www.speedscope.app reads: how long which stacks were."""
        qualified = Names()
        stacks: Counter[Stack] = Counter()
        for stack, times in self._stacks.items():
            stacks[tuple(map(qualified.of, stack))] += times
        numbers: dict[Frame, int] = {}
        samples = [[numbers.setdefault(frame, len(numbers)) for frame in stack] for stack, _ in stacks.most_common()]
        profile = {
            "type": "sampled",
            "name": "all threads",
            "unit": "seconds",
            "startValue": 0,
            "endValue": round(stacks.total() * PERIOD_SECONDS, 2),
            "samples": samples,
            "weights": [round(times * PERIOD_SECONDS, 2) for _, times in stacks.most_common()],
        }
        shared = {"frames": [frame._asdict() for frame in numbers]}
        json.dump({"$schema": _SCHEMA, "exporter": "sidecar", "shared": shared, "profiles": [profile]}, file)

    def _run(self) -> None:
        while not self._stopping.wait(_COLLECT_SECONDS):
            self._collect()
        self._collect()
        self.end()

    def _collect(self) -> None:
        while True:
            try:
                self.take(os.read(self._reading, _PIPE_BYTES))
            except BlockingIOError:
                return

    def _add(self, told: bytes) -> None:
        stack = self._parsed(told.decode(errors="replace"))
        if not stack or any(frame.file == __file__ for frame in stack):
            return
        if stack not in self._stacks and len(self._stacks) >= self._capacity:
            stack = (stack[0], OTHERS)
        self._stacks[stack] += 1

    def _parsed(self, told: str) -> Stack:
        """The stack; empty if a part of it was lost."""
        frames: list[Frame] = []
        for line in told.splitlines():
            match = _LINE.fullmatch(line)
            if match is not None:
                frame = Frame(match[3], match[1], int(match[2]))
                frames.append(self._frames.setdefault(frame, frame))
            elif line != _MORE:
                return ()
        return tuple(reversed(frames))


class Names:
    """Functions by their whole names and first lines, found in their source; as they were told, where that is not."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, list[CodeType]]] = {}  # by file and name

    def of(self, frame: Frame) -> Frame:
        """The function of *frame*."""
        if frame.file not in self._codes:
            by_name = self._codes[frame.file] = {}
            for code in _codes(frame.file):
                by_name.setdefault(code.co_name, []).append(code)
        begun = [code for code in self._codes[frame.file].get(frame.name, ()) if code.co_firstlineno <= frame.line]
        if not begun:
            return frame._replace(line=0)
        code = max(begun, key=lambda code: code.co_firstlineno)
        return Frame(code.co_qualname, frame.file, code.co_firstlineno)


def _codes(file: str) -> Iterator[CodeType]:
    """Of every function in *file*; of none if it cannot be read."""
    try:
        waiting = [compile(Path(file).read_bytes(), file, "exec")]
    except (OSError, SyntaxError, ValueError):
        return
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(each for each in code.co_consts if isinstance(each, CodeType))
