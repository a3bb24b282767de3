"""How many questions a bundle tells apart."""

from pathlib import Path

import pytest

from sidecar.authoring.statistics import statistics_of
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, ConsentState, Survival
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.cedar.footprint import FACTS, QUESTION
from tests.random_bundles import declared, random_bundle
from tests.unit.policy.bundles import FILES, write


def every_key(draft: Draft) -> set[tuple[object, ...]]:
    """All that the verdict table can be asked for about records, as far as verdicts observe it; by trying all."""
    footprint = statistics_of(draft).footprint
    keys: set[tuple[object, ...]] = set()
    for question in declared(draft.catalog):
        purpose = draft.catalog.purposes[question.purpose]
        asked = tuple(getattr(question, name) for name in QUESTION if name in footprint.dimensions)
        for basis in {purpose.basis, *purpose.basis_by_jurisdiction.values()}:
            assert basis is not None
            for consent in ConsentState:
                covered = consent in (ConsentState.GIVEN, ConsentState.WITHDRAWN, ConsentState.REFUSED)
                no = basis == "legitimate_interests" and consent in (ConsentState.WITHDRAWN, ConsentState.REFUSED)
                for age in AgeBand:
                    for bits in range(32):
                        explicit, guardian, objected, restricted, erased = (bool(bits >> bit & 1) for bit in range(5))
                        if ((explicit or guardian) and not covered) or (erased and guardian):
                            continue
                        facts = Facts(
                            consent=consent,
                            explicit=explicit,
                            by_guardian=guardian,
                            objected=objected or no,
                            restricted=restricted and Survival.RESTRICTION not in purpose.survives,
                            erased=erased and Survival.ERASURE not in purpose.survives,
                            age=age,
                            basis=basis,
                        )
                        known = (getattr(facts, name) for name in FACTS if name in footprint.dimensions)
                        keys.add((*asked, *known))
    return keys


@pytest.mark.parametrize("seed", range(6))
def test_questions_are_counted_as_the_table_tells_them_apart(seed: int) -> None:
    """Each declared question, about each state that a record can come to, projected on what verdicts observe."""
    draft = random_bundle(seed).draft

    assert len(every_key(draft)) == statistics_of(draft).questions


def test_of_a_small_bundle(tmp_path: Path) -> None:
    """Sizes, and what each attribute adds."""
    text = """@id("a") forbid (principal, action, resource)
    when { context.attributes has premium && context.attributes.premium && context.attributes has region };
    @id("b") forbid (principal, action, resource)
    when { context.attributes has count && context.attributes.count > 3 };
    """
    statistics = statistics_of(read_draft(str(write(tmp_path, {"x.cedar": text}))))

    assert {"count": None, "premium": 3, "region": 2} == statistics.attributes
    assert ("tags",) == statistics.unread
    assert ["special-needs-explicit", "consented", "operations", "objection", "a", "b"] == list(statistics.footprints)
    assert {
        "policies": 6,
        "services": 2,
        "fields": 2,
        "categories": 4,
        "purposes": 4,
        "recipients": 3,
        "declared questions": 5,
    } == statistics.sizes


def test_a_bundle_that_looks_at_nothing_has_one_question(tmp_path: Path) -> None:
    """All are the same to it."""
    only = '@id("all") permit (principal, action, resource);'
    changes = {path: None for path in FILES if path.endswith(".cedar")} | {"main.cedar": only}

    assert 1 == statistics_of(read_draft(str(write(tmp_path, changes)))).questions
