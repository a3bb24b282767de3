"""What an answer says that neither a clock nor the person's own instants change."""

from collections.abc import Sequence

from sidecar.model.decision import FieldResult


class Outcome:
    """Results, with room for what is made of them once: *encoded* by the transport, *logged*, *counted* by telemetry.

    A slotted class, compared by identity: it is kept and counted by that. What is put into the room must be the same
    whoever puts it there; any number of threads may.
    """

    __slots__ = ("co_subjects", "counted", "encoded", "logged", "results")

    def __init__(self, results: Sequence[FieldResult], *, co_subjects: int = 0) -> None:
        self.results = results
        self.co_subjects = co_subjects
        self.encoded: object = None
        self.logged: object = None
        self.counted: object = None
