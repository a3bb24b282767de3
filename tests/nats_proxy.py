"""Between a client and a server: connections that are cut, and answers that are lost, at will."""

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final

_CHUNK: Final = 65_536


class Proxy:
    """Passes on what comes for *port* of the loopback.

    From when a client says *deaf_from* whatever the server says is thrown away, until ``cut``. What it says
    comes late by *lag_seconds*.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.deaf_from = b""
        self.lag_seconds = 0.0
        self._deaf = False
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._closed = False
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection that there is."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._open.clear()
            self._deaf, self.deaf_from = False, b""

    def close(self) -> None:
        """Break every connection, and take no more."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()
        for thread in tuple(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                continue
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each small answer takes 40 ms
            with self._lock:
                self._open += [client, server]
            for source, target, answers in ((client, server, False), (server, client, True)):
                thread = Thread(target=self._pass, args=(source, target), kwargs={"answers": answers}, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, source: socket.socket, target: socket.socket, *, answers: bool) -> None:
        due: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        passing = Thread(target=self._deliver, args=(due, target), daemon=True)
        passing.start()
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if not answers:
                    self._deaf = self._deaf or (bool(self.deaf_from) and self.deaf_from in chunk)
                if not (answers and self._deaf):
                    due.put((time.monotonic() + (self.lag_seconds if answers else 0.0), chunk))
        due.put((0.0, b""))
        passing.join()
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()

    def _deliver(self, due: "SimpleQueue[tuple[float, bytes]]", target: socket.socket) -> None:
        """Pass on each chunk when it is due, until there is an empty one."""
        with contextlib.suppress(OSError):
            while True:
                at, chunk = due.get()
                if not chunk:
                    return
                time.sleep(max(0.0, at - time.monotonic()))
                target.sendall(chunk)


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy to *port*, closed in the end."""
    between = Proxy(port)
    try:
        yield between
    finally:
        between.close()
