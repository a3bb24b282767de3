"""Removing what an erasure erased.

JetStream has no transactions. So the intent is there before the tombstone and goes when all that came before the
tombstone is gone; who opens the log, or goes on with it, finishes what was cut short. An intent without a tombstone
removes nothing.
"""

from sidecar.consent.log import erases_person
from sidecar.consent.nats.jetstream import Stored
from sidecar.consent.nats.names import INTENT, pseudonym_in
from sidecar.consent.nats.reading import Reader


class Removal:
    """Removes from the log of *reader*."""

    def __init__(self, reader: Reader) -> None:
        self._stream = reader.stream
        self._names = reader.names
        self._reader = reader

    def intend(self, pseudonym: bytes) -> None:
        """Have it known, durably, that the subject's history is about to be erased."""
        self._stream.sequence(self._stream.publish(self._names.intent(pseudonym), b"", replacing=True))

    def finish_all(self) -> None:
        """Finish what is intended and was not finished; raises ``ConsentLogError``."""
        for intent in self._stream.walk(self._names.intents):
            pseudonym = pseudonym_in(intent.subject, INTENT)
            if pseudonym is not None:
                self._finish(pseudonym, intent)

    def _finish(self, pseudonym: bytes, intent: Stored) -> None:
        history = tuple(self._reader.history(pseudonym, after=0))
        tombstones = [entry.position for entry in history if erases_person(entry.event)]
        if not tombstones:
            return
        for entry in history:
            if entry.position < tombstones[-1]:
                self._stream.erase(entry.position)  # overwritten, which a purge does not
        self._stream.purge(self._names.entry(pseudonym), before=tombstones[-1])
        if intent.seq < tombstones[-1]:  # else it is of another erasure, whose tombstone is still to come
            # Not an intent that somebody else had meanwhile.
            self._stream.purge(intent.subject, before=intent.seq + 1)
