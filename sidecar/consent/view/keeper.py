"""Keeps what the next start, and everybody else, need of a view: saves it, and says in the log how far it is."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Final, NamedTuple

from sidecar.consent.log import ConsentLog, Follower, Mark
from sidecar.consent.view.applier import Outside
from sidecar.consent.view.cache import ConsentCache
from sidecar.model.instant import SECOND, Instant

PERIOD_SECONDS: Final = 1.0

MARK_SECONDS: Final = 3.0
"""How often the log is told how far the view is, if that changed."""

PAUSE_SECONDS: Final = 0.0005
"""After each part of a view that is saved: so who is busy answering loses half as much, for twice as long."""


class Saving(NamedTuple):
    """How a view is saved."""

    save: Callable[[Instant, Callable[[], object]], bool]
    """As of an instant, calling something between any two parts: whether there was anything to save.

    May raise ``OSError``.
    """
    every: Instant  # in ticks


class Keeper:
    """One thread, from ``start`` to ``stop``, which keeps everything once more.

    *name* is what this sidecar is called among those of the log; without *saving* nothing is saved.
    """

    def __init__(
        self, log: ConsentLog, cache: ConsentCache, outside: Outside, *, name: str, saving: Saving | None
    ) -> None:
        self._log = log
        self._cache = cache
        self._outside = outside
        self._name = name
        self._saving = saving
        self._saved_at = self._marked_at = outside.ticks()
        self._marked = ("", 0)
        self._troubles: dict[Callable[[], None], str] = {}  # by chore
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Look once a second."""
        self._thread.start()

    def stop(self) -> None:
        """Look no longer, and keep everything once more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
            self._try(self._mark_now, self._save_now)

    def look(self) -> None:
        """Do what is due now; what fails is told of once, and tried again when it is due again."""
        self._mark_when_due()
        ticks = self._outside.ticks()
        if self._saving is not None and ticks - self._saved_at >= self._saving.every:
            self._saved_at = ticks
            self._try(self._save_now)

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_SECONDS):
            self.look()

    def _try(self, *chores: Callable[[], None]) -> None:
        for chore in chores:
            try:
                chore()
            except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
                if str(error) != self._troubles.get(chore):
                    self._outside.report(error)
                self._troubles[chore] = str(error)
            else:
                self._troubles.pop(chore, None)

    def _mark_when_due(self) -> None:
        ticks = self._outside.ticks()
        if ticks - self._marked_at >= MARK_SECONDS * SECOND:
            self._marked_at = ticks
            self._try(self._mark_now)

    def _mark_now(self) -> None:
        revision = self._cache.revision()
        place = (revision.log_id, revision.position)
        if self._cache.lost or place == self._marked or not revision.position:
            return
        now = self._outside.clock()
        self._log.mark(Mark(kind=Follower.SIDECAR, name=self._name, position=revision.position, at=now))
        self._marked = place

    def _save_now(self) -> None:
        if self._saving is not None:
            self._saving.save(self._outside.clock(), self._pause)

    def _pause(self) -> None:
        """Others first, unless it ends."""
        self._stopping.wait(PAUSE_SECONDS)
        self._mark_when_due()
