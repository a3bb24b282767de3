"""Findings: what is no mistake for certain, but hardly meant. Runs on bundles without errors only."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from cedarpy import pst

from sidecar.model.catalog import Catalog
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import Action
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.files import FIELDS, GUARDRAILS
from sidecar.policy.problems import Place, Problems

SPECIAL: Final = (
    "user.health_and_medical",
    "user.biometric",
    "user.demographic.race_ethnicity",
    "user.demographic.religious_belief",
    "user.demographic.political_opinion",
    "user.demographic.sexual_orientation",
)
"""Data categories of Art. 9(1) GDPR."""


class _Declared(NamedTuple):
    service: str
    action: Action
    field: str


def lint(policies: tuple[Policy, ...], catalog: Catalog, problems: Problems) -> None:
    """Report findings as warnings."""
    declared = frozenset(_declared(catalog))
    for policy in policies:
        # A guardrail may well be about what nobody does yet; that is what it is for.
        if policy.place.file != GUARDRAILS and not any(_in_scope(policy.tree, one, catalog) for one in declared):
            message = f"{policy.tree.effect} `{policy.id}` can never apply: no service declares a use within its scope"
            hint = "correct its head, or declare the use in catalog/services/"
            problems.warning(policy.place, "lint.unreachable", message, hint)
    _lint_special(policies, declared, catalog, problems)


def _declared(catalog: Catalog) -> Iterator[_Declared]:
    for service in catalog.services.values():
        for use in service.may_use:
            for field in use.fields:
                for action in use.actions:
                    yield _Declared(service.key, action, field)


def _lint_special(
    policies: tuple[Policy, ...], declared: frozenset[_Declared], catalog: Catalog, problems: Problems
) -> None:
    if any(token.text == "explicit" for policy in policies for token in policy.piece.tokens):
        return
    used = sorted({one.field for one in declared})
    special = [key for key in used if any(_is_special(category) for category in catalog.fields[key].categories)]
    if special:
        message = f"field `{special[0]}` is in a special category, and no policy asks for explicit consent"
        problems.warning(Place(FIELDS), "lint.special_category", message, "forbid its use `unless context.explicit`")


def _is_special(category: str) -> bool:
    return any(at_or_below(category, special) for special in SPECIAL)


def _in_scope(tree: pst.Template, one: _Declared, catalog: Catalog) -> bool:
    return (
        _allows(tree.principal, (one.service,))
        and _allows_action(tree.action, one.action)
        and _allows(tree.resource, (one.field,), catalog.fields[one.field].categories)
    )


def _allows_action(constraint: pst.ActionConstraint, action: Action) -> bool:
    match constraint:
        case pst.ActionEq(entity):
            return entity.id == action
        case pst.ActionIn(entities):
            return any(entity.id == action for entity in entities)
    return True


def _allows(
    constraint: pst.PrincipalOrResourceConstraint, keys: tuple[str, ...], categories: tuple[str, ...] = ()
) -> bool:
    """Whether *constraint* holds of the entity *keys* names, which lies in *categories*."""
    match constraint:
        case pst.ScopeEq(pst.EntityUid(id=wanted)):
            return wanted in keys
        case pst.ScopeIn(pst.EntityUid(id=wanted)) | pst.ScopeIsIn(entity=pst.EntityUid(id=wanted)):
            return wanted in keys or any(at_or_below(category, wanted) for category in categories)
    return True
