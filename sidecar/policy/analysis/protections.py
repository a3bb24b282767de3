"""What the law or a person's own word stops, and policies let through all the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState
from sidecar.policy.analysis.asked import Asked, Case, example_text
from sidecar.policy.analysis.space import Diagram, Variable
from sidecar.policy.files import FIELDS, PURPOSES
from sidecar.policy.places import Places
from sidecar.policy.problems import Problems

SPECIAL: Final = (
    "user.health_and_medical",
    "user.biometric",
    "user.demographic.race_ethnicity",
    "user.demographic.religious_belief",
    "user.demographic.political_opinion",
    "user.demographic.sexual_orientation",
)
"""Data categories of Art. 9(1) GDPR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Whom it protects, in which uses; *breach* is where the facts say that something must not be allowed."""

    code: str
    concerns: Callable[[Case, Catalog], bool]
    breach: Callable[[Mapping[str, Variable]], Diagram]
    file: str  # whose entry it is told at: that of the field, or of the purpose
    message: str  # after the name of the entry
    hint: str


def report_breaches(asked: Asked, places: Places, problems: Problems) -> None:
    """Report every entry of the catalog with which some protection is missing, with one question that shows it."""
    allowed = asked.allowed()
    for protection in PROTECTIONS:
        wrong = allowed & protection.breach(asked.analysis.variables)
        by_key: dict[str, list[Case]] = {}
        for case in asked.cases:
            if protection.concerns(case, asked.catalog):
                by_key.setdefault(case.use.field if protection.file == FIELDS else case.use.purpose, []).append(case)
        for key, cases in by_key.items():
            example = asked.example(wrong, cases, allowed=True)
            if example is not None:
                message = f"`{key}` {protection.message}; {example_text(example)}"
                problems.warning(places.entry(protection.file, key), protection.code, message, protection.hint)


def is_special(category: str) -> bool:
    """Whether *category* is a special one, or lies below one."""
    return any(at_or_below(category, special) for special in SPECIAL)


def _is_special_use(case: Case, catalog: Catalog) -> bool:
    lawful = case.law.bases[0] is Basis.LEGAL_OBLIGATION
    return not lawful and any(is_special(category) for category in catalog.fields[case.use.field].categories)


def _rests_on_consent(case: Case, _: Catalog) -> bool:
    return case.law.bases[0] is Basis.CONSENT


def _is_marketing(case: Case, _: Catalog) -> bool:
    return case.purpose.direct_marketing


def _always(_: Case, __: Catalog) -> bool:
    return True  # a purpose that survives erasure is never asked about as erased


def _given(variables: Mapping[str, Variable]) -> Diagram:
    return variables["consent"].codes[tuple(ConsentState).index(ConsentState.GIVEN)]


def _is(name: str, *, value: bool = True) -> Callable[[Mapping[str, Variable]], Diagram]:
    return lambda variables: variables[name].codes[int(value)]


def _aged(*ages: AgeBand) -> Callable[[Mapping[str, Variable]], Diagram]:
    return lambda variables: variables["age"].among([tuple(AgeBand).index(age) for age in ages])


_CHILD: Final = _aged(AgeBand.CHILD)

PROTECTIONS: Final = (
    Protection(
        code="lint.special_category",
        concerns=_is_special_use,
        breach=lambda variables: ~(_given(variables) & variables["explicit"].codes[1]),
        file=FIELDS,
        message="is in a special category, and its use is allowed without explicit consent",
        hint='forbid it `unless { context.consent == Consent::"given" && context.explicit }`, but for what the law '
        "requires",
    ),
    Protection(
        code="lint.without_consent",
        concerns=_rests_on_consent,
        breach=lambda variables: ~_given(variables),
        file=PURPOSES,
        message="rests on consent, and is allowed where none is given",
        hint='permit it only `when { context.consent == Consent::"given" }`, or give the purpose another basis',
    ),
    Protection(
        code="lint.objection",
        concerns=_is_marketing,
        breach=_is("objected"),
        file=PURPOSES,
        message="is direct marketing, and is allowed though the person objected",
        hint="forbid it `when { context.objected && context.purpose.direct_marketing }`",
    ),
    Protection(
        code="lint.erasure",
        concerns=_always,
        breach=_is("erased"),
        file=PURPOSES,
        message="does not survive erasure, and is allowed after it",
        hint="forbid it `when { context.erased }`, or write `survives: [erasure]` if it must go on",
    ),
    Protection(
        code="lint.restriction",
        concerns=_always,
        breach=_is("restricted"),
        file=PURPOSES,
        message="does not survive restriction, and is allowed under it",
        hint="forbid it `when { context.restricted }`, or write `survives: [restriction]` if it must go on",
    ),
    Protection(
        code="lint.minor",
        concerns=_is_marketing,
        breach=_aged(AgeBand.CHILD, AgeBand.TEEN),
        file=PURPOSES,
        message="is direct marketing, and is allowed to somebody under age",
        hint='forbid it `when { context.age == AgeBand::"child" || context.age == AgeBand::"teen" }`',
    ),
    Protection(
        code="lint.guardian",
        concerns=_rests_on_consent,
        breach=lambda variables: _CHILD(variables) & variables["by_guardian"].codes[0],
        file=PURPOSES,
        message="rests on consent, and a child's own is enough",
        hint='forbid it `when { context.age == AgeBand::"child" } unless { context.by_guardian }`',
    ),
)
"""All of them; Art. 6, 8, 9, 17, 18 and 21 GDPR."""
