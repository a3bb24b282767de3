"""The clock: nothing changes before the instant at which something is said to change."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.profile import resolve
from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from tests.model.facts import facts
from tests.properties.lived import live
from tests.strategies import SPAN, START, Step, catalogs, lives, moments, questions


@given(catalogs(), lives(), moments)
def test_the_profile_holds_until_the_next_instant(catalog: Catalog, life: tuple[Step, ...], now: Instant) -> None:
    """It is the same at every instant before it; if there is none, it stays."""
    record = live(catalog, life).record
    standing = resolve(record, now)
    until = START + 2 * SPAN if standing.changes_at is None else standing.changes_at

    assert until > now
    assert {standing.profile} == {resolve(record, at).profile for at in range(now, until)}


@given(st.data(), catalogs(), lives())
def test_facts_do_not_change_before_the_next_instant(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...]
) -> None:
    """Neither those of the record nor, before the next notice that needs a new answer, those of the catalog."""
    lived = live(catalog, life)
    now = data.draw(moments | st.sampled_from([notice.valid_from - 1 for notice in catalog.notices.values()]))
    changes = (resolve(lived.record, now).changes_at, catalog.next_superseding(now), START + 2 * SPAN)
    until = min(instant for instant in changes if instant is not None)
    for question in data.draw(questions(catalog, most=3)):
        assert 1 == len({facts(catalog, lived.told, question, at) for at in {now, min(now + 1, until - 1), until - 1}})


@given(catalogs())
def test_notices_supersede_nothing_before_the_next_instant(catalog: Catalog) -> None:
    """Until then the versions that are superseded are the same ones."""
    for now in range(START - 2, START + SPAN + 2):
        until = catalog.next_superseding(now)
        same = until is None or until > now + 1

        assert until is None or until > now
        assert not same or catalog.superseding(now + 1) == catalog.superseding(now)
