"""Facts hold under every catalog with the same footing: what the replay of a decision log rests on."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.footing import Footings
from sidecar.model.catalog import Catalog, Field
from sidecar.model.instant import Instant
from tests.properties.lived import live, real_facts
from tests.strategies import FIELDS, Step, catalogs, every_question, lives, moments

PARTS = ("basis", "basis_by_jurisdiction", "survives", "direct_marketing", "channels")


@st.composite
def changes(draw: st.DrawFn, catalog: Catalog) -> Catalog:
    """*catalog* with one part of a purpose, the notices, or the categories of a field as another world has them."""
    other = draw(catalogs())
    key, part = draw(st.sampled_from(sorted(catalog.purposes))), draw(st.sampled_from(PARTS))
    purpose = replace(catalog.purposes[key], **{part: getattr(other.purposes[key], part)})
    field, categories = draw(st.sampled_from(sorted(FIELDS))), draw(st.sampled_from(sorted(FIELDS.values())))
    changed = Field(key=field, title=field, categories=categories)
    others = (
        replace(catalog, notices=other.notices),
        replace(catalog, fields={**catalog.fields, field: changed}),
    )
    return draw(st.sampled_from((*[replace(catalog, purposes={**catalog.purposes, key: purpose})] * 4, *others)))


@given(st.data(), catalogs(), lives(), st.lists(moments, min_size=1, max_size=2, unique=True))
def test_the_same_footing_gives_the_same_facts(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], instants: list[Instant]
) -> None:
    """For every record, question and instant.

    Noticed when dropped from the footing, with 400 examples: the categories; of ``purpose`` the basis and what it
    survives; of ``marketing`` what is broadened; the notices. The unit tests notice each part.
    """
    changed = data.draw(changes(catalog))
    record = live(catalog, life).record
    old, new = Footings(catalog), Footings(changed)
    for question in every_question(catalog):
        for now in instants:
            asked = question.field, question.purpose, question.channel, now
            if old.footing(*asked) == new.footing(*asked):
                expected = real_facts(catalog, record, question, now)

                assert expected == real_facts(changed, record, question, now), question
