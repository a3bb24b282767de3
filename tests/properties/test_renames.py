"""A rename keeps what people said, and never opens what they closed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, Category, Recipient
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.renames import Renames, current_key
from sidecar.model.vocabulary import ConsentState
from tests.properties.lived import opened, real_facts
from tests.strategies import Step, catalogs, every_question, lives, moments

NOES = (ConsentState.WITHDRAWN, ConsentState.REFUSED)
PURE = (
    Renames(purposes={"ads.mail": "ads.letters"}),
    Renames(purposes={"ads": "promotion"}),
    Renames(categories={"user.contact": "user.reach"}),
    Renames(categories={"user": "person", "user.contact.email": "person.contact.mailbox"}),
    Renames(categories={"person.contact.email": "person.contact.mailbox", "user": "person"}),
    Renames(recipients={"grocer": "shop"}, notices={"home": "house"}),
)
"""To names that nobody has used, each staying below what it lay below."""

MOVED = (
    Renames(purposes={"ads.mail": "care.mail"}),
    Renames(purposes={"ads.mail.daily": "care.daily"}, categories={"user.contact.email": "user_device.email"}),
    Renames(categories={"user.contact": "user_device.contact"}),
    Renames(categories={"user.health": "health"}),
)
"""To where nobody has said anything."""


def renamed(catalog: Catalog, renames: Renames) -> Catalog:
    """*catalog* with what *renames* say, and what it lists of it, under the new names."""

    def purpose(key: str) -> str:
        return current_key(key, renames.purposes)

    def category(key: str) -> str:
        return current_key(key, renames.categories)

    def recipient(key: str) -> str:
        return renames.recipients.get(key, key)

    def notice(key: str) -> str:
        return renames.notices.get(key, key)

    return replace(
        catalog,
        fields={
            key: replace(field, categories=tuple(map(category, field.categories)))
            for key, field in catalog.fields.items()
        },
        categories={category(key): Category(key=category(key), title="") for key in catalog.categories},
        purposes={purpose(key): replace(one, key=purpose(key)) for key, one in catalog.purposes.items()},
        recipients={recipient(key): Recipient(key=recipient(key), title="") for key in catalog.recipients},
        notices={
            (notice(key), version): replace(
                one,
                key=notice(key),
                purposes=tuple(map(purpose, one.purposes)),
                categories=tuple(map(category, one.categories)),
                recipients=tuple(map(recipient, one.recipients)),
            )
            for (key, version), one in catalog.notices.items()
        },
        renames=renames,
    )


def as_now(question: Question, renames: Renames) -> Question:
    """*question* under the new names."""
    return replace(
        question,
        purpose=current_key(question.purpose, renames.purposes),
        recipient=renames.recipients.get(question.recipient, question.recipient),
    )


def recorded(catalog: Catalog, life: tuple[Step, ...]) -> tuple[Record, list[str]]:
    """The record after *life*, and the ids of the events that were refused."""
    record, refused = EMPTY, []
    for step in life:
        try:
            record = fold(
                record, step.event, accepted_at=step.accepted_at, catalog=catalog, importing=step.importing
            ).record
        except RequestError:
            refused.append(step.event.id)
    return record, refused


@given(catalogs(), lives(), moments, st.sampled_from(PURE))
def test_a_rename_changes_nothing(catalog: Catalog, life: tuple[Step, ...], now: Instant, renames: Renames) -> None:
    """Neither for what was recorded before it, nor for what is recorded after it under old names."""
    after = renamed(catalog, renames)
    (before_it, refused), (after_it, refused_after) = recorded(catalog, life), recorded(after, life)

    assert refused == refused_after
    for question in every_question(catalog):
        expected = real_facts(catalog, before_it, question, now)

        assert expected == real_facts(after, before_it, as_now(question, renames), now), question
        assert expected == real_facts(after, after_it, as_now(question, renames), now), question


@given(catalogs(), lives(), moments, st.sampled_from(MOVED))
def test_a_move_opens_nothing(catalog: Catalog, life: tuple[Step, ...], now: Instant, renames: Renames) -> None:
    """Noes on what it lay below go on, grants on that do not cover it any more."""
    after = renamed(catalog, renames)
    record, _ = recorded(catalog, life)
    for question in every_question(catalog):
        before = real_facts(catalog, record, question, now)
        moved = real_facts(after, record, as_now(question, renames), now)

        assert [] == opened(before, moved), question
        assert before.consent not in NOES or moved.consent in NOES, (question, _shown(before, moved))


def _shown(before: Facts, after: Facts) -> str:
    return f"{before} became {after}"
