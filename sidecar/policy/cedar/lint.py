"""What the head of a policy tells without any analysis: whether some service declares anything within its scope."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cedarpy import pst

from sidecar.model.catalog import Catalog
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import Action
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.files import GUARDRAILS
from sidecar.policy.problems import Problems


class _Declared(NamedTuple):
    service: str
    action: Action
    field: str


def report_out_of_scope(policies: Iterable[Policy], catalog: Catalog, problems: Problems) -> None:
    """Report each policy that is ``out_of_scope``."""
    for policy in out_of_scope(policies, catalog):
        message = f"{policy.tree.effect} `{policy.id}` can never apply: no service declares a use within its scope"
        hint = "correct its head, or declare the use in catalog/services/"
        problems.warning(policy.place, "lint.unreachable", message, hint)


def out_of_scope(policies: Iterable[Policy], catalog: Catalog) -> Iterator[Policy]:
    """Each policy that no declared use can meet, whatever its conditions say; guardrails may be about any use."""
    declared = frozenset(_declared(catalog))
    for policy in policies:
        if policy.place.file != GUARDRAILS and not any(_in_scope(policy.tree, one, catalog) for one in declared):
            yield policy


def _declared(catalog: Catalog) -> Iterator[_Declared]:
    for service in catalog.services.values():
        for use in service.may_use:
            for field in use.fields:
                for action in use.actions:
                    yield _Declared(service.key, action, field)


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
