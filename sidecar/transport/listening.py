"""What a listener is to the server, on whichever transport."""

from typing import Protocol

from sidecar.config import Listener


class Listening(Protocol):
    """One listener: bind, start, drain, close, each once and in that order."""

    def bind(self) -> Listener:
        """The listener as it is bound: with the port that was taken, and its transport.

        Raises ``ConfigError`` if its address cannot be had.
        """

    def start(self) -> None:
        """Begin to take calls."""

    def drain(self, grace_seconds: float) -> None:
        """Take no more calls; those in flight have *grace_seconds*. Does not wait."""

    def close(self, seconds: float) -> None:
        """Wait until calls in flight have ended, at most *seconds*; then end them and let go of the address.

        Also of a listener that was not bound, or not started.
        """
