"""What a change of a bundle allows, with an example of each class of questions that Cedar itself was asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.model.decision import Verdict
from sidecar.policy.analysis.differences import Change, Kind, compare
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.examples import Example, Examples
from sidecar.policy.analysis.outcomes import Outcome
from sidecar.policy.analysis.reach import compare_reach
from sidecar.policy.analysis.renamed_reach import Reach
from sidecar.policy.analysis.words import Words, law_text, uses_text
from sidecar.policy.bundle import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAnswer:
    """One class of questions that is answered otherwise, in words; the lists are never empty."""

    kind: Kind
    uses: tuple[Use, ...]
    law: str  # where it holds; empty: everywhere
    when: tuple[str, ...]  # any of these
    before: str
    after: str
    combinations: int
    example: Example

    @property
    def example_text(self) -> str:
        """The example in a line."""
        before, after = (_verdict(verdict) for verdict in self.example.verdicts)
        return f"{self.example}: {before}, then {after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that a change changes; *answers* by what matters most, *reach* likewise."""

    old: str  # where the bundles were read from, for people
    new: str
    old_revision: str
    new_revision: str
    answers: tuple[ChangedAnswer, ...]
    reach: tuple[Reach, ...]
    inexact: Mapping[str, tuple[str, ...]]  # by condition, the policies that it stands in; empty: exact

    @property
    def widens(self) -> bool:
        """Whether more may be done with data than before: by an answer, or by what earlier choices now cover."""
        return any(one.kind.widens for one in self.answers) or any(one.widens for one in self.reach)

    @property
    def summary(self) -> str:
        """One line."""
        if not self.answers and not self.reach:
            return "every question is answered as before"
        counts = {kind: [one for one in self.answers if one.kind is kind] for kind in Kind}
        parts = [f"{TITLES[kind].lower()}: {_sum(those)}" for kind, those in counts.items() if those]
        if self.reach:
            parts.append(f"reach of earlier choices: {len(self.reach)}")
        return "; ".join(parts)


TITLES: Final[Mapping[Kind, str]] = {
    Kind.ALLOWED: "Newly allowed",
    Kind.LOOSENED: "Allowed with less of a mask",
    Kind.TIGHTENED: "Allowed with more of a mask",
    Kind.DENIED: "Newly denied",
    Kind.REASON: "Denied for another reason",
}
REACH_TITLE: Final = "What earlier choices reach"
SHOWN: Final = 8
"""Lines of uses of one class that are worth reading; ``to_plain`` has them all."""


def compare_bundles(old: Draft, new: Draft) -> Comparison:
    """What *new* changes against *old*; raises ``AnalysisError`` if that cannot be told."""
    difference = compare(old, new)
    words, examples = Words(difference.analysis), Examples(difference.analysis)
    return Comparison(
        old=old.source,
        new=new.source,
        old_revision=old.files.revision,
        new_revision=new.files.revision,
        answers=tuple(_answer(change, words, examples) for change in difference.changes),
        reach=compare_reach(old.catalog, new.catalog),
        inexact={one.text: one.policies for one in difference.inexact},
    )


def _answer(change: Change, words: Words, examples: Examples) -> ChangedAnswer:
    return ChangedAnswer(
        kind=change.kind,
        uses=change.uses,
        law=law_text(change.law),
        when=tuple(map(words.box, change.boxes)),
        before=_outcomes(change.before),
        after=_outcomes(change.after),
        combinations=change.combinations,
        example=examples.ask(change.uses[0], change.law, change.example, (change.before, change.after)),
    )


def _sum(answers: list[ChangedAnswer]) -> str:
    combinations = sum(one.combinations for one in answers)
    return f"{len(answers)} class{'es' * (len(answers) != 1)} of questions ({combinations} combinations)"


def _outcomes(outcomes: tuple[Outcome, ...]) -> str:
    return " or ".join(dict.fromkeys(map(_outcome, outcomes)))


def _outcome(outcome: Outcome) -> str:
    if outcome.allowed:
        return "allowed" if outcome.mask is None else f"allowed with mask `{outcome.mask}`"
    return str(outcome.reason)


def _verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not declared"
    by = f" ({', '.join(verdict.determining)})" if verdict.determining else ""
    return _outcome(Outcome(verdict.effect, verdict.reason, verdict.mask)) + by


def to_plain(comparison: Comparison) -> dict[str, object]:
    """*comparison* as JSON has it."""
    return {
        "old": {"source": comparison.old, "revision": comparison.old_revision},
        "new": {"source": comparison.new, "revision": comparison.new_revision},
        "widens": comparison.widens,
        "exact": not comparison.inexact,
        "inexact": [{"condition": text, "policies": list(ids)} for text, ids in comparison.inexact.items()],
        "summary": comparison.summary,
        "answers": [_plain(answer) for answer in comparison.answers],
        "reach": [{"widens": one.widens, "key": one.key, "text": one.text} for one in comparison.reach],
    }


def _plain(answer: ChangedAnswer) -> dict[str, object]:
    example = answer.example
    return {
        "change": answer.kind.name.lower(),
        "widens": answer.kind.widens,
        "uses": [use.to_plain() for use in answer.uses],
        "text": list(uses_text(answer.uses)),
        "law": answer.law,
        "when": list(answer.when),
        "before": answer.before,
        "after": answer.after,
        "combinations": answer.combinations,
        "example": {
            **example.to_plain(),
            "before": _verdict(example.verdicts[0]),
            "after": _verdict(example.verdicts[1]),
        },
    }


def lines_of(comparison: Comparison) -> Iterator[tuple[int, str]]:
    """*comparison* line by line, each with its depth: 0 for a title, then what hangs below it."""
    for kind in Kind:
        answers = [one for one in comparison.answers if one.kind is kind]
        if not answers:
            continue
        yield 0, TITLES[kind]
        for answer in answers:
            yield from _lines(answer)
    if comparison.reach:
        yield 0, REACH_TITLE
        for one in comparison.reach:
            yield 1, f"{'wider' if one.widens else 'narrower'}: {one.text}"
    if comparison.inexact:
        yield 0, "Not exact"
        yield 1, "these conditions were taken for true and for false; what is said above may need one that never comes:"
        for text, ids in comparison.inexact.items():
            yield 2, f"`{text}` in {', '.join(ids)}"


def _lines(answer: ChangedAnswer) -> Iterator[tuple[int, str]]:
    law = f", {answer.law}" if answer.law else ""
    yield 1, f"{answer.before} -> {answer.after}{law}: {answer.combinations} combinations"
    lines = list(uses_text(answer.uses))
    for line in lines[:SHOWN]:
        yield 2, line
    if len(lines) > SHOWN:
        yield 2, f"and {len(lines) - SHOWN} more lines of uses"
    for when in answer.when:
        yield 2, f"if {when}" if when != "always" else "whoever is asked about"
    yield 2, f"for example {answer.example_text}"
