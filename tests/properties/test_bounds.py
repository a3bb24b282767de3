"""Records are bounded: noes become broader, never fewer; only grants are ever refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent import bounds
from sidecar.consent import fold as folding
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.errors import RecordFullError, RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Act, Choice, Event, Lifting, Restriction, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import ChoiceKind
from tests.model.facts import facts
from tests.model.timeline import Rejected, Told, tell
from tests.properties.lived import opened, real_facts, show
from tests.strategies import (
    CATEGORIES,
    CHANNELS,
    NOES,
    PURPOSES,
    RECIPIENTS,
    START,
    Step,
    catalogs,
    events,
    grants,
    instants,
    lives,
    moments,
    no_acts,
    questions,
    some,
)

ENTRIES, OPENING, ATOMS, COMBINATIONS = 12, 7, 6, 4


@contextmanager
def small_bounds() -> Iterator[None]:
    """A record is full after a few events, so that short lives fill it over and over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "MAX_ENTRIES", ENTRIES)
        patch.setattr(bounds, "MAX_OPENING", OPENING)
        patch.setattr(bounds, "MAX_COMBINATIONS", COMBINATIONS)
        patch.setattr(folding, "MAX_ATOMS_PER_EVENT", ATOMS)
        yield


def only_closes(event: Event) -> bool:
    """Whether nothing in *event* opens anything."""
    if isinstance(event.act, Submission):
        return all(choice.kind is not ChoiceKind.GIVEN for choice in event.act.choices)
    return not isinstance(event.act, Lifting)


wide_noes = st.builds(
    Choice,
    kind=st.sampled_from(NOES),
    scope=st.builds(
        Scope,
        purposes=some(PURPOSES, most=3),
        categories=some(CATEGORIES, most=3),
        channels=some(CHANNELS),
        recipients=some(RECIPIENTS),
    ),
)
wide_acts: st.SearchStrategy[Act] = st.one_of(
    wide_noes.map(lambda no: Submission(choices=(no,))),
    wide_noes.map(lambda no: Restriction(scope=no.scope)),
    st.tuples(grants(), wide_noes).map(lambda choices: Submission(choices=choices)),
)


@st.composite
def crowded(draw: st.DrawFn) -> list[Step]:
    """A life of many noes, some of them about very much."""
    noes = [
        Step(draw(events(f"no{number}", st.one_of(no_acts(), wide_acts))), draw(instants))
        for number in range(draw(st.integers(3, 6)))
    ]
    return draw(st.permutations([*draw(lives(most=5)), *noes]))


@given(st.data(), catalogs(), crowded(), moments)
def test_noes_that_do_not_fit_become_broader_and_open_nothing(
    data: st.DataObject, catalog: Catalog, life: list[Step], now: Instant
) -> None:
    """A record never outgrows its bounds; an event of noes is never refused for its size, and opens nothing."""
    asked = data.draw(questions(catalog))
    record, refused = EMPTY, list[Event]()
    with small_bounds():
        for step in life:
            try:
                after = fold(record, step.event, accepted_at=step.accepted_at, catalog=catalog).record
            except RecordFullError:
                refused.append(step.event)
                continue
            except RequestError:
                continue  # its notice lists nothing of it

            assert ENTRIES >= len(after.entries)
            if isinstance(step.event.act, Submission) and only_closes(step.event):
                before_and_after = (
                    (real_facts(catalog, record, question, now), real_facts(catalog, after, question, now))
                    for question in asked
                )
                assert [] == [name for before, then in before_and_after for name in opened(before, then)]
            record = after

    assert [] == [event for event in refused if only_closes(event)]


@given(st.data(), catalogs(), crowded(), moments)
def test_a_full_record_is_never_more_open_than_the_events(
    data: st.DataObject, catalog: Catalog, life: list[Step], now: Instant
) -> None:
    """Up to and with the first that does not fit, no fact is better than the slow model's, which forgets nothing."""
    told: list[Told] = []
    record: Record = EMPTY
    with small_bounds():
        for step in life:
            try:
                one = tell(catalog, told, step.event, accepted_at=step.accepted_at)
                record = fold(record, step.event, accepted_at=step.accepted_at, catalog=catalog).record
            except (Rejected, RequestError):
                continue
            told.append(one)
            if any(entry.broadened for entry in record.entries):
                break
    for question in data.draw(questions(catalog)):
        expected = facts(catalog, told, question, now)

        assert [] == opened(expected, real_facts(catalog, record, question, now)), show(catalog, told, START)
