"""When things count: fixed at append, the same as the slow model's, whatever the clocks."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, ancestors
from sidecar.model.decision import Question
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.instant import LAST, Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import ANY, THIRD_PARTY, ChoiceKind, ConsentState
from tests.model.timeline import Rejected, Told, tell
from tests.properties.lived import live, real_facts
from tests.strategies import FIELDS, Step, catalogs, events, every_question, grants, instants, lives, moments, no_acts

any_instant = st.one_of(instants, st.integers(0, LAST))


@given(catalogs(), lives(most=8))
def test_effective_times_at_append_are_the_models(catalog: Catalog, life: tuple[Step, ...]) -> None:
    """Each event is accepted or refused as the model says, and counts from the model's instant."""
    told: list[Told] = []
    record = EMPTY
    for step in life:
        try:
            one = tell(catalog, told, step.event, accepted_at=step.accepted_at, importing=step.importing)
        except Rejected:
            with pytest.raises(RequestError):
                fold(record, step.event, accepted_at=step.accepted_at, catalog=catalog, importing=step.importing)
            continue
        folded = fold(record, step.event, accepted_at=step.accepted_at, catalog=catalog, importing=step.importing)
        told.append(one)
        record = folded.record

        assert (one.opens_at if one.closes_at is None else one.closes_at) == folded.effective_at


@given(catalogs(), lives(), events("last"), any_instant)
def test_an_act_that_claims_no_time_comes_after_everything(
    catalog: Catalog, life: tuple[Step, ...], event: Event, accepted_at: Instant
) -> None:
    """A tick after an untick counts, and an untick after a tick, however wrong the clock of the writer is."""
    before = live(catalog, life).record
    event = replace(event, occurred_at=None)
    try:
        after = fold(before, event, accepted_at=accepted_at, catalog=catalog)
    except RequestError:
        return  # its notice lists nothing of it

    assert max(accepted_at, before.latest_at + 1) == after.effective_at


@given(catalogs(), lives(), events("last", no_acts()), any_instant, any_instant)
def test_a_no_is_never_refused_for_its_date(
    catalog: Catalog, life: tuple[Step, ...], no: Event, claimed_at: Instant, accepted_at: Instant
) -> None:
    """Whatever time it claims, it counts as if it had happened now."""
    before = live(catalog, life).record
    undated = fold(before, replace(no, occurred_at=None), accepted_at=accepted_at, catalog=catalog)

    assert undated == fold(before, replace(no, occurred_at=claimed_at), accepted_at=accepted_at, catalog=catalog)


@st.composite
def withdrawals_of(draw: st.DrawFn, question: Question) -> Choice:
    """A withdrawal that names, in each dimension, nothing, everything, what is asked, or something above it."""
    category = draw(st.sampled_from(FIELDS[question.field]))
    channels = [] if question.channel is None else [(question.channel.value,)]
    recipients = (
        [(question.recipient,)] if question.recipient == "first_party" else [(question.recipient,), (THIRD_PARTY,)]
    )

    def named(*values: str) -> tuple[str, ...]:
        return draw(st.sampled_from([(), (ANY,), *((value,) for value in values)]))

    return Choice(
        kind=ChoiceKind.WITHDRAWN,
        scope=Scope(
            purposes=named(question.purpose, *ancestors(question.purpose)),
            categories=named(category, *ancestors(category)),
            channels=draw(st.sampled_from([(), (ANY,), *channels])),
            recipients=draw(st.sampled_from([(), (ANY,), *recipients])),
        ),
    )


def _exactly(question: Question) -> Scope:
    """As narrow as what is asked; a grant cannot name third parties in general, so of them any."""
    return Scope(
        purposes=(question.purpose,),
        categories=FIELDS[question.field],
        channels=() if question.channel is None else (question.channel,),
        recipients=("grocer",) if question.recipient == THIRD_PARTY else (question.recipient,),
    )


@given(st.data(), catalogs(), lives(most=5), lives(most=3, prefix="late"), moments)
def test_a_withdrawal_with_any_clock_takes_effect(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], late: tuple[Step, ...], now: Instant
) -> None:
    """From then on the answer is "withdrawn", also when grants that claim to be older arrive after it."""
    accepted_at, claimed_at = data.draw(any_instant), data.draw(st.none() | any_instant)
    question = data.draw(st.sampled_from(every_question(catalog)))
    withdrawal = data.draw(withdrawals_of(question))
    event = Event(id="no", act=Submission(choices=(withdrawal,)), occurred_at=claimed_at)
    folded = fold(live(catalog, life).record, event, accepted_at=accepted_at, catalog=catalog)
    record = folded.record

    assert ConsentState.WITHDRAWN is real_facts(catalog, record, question, now).consent

    tempting = Choice(kind=ChoiceKind.GIVEN, scope=_exactly(question))
    for step in late:
        choices = [tempting, *data.draw(st.lists(grants(), max_size=1)), *([withdrawal] * data.draw(st.integers(0, 1)))]
        older = replace(
            step.event,
            act=Submission(choices=tuple(choices)),
            occurred_at=min(step.accepted_at, folded.effective_at),
        )
        with suppress(RequestError):  # its notice lists nothing of it
            record = fold(record, older, accepted_at=LAST, catalog=catalog).record

    assert ConsentState.WITHDRAWN is real_facts(catalog, record, question, now).consent
