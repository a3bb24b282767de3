"""Why an answer is what it is, and what would change it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sidecar.consent.facts import CategoryFacts, combine, weigh
from sidecar.consent.profile import Standing, trace
from sidecar.consent.record import EMPTY, Entry, Record
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import CONSENT_REASONS, Answer, ConsentToAsk, FieldResult, Question, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Effect, Reason

CONSENT, DECLARATION, POLICY, REQUEST, OPERATION = "consent", "declaration", "policy", "request", "operation"
"""What a remedy changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The choice behind one fact about one category."""

    fact: str  # "consent", "explicit", "by_guardian", "objection" or "restriction"; "hold": a restriction on everyone
    category: str
    choice: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What would have to change; *consent* and *not_before* exactly if *changes* is ``CONSENT``."""

    changes: str
    text: str
    consent: ConsentToAsk | None = None
    not_before: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one field got its answer; *remedies* is empty exactly for what is allowed."""

    field: str
    summary: str
    facts: Facts | None = None
    choices: tuple[Deciding, ...] = ()
    determining: tuple[str, ...] = ()
    erring: tuple[tuple[str, str], ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What an answer saw: the record of the subject, and that of everyone, which has the holds."""

    subject: Record = EMPTY
    everyone: Record = EMPTY


def explain(
    request: Request, answer: Answer, snapshot: Snapshot, records: Records, *, now: Instant
) -> tuple[Explanation, ...]:
    """One explanation for each result of *answer*, which ``decide`` gave to *request* at *now*.

    *records* are as *answer* saw them, *snapshot* is the same bundle.
    """
    view = _View(snapshot, records, now)
    asked = questions(request, snapshot.catalog)
    return tuple(_explain(item, result, request, view) for item, result in zip(asked, answer.results, strict=True))


@dataclass(frozen=True, slots=True)
class _View:
    """What an answer was drawn from."""

    snapshot: Snapshot
    records: Records
    now: Instant


def _explain(item: Question | FieldResult, result: FieldResult, request: Request, view: _View) -> Explanation:
    remedies = (_remedy(result, request),) if result.effect is Effect.DENY else ()
    if isinstance(item, FieldResult) or result.facts is None:
        return Explanation(field=result.field, summary=summary(result, request), remedies=remedies)
    standing, sources, parts = _weighed(view.records.subject, item, view)
    facts = combine(standing.profile, item, view.snapshot.catalog, parts)
    verdict = view.snapshot.verdicts.verdict(item, facts, view.now)
    holds = _holds(item, view) if result.held else ()
    return Explanation(
        field=result.field,
        summary=summary(result, request),
        facts=facts,
        choices=(*holds, *_deciding(parts, sources)),
        determining=result.determining,
        erring=verdict.erring,
        remedies=remedies,
    )


def _weighed(
    record: Record, item: Question, view: _View
) -> tuple[Standing, tuple[Entry, ...], tuple[CategoryFacts, ...]]:
    standing, sources = trace(record, view.now)
    parts = weigh(standing.profile, item, view.snapshot.catalog, view.snapshot.facts.floor(view.now))
    return standing, sources, parts


def _holds(item: Question, view: _View) -> Iterable[Deciding]:
    _, sources, parts = _weighed(view.records.everyone, item, view)
    for part in parts:
        if part.restricted_by is not None:
            yield Deciding(fact="hold", category=part.category, choice=sources[part.restricted_by])


def _deciding(parts: Iterable[CategoryFacts], sources: tuple[Entry, ...]) -> Iterable[Deciding]:
    for part in parts:
        places = {
            "consent": part.decided_by,
            "explicit": part.explicit_by,
            "by_guardian": part.guardian_by,
            "objection": part.objected_by,
            "restriction": part.restricted_by,
        }
        for fact, place in places.items():
            if place is not None:
                yield Deciding(fact=fact, category=part.category, choice=sources[place])


_SENTENCES: Final[dict[Reason, str]] = {
    Reason.UNKNOWN_SERVICE: "the catalog has no service `{name}`",
    Reason.UNKNOWN_FIELD: "the catalog has no field `{name}`",
    Reason.UNKNOWN_PURPOSE: "the catalog has no purpose `{name}`",
    Reason.UNKNOWN_RECIPIENT: "the catalog names no recipient `{name}`",
    Reason.UNKNOWN_CHANNEL: "purpose `{purpose}` has no channel `{name}`",
    Reason.UNKNOWN_ATTRIBUTE: (
        "`type Attributes` of schema.cedarschema declares no `{name}`, or declares it with another type than was sent"
    ),
    Reason.CHANNEL_REQUIRED: "purpose `{purpose}` has several channels and the question names none",
    Reason.NOT_DECLARED: "service `{service}` has not declared to {action} `{field}` for `{purpose}`{recipient}",
    Reason.STALE_POLICY: "the policies have not been checked for too long",
    Reason.STALE_CONSENT: "the view of consent is older than it may be for this answer",
    Reason.CONSENT_UNAVAILABLE: "the person's record could not be read",
    Reason.POLICY_ERROR: "a policy could not be evaluated",
    Reason.OBJECTED: "the person objected to this",
    Reason.ERASED: "the person's data was erased",
    Reason.RESTRICTED: "processing of the person's data is restricted",
    Reason.MINOR: "the person is too young for this",
    Reason.FORBIDDEN: "a policy forbids it",
    Reason.CONSENT_WITHDRAWN: "the person took consent back",
    Reason.CONSENT_REFUSED: "the person said no",
    Reason.CONSENT_SUPERSEDED: "the person agreed to an earlier notice, which has been replaced",
    Reason.CONSENT_EXPIRED: "the time for which the person agreed is over",
    Reason.CONSENT_UNKNOWN: "the person has not agreed to this",
    Reason.GUARDIAN_REQUIRED: "the person is a child, and no guardian has agreed",
    Reason.CONSENT_NOT_EXPLICIT: "the person agreed, but not explicitly",
    Reason.NO_PERMIT: "no policy permits it",
    Reason.ALLOWED: "a policy permits it and nothing forbids it",
}


