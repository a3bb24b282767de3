"""What can be known of a person, and the facts that this comes to for one purpose.

A bundle's answer depends on facts, and those on the bundle: what basis a purpose has where the person's law is, and
what it survives. So bundles are compared, and answers counted, for the same *person*, not for the same facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.model.catalog import Purpose
from sidecar.model.vocabulary import Basis, ConsentState, Survival
from sidecar.policy.analysis.space import Diagram, Space, Variable, fix

PERSON: Final = ("consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age")
"""Dimensions of a person: the facts but for the basis, and before a purpose survives any of them."""

_STATES: Final = tuple(ConsentState)
_OVER: Final = tuple(_STATES.index(s) for s in (ConsentState.SUPERSEDED, ConsentState.EXPIRED, ConsentState.UNKNOWN))
_NOES: Final = tuple(_STATES.index(s) for s in (ConsentState.WITHDRAWN, ConsentState.REFUSED))


@dataclass(frozen=True, slots=True)
class Law:
    """People for whom purposes have the same bases, by where their law is."""

    jurisdictions: tuple[str, ...]  # ISO 3166 codes; empty: everywhere, but for what other laws name
    bases: tuple[Basis, ...]  # of the purpose in each bundle that is compared


def laws(purposes: Iterable[Purpose | None]) -> tuple[Law, ...]:
    """Every law under which one purpose, as each bundle has it (``None``: has not), rests on other bases."""
    found = tuple(purposes)
    codes = sorted({code for purpose in found if purpose is not None for code in purpose.basis_by_jurisdiction})
    by_bases: dict[tuple[Basis, ...], list[str]] = {_bases(found, None): []}
    for code in codes:
        by_bases.setdefault(_bases(found, code), []).append(code)
    default = _bases(found, None)
    return tuple(Law(() if bases == default else tuple(named), bases) for bases, named in by_bases.items())


def _bases(purposes: tuple[Purpose | None, ...], code: str | None) -> tuple[Basis, ...]:
    # The strictest, where none is declared: as facts have it.
    return tuple((None if p is None else p.basis_in(code)) or Basis.CONSENT for p in purposes)


def reachable(space: Space, variables: Mapping[str, Variable]) -> Diagram:
    """Where a person can be: what no record, whatever happened, comes to is left out."""
    explicit, guardian = variables["explicit"].codes[1], variables["by_guardian"].codes[1]
    over = variables["consent"].among(_OVER)
    erased = variables["erased"].codes[1]
    valid = space.all(variables[name].valid for name in PERSON)
    # Where nothing covers the question any more, nothing that covers it is explicit or a guardian's. A guardian's grant
    # after an erasure begins anew, and one before it is void.
    return valid & ~(over & (explicit | guardian)) & ~(erased & guardian)


def for_person(diagram: Diagram, purpose: Purpose, basis: Basis, variables: Mapping[str, Variable]) -> Diagram:
    """*diagram*, which speaks of facts, as one that speaks of a person asked about for *purpose*."""
    answer = fix(diagram, variables["basis"], tuple(Basis).index(basis))
    if Survival.RESTRICTION in purpose.survives:
        answer = fix(answer, variables["restricted"], 0)
    if Survival.ERASURE in purpose.survives:
        answer = fix(answer, variables["erased"], 0)
    if basis is Basis.LEGITIMATE_INTERESTS:
        objected = variables["objected"]
        # A no is a no: there it counts as an objection.
        no = objected.codes[1] | variables["consent"].among(_NOES)
        answer = no.ite(fix(answer, objected, 1), fix(answer, objected, 0))
    return answer


def facts_for(space: Space, purpose: Purpose, basis: Basis, variables: Mapping[str, Variable]) -> Diagram:
    """All facts that anybody asked about for *purpose* can have: ``for_person``, the other way round."""
    facts = reachable(space, variables)
    for survival, name in ((Survival.RESTRICTION, "restricted"), (Survival.ERASURE, "erased")):
        if survival in purpose.survives:
            facts = facts.exists(variables[name].cube) & variables[name].codes[0]
    if basis is Basis.LEGITIMATE_INTERESTS:
        objected = variables["objected"]
        no = objected.codes[1] | variables["consent"].among(_NOES)
        facts = facts & ~no | (facts & no).exists(objected.cube) & objected.codes[1]
    return facts & variables["basis"].codes[tuple(Basis).index(basis)]
