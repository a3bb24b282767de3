"""Facts hold under every catalog with the same footing: what the replay of a decision log rests on."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.footing import Footings
from sidecar.consent.record import Record
from sidecar.model.catalog import Catalog, Field
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import ChoiceKind
from tests.properties.lived import live, real_facts
from tests.strategies import FIELDS, START, Step, catalogs, every_question, lives, moments, no_scopes

PARTS = ("basis", "basis_by_jurisdiction", "survives", "direct_marketing", "channels")


@st.composite
def changes(draw: st.DrawFn, catalog: Catalog, parts: Sequence[str] = PARTS) -> Catalog:
    """*catalog* with one part of some purposes, the notices, or the categories of a field as another world has them."""
    other = draw(catalogs())
    keys, part = sorted(catalog.purposes), draw(st.sampled_from(parts))
    changing = draw(st.sampled_from([keys, keys, *([key] for key in keys)]))
    purposes = {key: replace(catalog.purposes[key], **{part: getattr(other.purposes[key], part)}) for key in changing}
    field, categories = draw(st.sampled_from(sorted(FIELDS))), draw(st.sampled_from(sorted(FIELDS.values())))
    changed = Field(key=field, title=field, categories=categories)
    others = (
        replace(catalog, notices=other.notices),
        replace(catalog, fields={**catalog.fields, field: changed}),
    )
    return draw(st.sampled_from((*[replace(catalog, purposes={**catalog.purposes, **purposes})] * 4, *others)))


@given(st.data(), catalogs(), lives(), st.lists(moments, min_size=1, max_size=2, unique=True))
def test_the_same_footing_gives_the_same_facts(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], instants: list[Instant]
) -> None:
    """For every record, question and instant.

    Noticed when dropped from the footing, with 400 examples and most seeds: the categories; of ``purpose`` the bases,
    by jurisdiction too, and what it survives; the notices. The unit tests notice each part.
    """
    _check(catalog, data.draw(changes(catalog)), live(catalog, life).record, instants)


@given(st.data(), catalogs(), st.lists(no_scopes(), min_size=1, max_size=2))
def test_objections_with_the_same_footing_reach_as_far(
    data: st.DataObject, catalog: Catalog, scopes: list[Scope]
) -> None:
    """Noticed when dropped from the footing, with 400 examples: ``marketing``; of it, what is broadened.

    What of it is reached is noticed by unit tests alone: where it differs, what is broadened mostly does too.
    """
    objections = tuple(Choice(kind=ChoiceKind.OBJECTED, scope=scope) for scope in scopes)
    life = (Step(Event(id="e", act=Submission(choices=objections)), START),)
    changed = data.draw(changes(catalog, ("direct_marketing", "channels")))
    _check(catalog, changed, live(catalog, life).record, [START + 1])


def _check(catalog: Catalog, changed: Catalog, record: Record, instants: list[Instant]) -> None:
    old, new = Footings(catalog), Footings(changed)
    for question in every_question(catalog):
        for now in instants:
            asked = question.field, question.purpose, question.channel, now
            if old.footing(*asked) == new.footing(*asked):
                expected = real_facts(catalog, record, question, now)

                assert expected == real_facts(changed, record, question, now), question
