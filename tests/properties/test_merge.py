"""Records are a join: order, duplicates and compaction change nothing."""

from dataclasses import replace
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.record import EMPTY, Kind, Record, merge
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure, Event
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ConsentState
from tests.model.facts import facts
from tests.model.timeline import Told
from tests.properties.lived import live, real_facts
from tests.strategies import CATEGORIES, Step, catalogs, lives, moments, questions, some


@st.composite
def worlds_with_records(draw: st.DrawFn) -> tuple[Record, Record, Record]:
    """Three records that share events, or have the same ids for other events, or nothing in common."""
    catalog = draw(catalogs())
    parts = live(catalog, draw(lives())).parts
    other = live(catalog, draw(lives(prefix=draw(st.sampled_from(("e", "f")))))).record
    first = draw(st.lists(st.sampled_from(parts), max_size=4)) if parts else []
    second = draw(st.lists(st.sampled_from(parts), max_size=4)) if parts else []
    return reduce(merge, first, EMPTY), reduce(merge, second, other), other


@given(worlds_with_records())
def test_merging_is_commutative(records: tuple[Record, Record, Record]) -> None:
    """It does not matter who merges whom."""
    one, other, _ = records

    assert merge(one, other) == merge(other, one)


@given(worlds_with_records())
def test_merging_is_associative(records: tuple[Record, Record, Record]) -> None:
    """It does not matter what is merged first."""
    one, other, third = records

    assert merge(merge(one, other), third) == merge(one, merge(other, third))


@given(worlds_with_records())
def test_merging_is_idempotent(records: tuple[Record, Record, Record]) -> None:
    """Merging the same again changes nothing, and nothing is merged with nothing."""
    one, other, _ = records
    both = merge(one, other)

    assert both == merge(both, one)
    assert both == merge(other, both)
    assert one == merge(one, one) == merge(one, EMPTY)


@given(st.data(), catalogs(), lives(), moments)
def test_order_duplicates_and_compaction_change_nothing(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], now: int
) -> None:
    """Events replayed in any order, some twice, some already merged into a record, give the record of the log."""
    lived = live(catalog, life)
    compacted = live(catalog, life[: data.draw(st.integers(0, len(life)))]).record
    repeated = data.draw(st.lists(st.sampled_from(lived.parts), max_size=3)) if lived.parts else []
    parts = data.draw(st.permutations([compacted, *lived.parts, *repeated]))
    merged = reduce(merge, parts)

    assert lived.record == merged
    for question in data.draw(questions(catalog)):
        assert facts(catalog, lived.told, question, now) == real_facts(catalog, merged, question, now)


@st.composite
def latecomers(draw: st.DrawFn, horizon: Instant) -> list[Step]:
    """Events that arrive after an erasure; what they claim is before, at or after it."""
    about = st.sampled_from((horizon, horizon, horizon - 1, horizon + 1, None))
    return [
        Step(replace(step.event, occurred_at=draw(about)), horizon + place)
        for place, step in enumerate(draw(lives(most=4, prefix="late")))
    ]


@given(st.data(), catalogs(), lives(), moments)
def test_erasure_survives_replay_in_any_order(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], now: Instant
) -> None:
    """What was said before an erasure is void, whenever it arrives; only objections are left of it."""
    life = (*life, Step(Event(id="erasure", act=Erasure()), now))
    horizon = live(catalog, life).told[-1].closes_at
    assert horizon is not None
    lived = live(catalog, (*life, *data.draw(latecomers(horizon))))
    merged = reduce(merge, data.draw(st.permutations(lived.parts)))

    assert lived.record == merged
    assert not [entry for entry in merged.entries if entry.at <= horizon and entry.kind is not Kind.OBJECTED]
    assert all(trait.at > horizon for _, trait in merged.traits)
    for question in data.draw(questions(catalog)):
        replayed = real_facts(catalog, merged, question, now)
        forgetful = facts(catalog, [one for one in lived.told if not _is_before(one, horizon)], question, now)

        assert facts(catalog, lived.told, question, now) == replayed
        assert forgetful == replayed._replace(objected=forgetful.objected)
        assert forgetful.objected <= replayed.objected


def _is_before(told: Told, horizon: Instant) -> bool:
    return (told.opens_at or horizon) <= horizon and (told.closes_at or 0) < horizon


@given(st.data(), catalogs(), lives(most=5), lives(most=3, prefix="then"), moments)
def test_erasure_of_categories_survives_replay_in_any_order(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], then: tuple[Step, ...], now: Instant
) -> None:
    """No grant from before it counts for questions at, above or below them, also the second time; all else stays."""
    categories = data.draw(some(CATEGORIES, least=1))
    life = (*life, Step(Event(id="first", act=Erasure(categories=categories)), now), *then)
    life = (*life, Step(Event(id="again", act=Erasure(categories=categories)), now))
    erased_at = live(catalog, life).told[-1].closes_at
    assert erased_at is not None
    lived = live(catalog, (*life, *data.draw(latecomers(erased_at))))
    merged = reduce(merge, data.draw(st.permutations(lived.parts)))
    granted_since = any(entry.kind is Kind.GIVEN and entry.at > erased_at for entry in merged.entries)

    assert lived.record == merged
    for question in data.draw(questions(catalog)):
        replayed = real_facts(catalog, merged, question, now)

        assert facts(catalog, lived.told, question, now) == replayed
        if not granted_since and set(catalog.fields[question.field].categories) & set(categories):
            assert ConsentState.GIVEN is not replayed.consent
