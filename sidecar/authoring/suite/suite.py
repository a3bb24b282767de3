"""A suite of tests as values: people, what is asked about them, what must be answered. All can be pickled."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Final

from sidecar.model.decision import AttributeValue, Request
from sidecar.model.event import Event
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Action, AgeBand, Basis, ConsentState
from sidecar.policy.problems import Place

STRANGER: Final = "stranger"
"""The subject that every suite has: somebody without a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a person did, or that was done about them, when the clock stood *at*."""

    at: Instant
    event: Event
    place: Place
    imported: bool = False  # as a line of an import
    refused: str = ""  # the field to blame, if it must be refused


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What one person did, oldest first; compared by identity."""

    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Facts stated instead of a timeline; see ``stated.facts_for``."""

    consent: ConsentState = ConsentState.UNKNOWN
    explicit: bool = False
    by_guardian: bool = False
    objected: bool = False
    restricted: bool = False
    erased: bool = False
    age: AgeBand = AgeBand.UNKNOWN
    basis: Basis | None = None  # None: that of the purpose


Person = Timeline | Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question about one field."""

    service: str
    subject: str
    field: str
    purpose: str
    co_subjects: tuple[str, ...] = ()
    action: Action = Action.USE
    channel: str | None = None
    recipient: str | None = None
    attributes: Mapping[str, AttributeValue | None] = with_default(default_factory=dict)

    def request(self) -> Request:
        """As the engine is asked."""
        return Request(
            service=self.service,
            action=self.action,
            subject=self.subject,
            co_subjects=self.co_subjects,
            fields=(self.field,),
            purpose=self.purpose,
            channel=self.channel,
            recipient=self.recipient,
            attributes=self.attributes,
        )

    def __str__(self) -> str:
        words = [self.service, self.action.value, self.field, "for", self.purpose]
        words += [] if self.channel is None else ["by", self.channel]
        words += [] if self.recipient is None else ["with", self.recipient]
        words += [f"{name}={_shown(value)}" for name, value in sorted(self.attributes.items())]
        words += ["of", self.subject]
        return " ".join([*words, *(("and of", ", ".join(self.co_subjects)) if self.co_subjects else ())])


def _shown(value: AttributeValue | None) -> str:
    return "[" + ", ".join(sorted(value)) + "]" if isinstance(value, frozenset) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question and what must be answered; *want* has only what is compared, in the words of ``observed``."""

    ask: Ask
    person: Person
    others: tuple[Person, ...] = ()  # the co-subjects
    now: Instant
    want: Mapping[str, object]
    place: Place  # of what is wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: a sentence and the rows that show it."""

    name: str
    place: Place
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tests of one file."""

    name: str
    place: Place
    now: Instant | None  # for what has no clock of its own
    people: Mapping[str, Person]
    cases: tuple[Case, ...]
