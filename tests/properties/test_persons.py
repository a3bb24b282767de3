"""Whatever happens to people, they stay such as the analysis knows."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Basis, Survival
from sidecar.policy.analysis.people import facts_for
from tests.properties.lived import live, real_facts, show
from tests.strategies import START, Step, catalogs, lives, moments, questions
from tests.unit.policy.analysis.test_people import World, purpose_of, values_of


@cache
def _known(basis: Basis, survives: frozenset[Survival]) -> tuple[World, object]:
    world = World()
    return world, facts_for(world.space, purpose_of(basis, survives), basis, world.variables)


@given(st.data(), catalogs(), lives(), moments)
def test_facts_of_every_life_are_those_of_somebody(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], now: Instant
) -> None:
    """No record comes to facts that the analysis leaves out."""
    lived = live(catalog, life)
    for question in data.draw(questions(catalog)):
        facts = real_facts(catalog, lived.record, question, now)
        world, known = _known(facts.basis, catalog.purposes[question.purpose].survives)

        assert world.holds(known, values_of(facts)), (question, facts, show(catalog, lived.told, START))
