"""What a no, a vaguer question and an unnamed third party can never do: open a door."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.fold import fold
from sidecar.consent.record import merge
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, ancestors
from sidecar.model.decision import Question
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import THIRD_PARTY, ChoiceKind, ConsentState, Survival
from tests.model.timeline import Told
from tests.properties.lived import alone, live, opened, real_facts, show
from tests.strategies import START, Step, catalogs, events, grants, instants, lives, moments, no_acts, questions


@given(st.data(), catalogs(), lives(), events("no", no_acts()), moments)
def test_adding_a_no_never_opens_anything(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], no: Event, now: Instant
) -> None:
    """Neither appended as the newest event, nor put among the events of a life at any instant."""
    lived = live(catalog, life)
    at = data.draw(instants)
    appended = fold(lived.record, no, accepted_at=at, catalog=catalog).record
    put_between = merge(lived.record, alone(catalog, Told(no, None, at)))
    for question in data.draw(questions(catalog)):
        before = real_facts(catalog, lived.record, question, now)

        for after in (appended, put_between):
            assert [] == opened(before, real_facts(catalog, after, question, now)), show(catalog, lived.told, START)


_WIDER_FIELDS = {"email": "contact", "contact": "person", "diary": "person"}


def vaguer(catalog: Catalog, question: Question) -> list[Question]:
    """The same question with one thing left unsaid or said more broadly."""
    found = [replace(question, purpose=key, channel=None) for key in ancestors(question.purpose)]
    found.append(replace(question, channel=None))
    if question.field in _WIDER_FIELDS:
        found.append(replace(question, field=_WIDER_FIELDS[question.field]))
    if question.recipient in catalog.recipients and question.recipient != "first_party":
        found.append(replace(question, recipient=THIRD_PARTY))
    return found


def comparable(catalog: Catalog, question: Question, facts: Facts) -> Facts:
    """*facts* but for what differs between purposes by declaration, and not by what anybody said."""
    survives = catalog.purposes[question.purpose].survives
    return facts._replace(
        restricted=facts.restricted or Survival.RESTRICTION in survives,
        erased=facts.erased or Survival.ERASURE in survives,
    )


@given(st.data(), catalogs(), lives(), moments)
def test_saying_less_never_gets_a_better_answer(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], now: Instant
) -> None:
    """Leaving out the channel, asking for a parent purpose, a parent category, any third party: no way round a no."""
    lived = live(catalog, life)
    for question in data.draw(questions(catalog)):
        precise = real_facts(catalog, lived.record, question, now)
        for other in vaguer(catalog, question):
            vague = real_facts(catalog, lived.record, other, now)
            if vague.basis is not precise.basis:
                continue

            assert [] == opened(precise, comparable(catalog, other, vague)), (
                question,
                other,
                show(catalog, lived.told, START),
            )


@given(st.data(), catalogs(), lives(), moments)
def test_a_grant_never_reaches_a_third_party_it_does_not_name(
    data: st.DataObject, catalog: Catalog, life: tuple[Step, ...], now: Instant
) -> None:
    """Consent for a recipient is given only if some choice named it, and for "third parties" never."""
    lived = live(catalog, life)
    named = {
        recipient
        for one in lived.told
        if isinstance(one.event.act, Submission)
        for choice in one.event.act.choices
        if choice.kind is ChoiceKind.GIVEN
        for recipient in choice.scope.recipients or ("first_party",)
    }
    for question in data.draw(questions(catalog)):
        given_ = real_facts(catalog, lived.record, question, now).consent is ConsentState.GIVEN

        assert not given_ or question.recipient in named - {THIRD_PARTY}


@given(catalogs(), lives(), grants(), st.sampled_from((THIRD_PARTY, "*")))
def test_a_grant_cannot_name_third_parties_in_general(
    catalog: Catalog, life: tuple[Step, ...], grant: Choice, recipient: str
) -> None:
    """It is refused as a whole, whatever else it says."""
    before = live(catalog, life).record
    general = replace(grant, scope=replace(grant.scope, recipients=(*grant.scope.recipients, recipient)))
    event = Event(id="share", act=Submission(choices=(general,)))

    with pytest.raises(RequestError, match="third party"):
        fold(before, event, accepted_at=START, catalog=catalog)
