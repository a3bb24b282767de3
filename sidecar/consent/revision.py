"""Consent revisions: which log, and how far into it; callers pass them on without looking inside."""

import re
from dataclasses import dataclass
from typing import Final, Self

from sidecar.errors import RequestError

_TOKEN: Final = re.compile(r"([0-9a-f]{16})\.(0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Revision:
    """A place in a log, written ``<log id>.<position>``; positions of different logs must never be compared."""

    log_id: str  # 16 hexadecimal digits, drawn when the log is made
    position: int  # of the last entry included; 0 before the first

    @classmethod
    def parse(cls, token: str, *, field: str = "at_least_as_fresh") -> Self:
        """The revision that *token* stands for; raises ``RequestError`` naming *field* if it is none."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise RequestError(field, "not a consent revision; pass one on exactly as a call returned it")
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.log_id}.{self.position}"
