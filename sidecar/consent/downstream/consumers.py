"""How far named consumers have come: kept in the log itself, so that every process, and the next one, knows."""

from collections.abc import Callable
from threading import Lock

from sidecar.consent.log import ConsentLog, Follower, Mark
from sidecar.model.instant import Instant


class Consumers:
    """The marks of consumers in *log*. Safe for any number of threads; every method may raise ``ConsentLogError``.

    Of two processes that acknowledge for the same consumer at once the lower position may be kept; then some is told
    twice, and nothing is left out.
    """

    def __init__(self, log: ConsentLog, *, clock: Callable[[], Instant]) -> None:
        self._log = log
        self._clock = clock
        self._turn = Lock()

    def acknowledged(self, name: str) -> int | None:
        """Up to where consumer *name* has applied everything; ``None`` if it never said."""
        return next((mark.position for mark in self._log.marks(Follower.CONSUMER) if mark.name == name), None)

    def acknowledge(self, name: str, position: int) -> int:
        """Keep that consumer *name* has applied everything up to *position*; returns what is kept.

        An earlier position than the one that is kept changes nothing: acknowledgements may overtake each other.
        """
        with self._turn:
            kept = self.acknowledged(name)
            if kept is not None and kept >= position:
                return kept
            self._log.mark(Mark(kind=Follower.CONSUMER, name=name, position=position, at=self._clock()))
            return position

    def begin_anew(self, name: str) -> None:
        """Keep that consumer *name* has applied nothing: it is told all again, and until then its lag shows that."""
        with self._turn:
            self._log.mark(Mark(kind=Follower.CONSUMER, name=name, position=0, at=self._clock()))
