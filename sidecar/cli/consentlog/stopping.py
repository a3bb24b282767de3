"""Signals while something is made: it is undone, unless it is as good as there."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from sidecar.cli.failure import CommandError, Failure

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def undone_by_signals() -> Iterator[Callable[[], None]]:
    """SIGTERM and SIGINT end the block by a ``CommandError``, until what it gives is called; main thread only."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield _let_be
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_be() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    _let_be()  # what is undone now must not be cut short
    raise CommandError(Failure(code="stopped", message="stopped by a signal; nothing was made"))
