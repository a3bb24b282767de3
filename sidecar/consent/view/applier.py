"""Follows a shared log for a view of it: one thread, the only one that moves the view's revision (ADR-0025)."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from sidecar.consent.log import Fed, Feed, SharedLog
from sidecar.consent.view.cache import FollowedCache
from sidecar.consent.view.loading import Load
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND, Instant

TAKE_SECONDS: Final = 0.1
"""How long to wait for the feed at a time: what is due meanwhile is late by as much."""

BEAT: Final = SECOND
"""Ticks without a heartbeat after which one is written; some more at random, so that one of many does it."""

LOST_SECONDS: Final = 1.0
"""How often to look whether a log has come in place of one that was lost."""

_BACK_OFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)

_SLICE: Final = 4
"""Heads taken at a time; the interpreter is let go in between."""

_log = logging.getLogger(__name__)


def _random_share() -> float:
    return random.random()  # noqa: S311 - against many doing the same at once, not against an adversary


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the applier knows of all that is neither log nor view."""

    clock: Callable[[], Instant]
    ticks: Callable[[], Instant]  # of a clock that never steps back
    report: Callable[[BaseException], None]  # told of each failure once, not at each attempt
    share: Callable[[], float] = _random_share  # between 0 and 1, anew at each call


class Applier:
    """``load`` and then ``start`` once, ``stop`` once. Failures of the log are waited out, whatever they are.

    A view that heard nothing of the log for longer than *max_offline*, in microseconds, starts over.
    """

    def __init__(
        self, log: SharedLog, cache: FollowedCache, load: Load, outside: Outside, *, max_offline: Instant | None = None
    ) -> None:
        self._log = log
        self._cache = cache
        self._load = load
        self._clock, self._ticks = outside.clock, outside.ticks
        self._report, self._share = outside.report, outside.share
        self._feed: Feed | None = None
        self._max_offline = max_offline
        self._whole = False  # the view is complete, as of some log
        self._through = 0
        self._target: tuple[int, Instant] | None = None  # what a view must reach to be complete, and when it was so
        self._quiet_since = self._ticks()
        self._beaten_at = self._quiet_since - BEAT
        self._failures = 0
        self._trouble = ""
        self._unbeaten = ""  # why the last heartbeat failed
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="applier", daemon=True)

    def load(self) -> None:
        """Make the view complete, however long that takes; returns early only if ``stop`` was called."""
        while not self._whole and not self._stopping.wait(self.step()):
            pass

    def start(self) -> None:
        """Follow the log on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Follow it no longer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._close()

    def step(self) -> float:
        """Do what is next, which takes not much longer than ``TAKE_SECONDS``; how many seconds to wait before more."""
        try:
            pause = self._recover() if self._cache.lost and self._feed is None else self._follow()
        except LogLostError as error:
            self._lose(error)
            return LOST_SECONDS
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            self._close()  # what was given and not taken is given again
            return self._wait_out(error)
        self._failures, self._trouble = 0, ""
        return pause

    def _run(self) -> None:
        while not self._stopping.wait(self.step()):
            pass

    def _follow(self) -> float:
        if self._whole and self._was_away_for_too_long():
            _log.warning("the view of consent is too old to go on from")
            self._close()
            self._whole = False
            self._open(resume=False)
        if self._feed is None:
            self._open(resume=True)
        assert self._feed is not None
        fed = self._feed.take(TAKE_SECONDS)
        ticks = self._ticks()
        if fed is not None:
            self._take(fed)
            if fed.beats:
                self._quiet_since = ticks
                if self._whole:
                    self._cache.contact.heard(ticks, stamp=fed.stamp)
        if not self._whole:
            self._complete_when_all_is_there()
        self._beat_when_due(at_once=not self._whole and fed is None)
        return 0.0

    def _open(self, *, resume: bool) -> None:
        """Follow from where the view is; if it is nowhere, have it begin."""
        if self._whole:
            self._feed = self._log.follow(after=self._cache.applied)
            return
        after = self._cache.begin(now=self._clock(), resume=resume)
        try:
            self._feed = self._log.follow(after=after)
        except LogLostError as error:
            if after is None:
                raise
            _log.warning("the saved view is of no use: %s", error, extra={"details": {"position": after}})
            after = self._cache.begin(now=self._clock(), resume=False)
            self._feed = self._log.follow(after=after)
        self._through, self._target = after or 0, None
        total = self._log.last_position() - self._through
        self._load.begin(total, log_id=self._log.log_id, after=self._through)

    def _take(self, fed: Fed) -> None:
        """Slice by slice, so that nobody waits long for the interpreter."""
        for start in range(0, len(fed.heads), _SLICE):
            heads = fed.heads[start : start + _SLICE]
            self._cache.take(heads, through=min(heads[-1].position, fed.through), now=self._clock())
            time.sleep(0)
        self._cache.take((), through=fed.through, now=self._clock())
        self._through = max(self._through, fed.through)
        self._cache.contact.pending = fed.pending
        if not self._whole:
            self._load.add(len(fed.heads), pending=fed.pending)

    def _complete_when_all_is_there(self) -> None:
        """All that the log had once the feed was under way; a heartbeat comes behind it, whatever was purged."""
        if self._target is None:
            ticks = self._ticks()
            self._target = (self._log.last_position(), ticks)
        position, ticks = self._target
        if self._through < position:
            return
        self._cache.complete()
        self._cache.contact.regain(ticks)
        self._whole = True
        self._load.end(subjects=self._cache.subjects)

    def _beat_when_due(self, *, at_once: bool) -> None:
        """Have the log prove that it is there, if nobody else does."""
        ticks = self._ticks()
        last = self._beaten_at if at_once else max(self._beaten_at, self._quiet_since)
        if ticks - last < BEAT * (1 + (0 if at_once else self._share() / 2)):
            return
        self._beaten_at = ticks
        try:
            self._log.beat()
        except LogLostError:
            raise
        except ConsentLogError as error:  # what comes is taken all the same, and the view ages if nothing does
            if str(error) != self._unbeaten:
                self._report(error)
            self._unbeaten = str(error)
        else:
            self._unbeaten = ""

    def _lose(self, error: LogLostError) -> None:
        self._close()
        self._whole = False
        if str(error) != self._cache.lost:
            self._cache.contact.lose(str(error))
            self._report(error)

    def _recover(self) -> float:
        """Follow what descends from the lost log, from its start; nothing else, which would forget every no.

        Nor the lost one itself, unless it is there again with all that it had.
        """
        if not self._log.renew() or self._went_back():
            return LOST_SECONDS
        self._open(resume=False)
        return 0.0

    def _was_away_for_too_long(self) -> bool:
        """Erasures that the view has not seen may be forgotten by now."""
        return self._max_offline is not None and self._cache.age_ms(self._ticks()) * 1_000 > self._max_offline

    def _went_back(self) -> bool:
        return self._log.log_id == self._cache.log_id and self._log.last_position() < self._cache.applied

    def _wait_out(self, error: Exception) -> float:
        """Try again, a little later each time."""
        if str(error) != self._trouble:
            self._report(error)
        self._trouble = str(error)
        pause = _BACK_OFF_SECONDS[min(self._failures, len(_BACK_OFF_SECONDS) - 1)]
        self._failures += 1
        return pause

    def _close(self) -> None:
        if self._feed is not None:
            self._feed.close()
            self._feed = None
