"""How commands end, and how they fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees."""

    SUCCESS = 0  # or every field is allowed
    ERROR = 1
    DENIED = 2  # some field is
    INVALID = 3  # the bundle or the configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a person or a program is told of an error."""

    code: str  # stable
    message: str
    hint: str = ""  # what to do
    listing: str = ""  # more for people, line by line
    details: Mapping[str, object] = field(default_factory=dict)  # more for programs, as JSON has it

    def to_plain(self) -> dict[str, object]:
        """As ``--output json`` prints it to standard error."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint, **self.details}}


class CommandError(Exception):
    """A command cannot do what it was asked to."""

    def __init__(self, failure: Failure, *, exit_code: ExitCode = ExitCode.ERROR) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.exit_code = exit_code
