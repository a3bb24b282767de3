"""The examining child: reads an order from standard input, answers on standard output."""

import os
import resource
import signal
import sys
from contextlib import suppress
from math import ceil
from typing import Final

from sidecar.authoring.examination.examine import examine
from sidecar.authoring.examination.messages import End, Ending, Order
from sidecar.authoring.examination.wire import Reader, Writer
from sidecar.errors import ReloadError
from sidecar.policy.table import Row

MEMORY_BYTES: Final = 2 * 1024**3
"""Of address space; more is asked for only by a bundle that is out of all proportion."""
_READ_BYTES: Final = 65_536
_TEXT: Final = 500


def main() -> int:
    """Examine; the exit code is 0 whenever the answer is complete."""
    _limit()
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)  # whatever else prints must not get between the messages
        writer = Writer(stream)
        try:
            order, rows = _asked()
            signal.alarm(ceil(order.seconds) + 1)
            examine(order, rows, writer.send)
        except Exception as error:  # noqa: BLE001 - the server is to hear of it, whatever it is
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            writer.send(End(ending=Ending.BROKEN, because=text[:_TEXT]))
    return 0


def _limit() -> None:
    """Never at the cost of the server: before it when memory is short. On the processor the server puts it behind."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Linux has nothing else to say whom to kill first.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as adjustment:  # noqa: PTH123
        adjustment.write("1000")


def _asked() -> tuple[Order, list[Row]]:
    reader = Reader()
    while data := os.read(0, _READ_BYTES):
        reader.feed(data)
    order, *rows = iter(reader.next, None)
    if not isinstance(order, Order):
        raise ReloadError("the first message is no order")
    return order, [row for row in rows if isinstance(row, Row)]


if __name__ == "__main__":
    sys.exit(main())
