"""How boxes stand."""

from dataclasses import replace

import pytest

from sidecar.consent.choices.shown import BoxState
from sidecar.consent.choices.weighing import Control
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.model.catalog import Purpose
from sidecar.model.event import Act, Choice, Erasure, Event, Restriction, Submission
from sidecar.model.instant import DAY
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, Basis
from tests.worlds import choice, scope

from .town import IMPROVE, LAW, NEWS_EMAIL, NEWS_SMS, NOW, OFFERS_POST, SERVICE, SERVICE_GROCER, TOWN, after, boxes

YES = choice("given", scope("news.email", "user.contact.email"), notice=("news", 2))
ALL = Restriction(scope=Scope())


def test_who_decided_nothing() -> None:
    """Nothing is agreed to, nothing is objected to, and what needs no choice is locked."""
    found = boxes()

    assert {
        NEWS_EMAIL: (Control.CONSENT, BoxState.UNKNOWN, False),
        NEWS_SMS: (Control.CONSENT, BoxState.UNKNOWN, False),
        OFFERS_POST: (Control.OBJECTION, BoxState.NOT_OBJECTED, True),
        "offers@1/offers/user.contact.email/in_app/first_party": (Control.OBJECTION, BoxState.NOT_OBJECTED, True),
        SERVICE: (Control.ALWAYS, BoxState.ALWAYS, True),
        SERVICE_GROCER: (Control.CONSENT, BoxState.UNKNOWN, False),
        IMPROVE: (Control.OBJECTION, BoxState.NOT_OBJECTED, True),
        LAW: (Control.ALWAYS, BoxState.ALWAYS, True),
    } == {key: (box.control, box.state, box.ticked) for key, box in found.items()}
    assert {None} == {box.decided_by for box in found.values()}


@pytest.mark.parametrize(
    ("acts", "key", "state", "ticked"),
    [
        pytest.param([YES], NEWS_EMAIL, BoxState.GIVEN, True, id="given"),
        pytest.param([YES], NEWS_SMS, BoxState.UNKNOWN, False, id="given to something else"),
        pytest.param(
            [YES, choice("withdrawn", scope("news"))],
            NEWS_EMAIL,
            BoxState.WITHDRAWN,
            False,
            id="withdrawn broadly",
        ),
        pytest.param([choice("refused", scope("news.email"))], NEWS_EMAIL, BoxState.REFUSED, False, id="refused"),
        pytest.param([YES, choice("objected", Scope())], NEWS_EMAIL, BoxState.OBJECTED, False, id="objected"),
        pytest.param([choice("objected", scope("offers"))], OFFERS_POST, BoxState.OBJECTED, False, id="objected to it"),
        pytest.param([choice("refused", scope("service"))], IMPROVE, BoxState.OBJECTED, False, id="a no is a no"),
        pytest.param([choice("objected", scope("service"))], SERVICE, BoxState.ALWAYS, True, id="no matter"),
        pytest.param([YES, ALL], NEWS_EMAIL, BoxState.RESTRICTED, True, id="restricted"),
        pytest.param([ALL], LAW, BoxState.ALWAYS, True, id="what survives a restriction"),
        pytest.param([YES, Erasure()], NEWS_EMAIL, BoxState.ERASED, False, id="erased"),
        pytest.param([Erasure()], SERVICE, BoxState.ERASED, True, id="erased, contract"),
        pytest.param([Erasure()], LAW, BoxState.ALWAYS, True, id="what survives erasure"),
        pytest.param([Erasure(), YES], NEWS_EMAIL, BoxState.GIVEN, True, id="begun again"),
        pytest.param(
            [choice("given", scope("service", "user.sensor", "", "grocer"))],
            SERVICE_GROCER,
            BoxState.GIVEN,
            True,
            id="a third party by name",
        ),
    ],
)
def test_what_somebody_decided(acts: list[Act | Choice], key: str, state: BoxState, ticked: bool) -> None:  # noqa: FBT001
    """State and tick; of several reasons the first that a check gives."""
    box = boxes(after(*acts))[key]

    assert (state, ticked) == (box.state, box.ticked)


def test_time_alone_empties_a_box() -> None:
    """An end that was agreed on, and a notice that needs a new answer."""
    until = choice("given", scope("news.email", "user.contact.email"), expires_at=NOW)
    wide = replace(TOWN.notices["news", 2], categories=("user",))
    catalog = replace(TOWN, notices={**TOWN.notices, ("news", 2): wide})
    agreed = choice("given", scope("news.email", "user"), notice=("news", 2))
    event = Event(id="e", act=Submission(choices=(agreed,)))
    record = fold(EMPTY, event, accepted_at=NOW, catalog=catalog).record
    before, after_ = (boxes(record, now=now, catalog=catalog) for now in (NOW, NOW + DAY))

    assert BoxState.EXPIRED is boxes(after(until))[NEWS_EMAIL].state
    assert BoxState.GIVEN is before["news@2/news.email/user/email/first_party"].state
    assert BoxState.SUPERSEDED is after_["news@3/news.email/user/email/first_party"].state
    assert not after_["news@3/news.email/user/email/first_party"].partly


