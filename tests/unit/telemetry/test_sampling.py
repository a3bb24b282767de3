"""Where the time goes: what is told of it, and the whole way from a busy thread to a file."""

import json
import time
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest

from sidecar.telemetry.sampling import Frame, Names, Sampler

ENOUGH_SECONDS = 20.0
HEADER = b"Stack (most recent call first):\n"
ONE = HEADER + b'  File "/b.py", line 7 in inner\n  File "/a.py", line 3 in outer\n'
OTHER = HEADER + b'  File "/c.py", line 1 in more\n  File "/a.py", line 3 in outer\n'


def busy(until: Event) -> None:
    """Compute."""
    while not until.is_set():
        Worker().inner()


class Worker:
    """Has a method."""

    def inner(self) -> int:
        """What most of the time goes into."""
        return sum(number * number for number in range(2_000))


def written(sampler: Sampler) -> dict[tuple[str, ...], float]:
    """Seconds by stack, as names of functions, read from what is written."""
    file = StringIO()
    sampler.write(file)
    parsed = json.loads(file.getvalue())
    names = [frame["name"] for frame in parsed["shared"]["frames"]]
    (profile,) = parsed["profiles"]

    assert "https://www.speedscope.app/file-format-schema.json" == parsed["$schema"]
    assert ("sampled", "seconds", 0) == (profile["type"], profile["unit"], profile["startValue"])
    assert pytest.approx(sum(profile["weights"])) == profile["endValue"]
    stacks = [tuple(names[number] for number in sample) for sample in profile["samples"]]
    return dict(zip(stacks, profile["weights"], strict=True))


def taken(*pieces: bytes, capacity: int = 10) -> dict[tuple[str, ...], float]:
    """What is written of these pieces."""
    sampler = Sampler(capacity=capacity)
    for piece in pieces:
        sampler.take(piece)
    sampler.end()
    return written(sampler)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_equal_stacks_are_counted_together(size: int) -> None:
    """The outermost function first; whatever the pieces in which they come."""
    told = ONE + OTHER + ONE
    pieces = [told[start : start + size] for start in range(0, len(told), size)]

    assert {("outer", "inner"): 0.02, ("outer", "more"): 0.01} == taken(*pieces)


def test_nothing_seen_is_a_file_too() -> None:
    """A server that was stopped at once."""
    assert {} == taken()


def test_what_was_lost_in_part_is_left_out() -> None:
    """Rather than told of the wrong functions; a stack too deep to be told whole is whole enough."""
    assert {("outer", "inner"): 0.01} == taken(ONE[:-9] + ONE + HEADER + b'  File "/b.py", li' + OTHER[:40])
    assert {("outer", "inner"): 0.01} == taken(ONE + b"  ...\n")


def test_its_memory_is_bounded() -> None:
    """What is one stack too many is told as others, by where its thread began."""
    assert {("outer", "inner"): 0.02, ("outer", "others"): 0.01} == taken(ONE, OTHER, ONE, capacity=1)


def test_functions_have_their_whole_names() -> None:
    """And the line they begin at; without source they are as they were told."""
    names, method = Names(), Worker.inner.__code__

    assert Frame("Worker.inner", __file__, method.co_firstlineno) == names.of(
        Frame("inner", __file__, method.co_firstlineno + 2)
    )
    assert Frame("nobody", __file__, 0) == names.of(Frame("nobody", __file__, 5))
    assert Frame("inner", "<frozen>", 0) == names.of(Frame("inner", "<frozen>", 5))


def test_what_is_no_source_has_no_names(tmp_path: Path) -> None:
    """It may have been changed since."""
    (tmp_path / "broken.py").write_text("def inner(:")

    assert Frame("inner", str(tmp_path / "broken.py"), 0) == Names().of(Frame("inner", str(tmp_path / "broken.py"), 5))


def test_who_computes_is_seen_where() -> None:
    """Whichever thread it is; the sampler's own is not told of, nor who waits."""
    sampler, stop = Sampler(), Event()
    threads = [Thread(target=busy, args=(stop,)), Thread(target=stop.wait, args=(ENOUGH_SECONDS,))]
    sampler.start()
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not any("Worker.inner" in stack for stack in written(sampler)):
        assert time.monotonic() < deadline
        stop.wait(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    sampler.stop()
    seen = written(sampler)

    inside = next(stack for stack in seen if "Worker.inner" in stack)
    assert ("busy", "Worker.inner") == inside[inside.index("busy") :][:2]
    assert not any("Sampler._run" in stack for stack in seen)
