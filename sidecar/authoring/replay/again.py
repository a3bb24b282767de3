"""One line of a decision log, decided again under another bundle with the facts that it recorded."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.consent.footing import Footing, Footings
from sidecar.engine.question import questions
from sidecar.engine.together import together
from sidecar.model.decision import AttributeValue, FieldResult, Question, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import from_datetime
from sidecar.model.renames import Renames, current_key
from sidecar.model.vocabulary import Effect, Mask, Reason
from sidecar.policy.bundle import Bundle
from sidecar.policy.table import VerdictTable
from sidecar.telemetry.decisionlog.line import AttributeJson, FactsJson, FootingJson, Line

CAPACITY: Final = 65_536
_STAND_INS: Final[dict[str, AttributeValue]] = {"Bool": False, "Long": 0, "String": "", "Set<String>": frozenset()}
_UNSERVED: Final = frozenset({Reason.STALE_POLICY, Reason.STALE_CONSENT, Reason.CONSENT_UNAVAILABLE})
_STRICTNESS: Final = {mask: rank for rank, mask in enumerate(Mask)}


class Given(NamedTuple):
    """An answer, as far as replays compare it."""

    effect: Effect
    reason: Reason
    mask: Mask | None


class Change(StrEnum):
    """How an answer changed; in the order in which it is told."""

    NEWLY_ALLOWED = "newly allowed"
    OBLIGATIONS = "other obligations"
    NEWLY_DENIED = "newly denied"
    REASON = "denied for another reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Another answer."""

    change: Change
    old: Given
    new: Given

    @property
    def widens(self) -> bool:
        """Whether more may be done than before: newly allowed, or a mask that is gone or less strict."""
        if self.change is Change.OBLIGATIONS:
            return self.old.mask is not None and _laxer(self.new.mask, self.old.mask)
        return self.change is Change.NEWLY_ALLOWED


class NotReplayable(NamedTuple):
    """The line does not say what the answer would be."""

    why: str


class Skipped(NamedTuple):
    """The question was answered for reasons of operation, not of the bundle."""

    reason: Reason


SAME: Final = "same"
Outcome = Flip | NotReplayable | Skipped | str
"""A ``str`` is ``SAME``."""


class Replay:
    """Decides lines again under one bundle. For one thread."""

    def __init__(self, bundle: Bundle) -> None:
        self._catalog = bundle.catalog
        self._verdicts = VerdictTable(bundle.policies, CAPACITY)
        self._footings = Footings(bundle.catalog)
        self._observed = bundle.policies.footprint.values
        self._known: Generations[tuple[object, ...], Outcome] = Generations(CAPACITY)

    def outcome(self, line: Line) -> Outcome:
        """What the bundle makes of *line*; pure, and remembered for lines that differ in person and place only."""
        key = (
            line.service,
            line.action,
            line.field,
            line.purpose,
            line.channel,
            line.recipient,
            # A value with its type: `1 == True` in Python.
            tuple((name, type(value), value) for name, value in line.attributes.items()),
            tuple(line.withheld.items()),
            line.facts,
            line.others,
            line.co_subjects,
            line.held,
            line.footing,
            line.effect,
            line.reason,
            line.mask,
            self._footings.season(from_datetime(line.time)),
        )
        outcome = self._known.get(key)
        if outcome is None:
            outcome = self._outcome(line)
            self._known.put(key, outcome)
        return outcome

    def _outcome(self, line: Line) -> Outcome:
        if line.reason in _UNSERVED or line.held:
            return Skipped(line.reason)
        (asked,) = questions(_request(line, self._catalog.renames), self._catalog)
        if isinstance(asked, FieldResult):
            return _compared(line, asked)
        if line.facts is None or line.footing is None:
            return NotReplayable(
                f"it was {line.reason}, and would now be put to the policies: it has no facts for them"
            )
        if len(line.others) < line.co_subjects:
            return NotReplayable("it was about several people, and the records of some could not be read")
        why = "; ".join(self._in_the_way(line, line.footing, asked))
        if why:
            return NotReplayable(why)
        own, *others = (self._decided(asked, facts, line) for facts in (line.facts, *line.others))
        return _compared(line, together(own, others) if others else own)

    def _decided(self, asked: Question, told: FactsJson, line: Line) -> FieldResult:
        """The answer about a person of whom this was *told*."""
        facts = Facts(*(getattr(told, name) for name in Facts._fields))
        verdict = self._verdicts.verdict(asked, facts, from_datetime(line.time))
        return FieldResult(
            field=asked.field, effect=verdict.effect, reason=verdict.reason, mask=verdict.mask, facts=facts
        )

    def _in_the_way(self, line: Line, then: FootingJson, asked: Question) -> Iterator[str]:
        """Why the facts of *line* may not be those that there would be now, or are not enough."""
        now = self._footings.footing(asked.field, asked.purpose, asked.channel, from_datetime(line.time))
        yield from differences(then, now, asked)
        for name in sorted(self._observed & set(line.withheld)):
            yield f"a policy looks at attribute `{name}`, whose value was not logged"


def differences(then: FootingJson, now: Footing, asked: Question) -> Iterator[str]:
    """In what the footings differ, in words."""
    if then.categories != now.categories:
        yield f"field `{asked.field}` was in {_listed(then.categories)}, and is in {_listed(now.categories)}"
    if then.channel != now.channel:
        yield f"consent was asked for channel `{then.channel or 'any'}`, and would be for `{now.channel or 'any'}`"
    if then.purpose != now.purpose:
        yield f"purpose `{asked.purpose}` has another basis, or survives other things"
    if then.marketing != now.marketing:
        yield f"an objection to direct marketing reaches otherwise than it did where `{asked.purpose}` is concerned"
    if then.notices != now.notices:
        yield "other notices were superseded then than would have been"
    if then.renames != now.renames:
        yield "what records name is renamed otherwise, where the question is concerned"


def _request(line: Line, renames: Renames) -> Request:
    """What *line* asked, under present names: whoever asked goes along with a rename."""
    attributes: dict[str, AttributeValue | None] = {name: _sent(value) for name, value in line.attributes.items()}
    attributes.update({name: _STAND_INS.get(kind) for name, kind in line.withheld.items()})
    return Request(
        service=renames.services.get(line.service, line.service),
        action=line.action,
        subject="",
        fields=(renames.fields.get(line.field, line.field),),
        purpose=current_key(line.purpose, renames.purposes),
        channel=line.channel,
        recipient=line.recipient and renames.recipients.get(line.recipient, line.recipient),
        attributes=attributes,
    )


def _sent(value: AttributeJson) -> AttributeValue | None:
    return frozenset(value) if isinstance(value, tuple) else value


def _compared(line: Line, now: FieldResult) -> Outcome:
    old = Given(line.effect, line.reason, line.mask)
    new = Given(now.effect, now.reason, now.mask)
    if old == new:
        return SAME
    return Flip(change=_change(old, new), old=old, new=new)


def _change(old: Given, new: Given) -> Change:
    match old.effect is Effect.DENY, new.effect is Effect.DENY:
        case True, False:
            return Change.NEWLY_ALLOWED
        case False, True:
            return Change.NEWLY_DENIED
        case True, True:
            return Change.REASON
        case _:
            return Change.OBLIGATIONS


def _laxer(one: Mask | None, other: Mask) -> bool:
    return one is None or _STRICTNESS[one] > _STRICTNESS[other]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