def summary(result: FieldResult, request: Request) -> str:
    """One sentence, without a capital or a period, on why *result* is what it is."""
    if result.held:
        return HELD
    told = "somebody else in the same data stands in the way: " if result.others and result.others.deny else ""
    return told + _SENTENCES[result.reason].format(
        name=result.unknown_name,
        service=request.service,
        action=request.action.value,
        field=result.field,
        purpose=request.purpose,
        recipient=f" with `{request.recipient}`" if request.recipient else "",
    )


_CHANGES: Final[dict[Reason, tuple[str, str]]] = {
    Reason.UNKNOWN_SERVICE: (DECLARATION, "add catalog/services/{name}.yaml to the bundle, or correct the name"),
    Reason.UNKNOWN_FIELD: (DECLARATION, "add `{name}` to catalog/fields.yaml, or correct the name"),
    Reason.UNKNOWN_PURPOSE: (DECLARATION, "add `{name}` to catalog/purposes.yaml, or correct the name"),
    Reason.UNKNOWN_RECIPIENT: (DECLARATION, "add `{name}` to catalog/recipients.yaml, or name a third party there"),
    Reason.UNKNOWN_CHANNEL: (REQUEST, "ask for a channel that catalog/purposes.yaml gives `{purpose}`"),
    Reason.UNKNOWN_ATTRIBUTE: (
        REQUEST,
        "send `{name}` with the type that `type Attributes` of schema.cedarschema declares, or not at all",
    ),
    Reason.CHANNEL_REQUIRED: (REQUEST, "name one of the channels that catalog/purposes.yaml gives `{purpose}`"),
    Reason.NOT_DECLARED: (
        DECLARATION,
        "list it under may_use in catalog/services/{service}.yaml, if the service is to have it",
    ),
    Reason.STALE_POLICY: (OPERATION, "see why the bundle's source is not being checked: `sidecar status`"),
    Reason.STALE_CONSENT: (
        OPERATION,
        "ask again; if it stays, see why consent changes do not arrive: `sidecar status`",
    ),
    Reason.CONSENT_UNAVAILABLE: (OPERATION, "see why the consent log cannot be read: `sidecar status`"),
    Reason.POLICY_ERROR: (POLICY, "mend the policy that errs"),
    Reason.OBJECTED: (OPERATION, "only the person can take an objection back, by agreeing to exactly this"),
    Reason.ERASED: (OPERATION, "only the person, or a guardian, can begin again, by agreeing anew"),
    Reason.RESTRICTED: (OPERATION, "an operator lifts the restriction once its ground is gone, or the person agrees"),
    Reason.MINOR: (POLICY, "nothing but the policy that protects minors, or the person's age"),
    Reason.FORBIDDEN: (POLICY, "the policies that forbid it, in the *.cedar files of the bundle: {determining}"),
    Reason.NO_PERMIT: (POLICY, "a policy that permits it; none does, with the best consent"),
}


HELD: Final = "it is on hold for everyone, by an operator"
"""Why what is held is denied."""

RELEASE: Final = "an operator releases the hold once its ground is gone: `sidecar holds` says why it is held"
"""What is to be done about what is held."""

OTHERS: Final = "only they can change that, and who they are is not told: leave out the data that they are in"
"""What is to be done where a co-subject does not allow it, for one of the ``PERSONAL`` reasons."""

PERSONAL: Final = CONSENT_REASONS | {Reason.OBJECTED, Reason.ERASED, Reason.RESTRICTED, Reason.MINOR}
"""The reasons that lie with a person."""


def _remedy(result: FieldResult, request: Request) -> Remedy:
    if result.ask is not None:
        return Remedy(
            changes=CONSENT,
            text=f"consent for `{result.ask.purpose}`",
            consent=result.ask,
            not_before=result.ask_not_before,
        )
    if result.others is not None and result.others.deny and result.reason in PERSONAL:
        return Remedy(changes=OPERATION, text=OTHERS)
    if result.held:
        return Remedy(changes=OPERATION, text=RELEASE)
    changes, text = _CHANGES[result.reason]
    text = text.format(
        name=result.unknown_name,
        purpose=request.purpose,
        service=request.service,
        determining=", ".join(f"`{policy}`" for policy in result.determining),
    )
    return Remedy(changes=changes, text=text)
