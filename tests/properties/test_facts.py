"""Facts by way of merged record and profile are the slow model's facts from the raw events.

Held against copies of the tree with one clause broken at a time; see the docstring of this folder.
"""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.facts import facts_of
from sidecar.consent.memo import FactsMemo
from sidecar.consent.profile import EMPTY_PROFILE, resolve
from sidecar.model.catalog import Catalog
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import AgeBand, ConsentState
from tests.model.facts import facts
from tests.properties.lived import live, real_facts, show
from tests.strategies import START, Step, catalogs, every_question, lives, moments, questions


@given(st.data(), catalogs(), lives(), st.lists(moments, min_size=1, max_size=3, unique=True))
def test_facts_by_profile_are_the_facts_from_raw_events(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], instants: list[Instant]
) -> None:
    """At every instant, for every question."""
    lived = live(catalog, life)
    for question in data.draw(questions(catalog)):
        for now in instants:
            expected = facts(catalog, lived.told, question, now)

            assert expected == real_facts(catalog, lived.record, question, now), (
                question,
                now - START,
                show(catalog, lived.told, START),
            )


@given(st.data(), catalogs(), lives(), st.lists(moments, min_size=2, max_size=5))
def test_remembered_facts_are_the_facts(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], instants: list[Instant]
) -> None:
    """A memo asked again and again, at a clock that goes back and forth, answers as if asked for the first time."""
    lived = live(catalog, life)
    memo = FactsMemo(catalog, capacity=data.draw(st.sampled_from((2, 64))))
    (asked,) = data.draw(questions(catalog, most=1))
    alike = [q for q in every_question(catalog) if (q.field, q.purpose) == (asked.field, asked.purpose)]
    for now in instants:
        profile = resolve(lived.record, now).profile

        assert catalog.superseding(now) == memo.floor(now)
        assert catalog.next_superseding(now) == memo.changes_at(now)
        for question in alike:
            expected = facts_of(profile, question, catalog, catalog.superseding(now))

            assert expected == memo.known(profile, question, now).facts


@given(catalogs(), moments)
def test_of_an_unknown_subject_nothing_is_known(catalog: Catalog, now: Instant) -> None:
    """Nobody has agreed, objected or been erased by having no record."""
    for question in every_question(catalog):
        basis = catalog.purposes[question.purpose].basis
        assert basis is not None

        assert Facts(
            consent=ConsentState.UNKNOWN,
            explicit=False,
            by_guardian=False,
            objected=False,
            restricted=False,
            erased=False,
            age=AgeBand.UNKNOWN,
            basis=basis,
        ) == facts_of(EMPTY_PROFILE, question, catalog, catalog.superseding(now))