def test_a_box_says_since_when_and_by_which_choice() -> None:
    """The entry behind its state; explicit if the consent is."""
    record = after(choice("given", scope("news.email", "user"), explicit=True, notice=("news", 1)))
    box = boxes(record)[NEWS_EMAIL]

    assert box.explicit
    assert record.entries[0] == box.decided_by
    assert not boxes(record)[NEWS_SMS].explicit


@pytest.mark.parametrize(
    ("record", "key", "partly"),
    [
        pytest.param(after(choice("given", scope("news.email.daily", "user"))), NEWS_EMAIL, True, id="part agreed to"),
        pytest.param(
            after(choice("given", scope("news.email.daily", "user")), choice("refused", scope("news"))),
            NEWS_EMAIL,
            False,
            id="part refused again",
        ),
        pytest.param(
            after(YES, choice("withdrawn", scope("news.email.daily"))), NEWS_EMAIL, True, id="part taken back"
        ),
        pytest.param(
            after(choice("objected", scope("service.improve", "user.sensor.voice"))), IMPROVE, True, id="part objected"
        ),
        pytest.param(
            after(
                choice("objected", scope("service.improve")),
                choice("given", scope("service.improve", "user.sensor.voice")),
            ),
            IMPROVE,
            True,
            id="objection lifted in part",
        ),
        pytest.param(
            after(choice("given", scope("news.email.daily", "user"), expires_at=NOW)),
            NEWS_EMAIL,
            False,
            id="ended",
        ),
        pytest.param(
            after(choice("given", scope("service", "user", "", "grocer")), Erasure(categories=("user.sensor.voice",))),
            SERVICE_GROCER,
            True,
            id="part erased",
        ),
        pytest.param(
            after(choice("given", scope("service", "user", "", "grocer")), Erasure(categories=("user.sensor",))),
            SERVICE_GROCER,
            False,
            id="all of it erased",
        ),
        pytest.param(EMPTY, NEWS_EMAIL, False, id="nothing"),
    ],
)
def test_a_box_that_stands_for_both(record: Record, key: str, partly: bool) -> None:  # noqa: FBT001
    """Some of it is agreed to and some is not: that is no empty box, and no ticked one either."""
    box = boxes(record)[key]

    assert (False, partly) == (box.ticked, box.partly)


def test_what_nobody_uses_is_shown_once_it_was_decided() -> None:
    """Consent that nobody needs is not asked for, but can be taken back."""
    key = "home@1/service/user.sensor/*/ads"
    record = after(choice("given", scope("service", "user.sensor", "", "ads")))

    assert key not in boxes()
    assert boxes(record)[key].ticked


def test_what_is_held_for_everyone_is_restricted() -> None:
    """The tick stays: nothing was decided about this person. An objection stays too, and what survives."""
    held = after(Restriction(scope=scope("", "user.contact user.sensor.voice")), actor=Actor.OPERATOR)
    record = after(YES, choice("objected", scope("offers", "user.contact.email", "post")))
    found = boxes(record, everyone=held)

    assert (BoxState.RESTRICTED, True, None) == (
        found[NEWS_EMAIL].state,
        found[NEWS_EMAIL].ticked,
        found[NEWS_EMAIL].decided_by,
    )
    assert BoxState.RESTRICTED is found[SERVICE].state
    assert BoxState.OBJECTED is found[OFFERS_POST].state
    assert BoxState.ALWAYS is found[LAW].state


@pytest.mark.parametrize(
    ("purpose", "acts", "ticked", "state"),
    [
        pytest.param(
            replace(TOWN.purposes["service"], direct_marketing=True),
            [choice("refused", scope("service"))],
            True,
            BoxState.NOT_OBJECTED,
            id="marketing by contract is not stopped by a refusal",
        ),
        pytest.param(
            replace(TOWN.purposes["service"], direct_marketing=True),
            [choice("objected", scope("service", "user.sensor", "", "first_party"))],
            False,
            BoxState.OBJECTED,
            id="but by an objection",
        ),
        pytest.param(
            replace(TOWN.purposes["service"], basis=Basis.CONSENT),
            [choice("given", scope("service", "user.sensor.voice")), choice("objected", scope("service"))],
            False,
            BoxState.UNKNOWN,
            id="what is not marketing is not objected to",
        ),
    ],
)
def test_an_objection_counts_where_it_stops_something(
    purpose: Purpose,
    acts: list[Choice],
    ticked: bool,  # noqa: FBT001
    state: BoxState,
) -> None:
    """Marketing, legitimate interests, third parties; elsewhere it changes nothing."""
    catalog = replace(TOWN, purposes={**TOWN.purposes, purpose.key: purpose})
    box = boxes(after(*acts), catalog=catalog)[SERVICE]

    assert (ticked, state) == (box.ticked, box.state)
