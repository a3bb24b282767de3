"""Typing at a prompt: completion and history, where there is readline."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Completions = Callable[[str], list[str]]
"""The words that may follow a line, by the line so far."""


@contextmanager
def completing(completions: Completions) -> Iterator[None]:
    """Have Tab complete from *completions*; nothing where Python has no readline."""
    try:
        import readline  # noqa: PLC0415 - not on every platform
    except ImportError:
        yield
        return
    before, delimiters = readline.get_completer(), readline.get_completer_delims()

    def complete(text: str, state: int) -> str | None:
        begun = readline.get_line_buffer()[: readline.get_begidx()]
        matches = [word for word in completions(begun) if word.startswith(text)]
        return matches[state] + " " if state < len(matches) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" =")  # keys have dots and dashes
    # libedit, which macOS has in its place, is told in other words.
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")
    try:
        yield
    finally:
        readline.set_completer(before)
        readline.set_completer_delims(delimiters)
