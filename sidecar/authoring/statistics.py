"""What a bundle observes, how large it is, and how many questions there are to tell apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.decision import AttributeValue
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, ConsentState
from sidecar.policy.analysis.examples import facts_of
from sidecar.policy.analysis.people import PERSON, laws
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.footprint import FACTS, QUESTION, Footprint, footprints_of, union

_OVER: Final = (ConsentState.SUPERSEDED, ConsentState.EXPIRED, ConsentState.UNKNOWN)
_WAYS_OF_A_BOOL: Final = 3  # not sent, false, true


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What ``policy stats`` tells of a bundle."""

    sizes: Mapping[str, int]  # by noun
    footprints: Mapping[str, Footprint]  # by policy id, in the order of the files
    footprint: Footprint  # what verdicts observe
    questions: int  # declared questions about people, as far as verdicts tell them apart; without caller attributes
    attributes: Mapping[str, int | None]  # in how many ways each observed one can be sent; None: without end
    unread: tuple[str, ...]  # declared attributes that no policy looks at, sorted


def statistics_of(draft: Draft) -> Statistics:
    """The statistics of *draft*."""
    catalog = draft.catalog
    footprints = footprints_of(draft.policies, catalog.attributes)
    footprint = union(footprints.values()).with_counterfactual()
    observed = footprint.values | footprint.presence
    return Statistics(
        sizes={
            "policies": len(draft.policies),
            "services": len(catalog.services),
            "fields": len(catalog.fields),
            "categories": len(catalog.categories),
            "purposes": len(catalog.purposes),
            "recipients": len(catalog.recipients),
            "declared questions": len(uses_of(catalog)),
        },
        footprints=footprints,
        footprint=footprint,
        questions=_questions(catalog, footprint),
        attributes={name: _ways(name, footprint, catalog) for name in sorted(observed)},
        unread=tuple(sorted(catalog.attributes.keys() - observed)),
    )


def _ways(name: str, footprint: Footprint, catalog: Catalog) -> int | None:
    if name in footprint.presence:
        return 2
    return _WAYS_OF_A_BOOL if catalog.attributes[name] == "Bool" else None


def _questions(catalog: Catalog, footprint: Footprint) -> int:
    """How many declared questions, each about all people there can be, *footprint* tells apart."""
    names = [name for name in QUESTION if name in footprint.dimensions]
    places = [place for place, name in enumerate(FACTS) if name in footprint.dimensions]
    purposes: dict[tuple[str, ...], set[str]] = {}
    for use in uses_of(catalog):
        purposes.setdefault(tuple(getattr(use, name) for name in names), set()).add(use.purpose)
    by_purpose = {
        key: frozenset(tuple(facts[place] for place in places) for facts in _facts(purpose))
        for key, purpose in catalog.purposes.items()
    }
    # Where the purpose is not observed, one key stands for several, whose facts may differ.
    counted: dict[frozenset[str], int] = {}
    for asked in map(frozenset, purposes.values()):
        if asked not in counted:
            counted[asked] = len(frozenset[tuple[object, ...]]().union(*(by_purpose[key] for key in asked)))
    return sum(counted[frozenset(asked)] for asked in purposes.values())


def _facts(purpose: Purpose) -> Iterator[Facts]:
    """All facts that a question for *purpose* can be asked with; some come more than once."""
    for law in laws((purpose,)):
        for person in _people():
            yield facts_of(person, purpose, law.bases[0])


def _people() -> Iterator[Mapping[str, AttributeValue]]:
    """Every state that a record can come to; see ``people.reachable``, which says the same of diagrams."""
    truths = (False, True)
    for state in product(ConsentState, truths, truths, truths, truths, truths, AgeBand):
        person: dict[str, AttributeValue] = dict(zip(PERSON, state, strict=True))
        covered = person["explicit"] or person["by_guardian"]
        if not (covered and person["consent"] in _OVER) and not (person["erased"] and person["by_guardian"]):
            yield person
