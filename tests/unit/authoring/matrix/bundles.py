"""Small bundles to make matrices of."""

from collections.abc import Mapping
from types import MappingProxyType

from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.matrix import Matrix, decision_matrix
from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.problems import Problems
from tests.random_bundles import files_of
from tests.unit.policy.bundles import FILES

INEXACT = {
    "tags.cedar": """\
@id("tagged")
forbid (principal, action, resource)
when { context.attributes has tags && context.attributes.tags.contains("no") };
"""
}
"""A policy with a condition that no table holds."""

OBJECTING = {
    "main.cedar": """\
@id("agreed")
permit (principal, action, resource)
when { context.consent == Consent::"given" && (context.explicit || !context.objected) };
"""
}
"""Policies for which it matters to better consent whether somebody objected, or refused, which can be the same."""

JURISDICTIONS = {
    "catalog/purposes.yaml": """\
essential.fraud: {basis: legitimate_interests}
marketing: {direct_marketing: true}
marketing.email:
  basis: consent
  basis_by_jurisdiction: {US: legitimate_interests, US-CA: consent}
  channels: [email]
"""
}


def draft_with(changes: Mapping[str, str] = MappingProxyType({})) -> Draft:
    """The small bundle, with *changes*."""
    return check_files(files_of({**FILES, **changes}), Problems(), source="small")


def matrix_of(changes: Mapping[str, str] = MappingProxyType({}), *, states_apart: bool = True) -> Matrix:
    """Its matrix."""
    return decision_matrix(analyse(draft_with(changes)), states_apart=states_apart)
