"""A concrete question for a point of a class, put to Cedar itself: what is reported was seen, not only calculated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sidecar.errors import AnalysisError
from sidecar.model.catalog import Purpose
from sidecar.model.decision import TYPE_NAMES, AttributeValue, Question, Verdict
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, Basis, Channel, ConsentState, Reason, Survival
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.boxes import Point
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.outcomes import UNDECLARED, Outcome, deny
from sidecar.policy.analysis.people import Law
from sidecar.policy.analysis.words import Words, attributes_text, person_text, uses_text
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.tabulate import Value
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.verdict import reach_verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question, and what each bundle answers; ``None`` where it does not declare the use."""

    use: Use
    person: Mapping[str, Value]
    attributes: Mapping[str, Value]
    verdicts: tuple[Verdict | None, ...]

    def __str__(self) -> str:
        sent = attributes_text(self.attributes)
        return f"{next(uses_text((self.use,)))}; {person_text(self.person)}{f', with {sent}' if sent else ''}"

    def to_plain(self) -> dict[str, object]:
        """The question as JSON has it."""
        attributes = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in self.attributes.items()}
        return {**self.use.to_plain(), "person": dict(self.person), "attributes": attributes}


class Examples:
    """Asks the bundles of one analysis, or *drafts* in their stead, with other policies over the same catalogs."""

    def __init__(self, analysis: Analysis, drafts: Sequence[Draft] | None = None) -> None:
        self._analysis = analysis
        self._words = Words(analysis)
        asked = [side.draft for side in analysis.sides] if drafts is None else drafts
        self._policies = [draft.bundle().policies for draft in asked]

    def ask(self, use: Use, law: Law, point: Point, expected: tuple[tuple[Outcome, ...], ...]) -> Example:
        """The example at *point*, where the analysis expects one of some outcomes of each bundle.

        Raises ``AnalysisError`` if Cedar says otherwise though the analysis is exact: then the analysis is wrong.
        """
        person, attributes = self._words.point(point), self._words.attributes(point)
        verdicts = tuple(self._verdict(side, use, law, person, attributes) for side in range(len(self._analysis.sides)))
        for verdict, outcomes in zip(verdicts, expected, strict=True):
            seen = UNDECLARED if verdict is None else Outcome(verdict.effect, verdict.reason, verdict.mask)
            if self._analysis.exact and seen not in outcomes:
                raise AnalysisError(f"the analysis is wrong about {use}, {person}, {attributes}: Cedar says {seen}")
        return Example(use=use, person=person, attributes=attributes, verdicts=verdicts)

    def _verdict(
        self, side: int, use: Use, law: Law, person: Mapping[str, Value], attributes: Mapping[str, Value]
    ) -> Verdict | None:
        catalog = self._analysis.sides[side].draft.catalog
        use = self._analysis.on(side, use)
        if use not in self._analysis.sides[side].uses:
            return None
        if any(TYPE_NAMES[type(value)] != catalog.attributes.get(name) for name, value in attributes.items()):
            unknown = deny(Reason.UNKNOWN_ATTRIBUTE)
            return Verdict(effect=unknown.effect, reason=unknown.reason)
        question = _question(use, attributes, catalog.attributes)
        facts = facts_of(person, catalog.purposes[use.purpose], law.bases[side])
        return reach_verdict(question, facts, self._policies[side].evaluate)


def facts_of(person: Mapping[str, Value], purpose: Purpose, basis: Basis) -> Facts:
    """The facts about *person* when asked for *purpose*; see ``people.for_person``, which says the same of diagrams."""
    consent = ConsentState(str(person["consent"]))
    no = basis is Basis.LEGITIMATE_INTERESTS and consent in (ConsentState.WITHDRAWN, ConsentState.REFUSED)
    return Facts(
        consent=consent,
        explicit=bool(person["explicit"]),
        by_guardian=bool(person["by_guardian"]),
        objected=bool(person["objected"]) or no,
        restricted=bool(person["restricted"]) and Survival.RESTRICTION not in purpose.survives,
        erased=bool(person["erased"]) and Survival.ERASURE not in purpose.survives,
        age=AgeBand(str(person["age"])),
        basis=basis,
    )


def _question(use: Use, attributes: Mapping[str, Value], types: Mapping[str, str]) -> Question:
    sent: list[tuple[str, str, AttributeValue]] = [
        (name, types[name], value) for name, value in sorted(attributes.items()) if value is not None
    ]
    return Question(
        service=use.service,
        action=use.action,
        field=use.field,
        purpose=use.purpose,
        channel=None if use.channel == NO_CHANNEL else Channel(use.channel),
        recipient=use.recipient,
        attributes=tuple(sent),
    )
