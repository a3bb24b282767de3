"""What the words of a line mean: bare keys are known by the catalog that they are in."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.errors import SidecarError
from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import ANY, Action, Actor, Channel
from sidecar.policy.problems import did_you_mean


class WordError(SidecarError):
    """A line that says nothing; *hint* says what would."""

    code = "trial.words"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its *kind* and its *value*."""

    kind: str
    value: str


QUESTION: Final = ("service", "field", "purpose", "action", "channel", "recipient")
SCOPE: Final = ("purpose", "category", "channel", "recipient")


def vocabulary(catalog: Catalog, kinds: Iterable[str]) -> Mapping[str, Collection[str]]:
    """Every name of each of *kinds*."""
    every: Mapping[str, Collection[str]] = {
        "service": catalog.services,
        "field": catalog.fields,
        "purpose": catalog.purposes,
        "category": (*catalog.categories, ANY),
        "action": [action.value for action in Action],
        "channel": [channel.value for channel in Channel],
        "recipient": catalog.recipients,
        "by": [actor.value for actor in Actor],
        "notice": [f"{key}@{version}" for key, version in catalog.notices],
    }
    return {kind: every[kind] for kind in kinds}


def questionable(catalog: Catalog) -> Mapping[str, Collection[str]]:
    """Every name that a question can have; of purposes those with a basis, the others are usable by nobody."""
    usable = [key for key, purpose in catalog.purposes.items() if purpose.basis is not None]
    return {**vocabulary(catalog, QUESTION), "purpose": usable}


def read_words(words: Iterable[str], known: Mapping[str, Collection[str]], *, others: bool = False) -> Iterator[Word]:
    """Each of *words* with its kind: ``KIND=NAME``, or a bare name that is of one kind only.

    With *others* a word with ``=`` and another kind is taken as it is. Raises ``WordError`` for what means nothing.
    """
    for word in words:
        kind, equals, value = word.partition("=")
        if equals and kind in known:
            if value not in known[kind]:
                raise WordError(f"no {kind} `{value}`", did_you_mean(value, known[kind]))
            yield Word(kind, value)
        elif equals and others:
            yield Word(kind, value)
        elif equals:
            raise WordError(f"`{kind}=` means nothing here", did_you_mean(kind, known))
        else:
            yield Word(_kind(word, known), word)


def _kind(word: str, known: Mapping[str, Collection[str]]) -> str:
    kinds = [kind for kind, names in known.items() if word in names]
    if len(kinds) > 1:
        which = " or ".join(f"{kind}={word}" for kind in kinds)
        raise WordError(f"`{word}` is more than one thing", f"say {which}")
    if not kinds:
        every = {name for names in known.values() for name in names}
        raise WordError(f"`{word}` is no {', '.join(known)}", did_you_mean(word, every))
    return kinds[0]
