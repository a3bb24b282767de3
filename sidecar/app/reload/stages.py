"""How long each stage of a reload took."""

from time import perf_counter


class Stages:
    """A stopwatch with a lap for each stage."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._since = perf_counter()

    def end(self, stage: str) -> None:
        """The *stage* that began when the one before ended, or when this was made, ends now."""
        now = perf_counter()
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + (now - self._since) * 1_000
        self._since = now
