"""Threads that answer calls: as much of an executor as grpc uses, at half the price of the standard library's."""

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

_Callback = Callable[["Work"], object]


class Work:
    """Something submitted. Its result is nobody's: who submits it has the work tell."""

    __slots__ = ("_arguments", "_callbacks", "_do", "_done")

    def __init__(self, do: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._do = do
        self._arguments = arguments
        self._callbacks: list[_Callback] = []
        self._done = False

    def add_done_callback(self, callback: _Callback) -> None:
        """Call *callback* once this is done, on the thread that did it; at once if it is."""
        self._callbacks.append(callback)
        if self._done:
            self._call_back()

    def run(self) -> None:
        """Do it. What is raised is lost: grpc, and whoever else submits, catch what they do not want to lose."""
        try:
            self._do(*self._arguments)
        finally:
            self._done = True
            self._call_back()

    def _call_back(self) -> None:
        while True:
            try:
                callback = self._callbacks.pop()  # one step: of two threads that meet here one gets it
            except IndexError:
                return
            callback(self)


class Workers(Executor):
    """*count* threads, there from the beginning; they do not keep the process from ending.

    grpc hands each call to one of these and waits for no result. A future of the standard library, with its condition
    and its semaphore, costs as much as an answer.
    """

    def __init__(self, count: int, name: str) -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._ending = False
        self._threads: Final = tuple(Thread(target=self._run, name=f"{name}_{n}", daemon=True) for n in range(count))
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., object], /, *args: Any) -> Work:  # type: ignore[override]  # noqa: ANN401
        """Have *fn* be called with *args*; raises ``RuntimeError`` once this is shut down."""
        if self._ending:
            raise RuntimeError("the threads that answer calls are about to end")
        work = Work(fn, args)
        self._queue.put(work)
        return work

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is
        """End the threads after what they are at, and after what is queued unless that is to be forgotten."""
        self._ending = True
        with suppress(Empty):
            while cancel_futures:
                self._queue.get_nowait()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            with suppress(BaseException):  # the thread goes on, and nobody waits for a result
                work.run()
            del work  # a call, with all that it holds, for as long as nothing comes
