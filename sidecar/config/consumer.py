"""Who follows the feed of changes: the grammar of a consumer, the same in file and environment."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sidecar.config.setting import setting
from sidecar.errors import ConfigError

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_ANSWERS: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A system that is told what people decide, written ``NAME,token=FILE[,subjects=yes]``."""

    name: str
    token_file: Path
    subjects: bool = False  # whether it may see the ids of people

    @classmethod
    def parse(cls, text: str) -> Self:
        """The consumer that *text* describes; ``ConfigError`` saying what is wrong with it."""
        name, *options = text.split(",")
        given: dict[str, str] = {}
        for option in options:
            key, equals, value = option.partition("=")
            if key not in ("token", "subjects") or not equals or not value or key in given:
                raise _wrong(text, f"`{option}` is not one of token=FILE, subjects=yes, each at most once")
            given[key] = value
        if not _NAME.fullmatch(name):
            raise _wrong(text, f"`{name}` is no name: 1 to 63 of a-z, 0-9 and -, a letter first, such as mail-provider")
        if "token" not in given or "\0" in given["token"]:
            raise _wrong(text, "token=FILE is missing: the file of its bearer token")
        if given.get("subjects", "no") not in _ANSWERS:
            raise _wrong(text, f"subjects `{given['subjects']}` is not yes or no")
        return cls(name=name, token_file=Path(given["token"]), subjects=_ANSWERS[given.get("subjects", "no")])

    def __str__(self) -> str:
        return f"{self.name},token={self.token_file}" + (",subjects=yes" if self.subjects else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """Other systems that are told what people decide, see [consumers](consumers.md)."""

    known: tuple[Consumer, ...] = setting(
        (),
        "Each `NAME,token=FILE`, then `,subjects=yes` if it may see the ids of people. The file holds its bearer token "
        "and is written with mode 0600 if missing.",
    )

    def __post_init__(self) -> None:
        names = [consumer.name for consumer in self.known]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"`consumers.known`: `{name}` is there twice; each consumer has a name of its own")


def _wrong(text: str, detail: str) -> ConfigError:
    return ConfigError(f"`consumers.known`: `{text}`: {detail}")
