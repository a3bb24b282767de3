"""What a form changes."""

from dataclasses import replace

import pytest

from sidecar.consent.choices.form import Form, NotTaken, Tick
from sidecar.consent.fold import fold
from sidecar.errors import RequestError
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.renames import Renames
from sidecar.model.vocabulary import Basis, ChoiceKind
from tests.worlds import choice, scope

from .town import LAW, NEWS_EMAIL, NEWS_SMS, NOW, OFFERS_POST, SERVICE, TOWN, after, boxes, changes, read

ABOUT_EMAIL = scope("news.email", "user.contact.email", "email", "first_party")
ABOUT_OFFERS = scope("offers", "user.contact.email", "post", "first_party")
YES = choice("given", ABOUT_EMAIL, explicit=True, notice=("news", 2))
NO = choice("withdrawn", ABOUT_EMAIL, notice=("news", 2))


@pytest.mark.parametrize(
    ("before", "ticks", "grants", "noes"),
    [
        pytest.param([], {NEWS_EMAIL: True}, [YES], [], id="a tick is a grant under the notice shown"),
        pytest.param([YES], {NEWS_EMAIL: False}, [], [NO], id="unticking takes consent back"),
        pytest.param([], {NEWS_EMAIL: False}, [], [], id="leaving it empty says nothing"),
        pytest.param([YES], {NEWS_EMAIL: True}, [], [], id="leaving it ticked says nothing"),
        pytest.param([YES], {}, [], [], id="an empty form"),
        pytest.param(
            [],
            {OFFERS_POST: False},
            [],
            [choice("objected", ABOUT_OFFERS, notice=("offers", 1))],
            id="unticking what needs no consent is an objection",
        ),
        pytest.param(
            [choice("objected", ABOUT_OFFERS)],
            {OFFERS_POST: True},
            [choice("given", ABOUT_OFFERS, explicit=True, notice=("offers", 1))],
            [],
            id="ticking it again lifts it",
        ),
        pytest.param(
            [choice("withdrawn", scope("news.email.daily"))],
            {NEWS_EMAIL: True},
            [
                YES,
                choice(
                    "given",
                    scope("news.email.daily", "user.contact.email", "email", "first_party"),
                    explicit=True,
                    notice=("news", 2),
                ),
            ],
            [],
            id="a tick is a yes to what was taken back of it",
        ),
        pytest.param(
            [choice("given", scope("news.email.daily", "user"))],
            {NEWS_EMAIL: False},
            [],
            [NO],
            id="part of it was given",
        ),
        pytest.param([], {SERVICE: True, LAW: True}, [], [], id="what needs no choice stays ticked"),
    ],
)
def test_only_what_changes_is_a_choice(
    before: list[Choice], ticks: dict[str, bool], grants: list[Choice], noes: list[Choice]
) -> None:
    """Whatever else is on the form."""
    found = changes(ticks, after(*before))

    assert (grants, noes, []) == (found.grants, found.noes, found.not_taken)


def test_ticks_of_one_act_are_not_explicit() -> None:
    """To "accept all" is no act about a single thing."""
    assert [replace(YES, explicit=False)] == changes({NEWS_EMAIL: True}, together=True).grants


def test_what_needs_no_choice_cannot_be_unticked() -> None:
    """It is told, and nothing is recorded that would have no effect."""
    found = changes({SERVICE: False, LAW: False})

    assert ([], []) == (found.grants, found.noes)
    assert [
        NotTaken(key=SERVICE, why="it rests on contract, not on a choice"),
        NotTaken(key=LAW, why="it rests on legal obligation, not on a choice"),
    ] == found.not_taken


def test_on_an_outdated_form_noes_count_and_ticks_do_not() -> None:
    """Somebody decided something since it was shown: what was seen when ticking is not what is there."""
    found = changes({NEWS_EMAIL: False, NEWS_SMS: True}, after(YES), outdated=True)

    assert ([], [NO]) == (found.grants, found.noes)
    assert [NEWS_SMS] == [one.key for one in found.not_taken]
    assert "list the choices again" in found.not_taken[0].why


def test_a_box_of_a_notice_that_was_replaced() -> None:
    """Unticking it counts, without the notice; ticking it does not."""
    old = NEWS_EMAIL.replace("@2", "@1")
    unticked, ticked = changes({old: False}, after(YES)), changes({old: True})

    assert [replace(NO, notice=None)] == unticked.noes
    assert ([], []) == (ticked.grants, ticked.noes)
    assert [NotTaken(key=old, why="notice `news@1` is not shown any more; list the choices again")] == ticked.not_taken


def test_an_old_box_that_needs_consent_no_more() -> None:
    """It is read by the ground that its purpose has now."""
    old = NEWS_EMAIL.replace("@2", "@1")
    purpose = replace(TOWN.purposes["news.email"], basis=Basis.LEGITIMATE_INTERESTS)
    catalog = replace(TOWN, purposes={**TOWN.purposes, purpose.key: purpose})

    assert [ChoiceKind.OBJECTED] == [no.kind for no in changes({old: False}, catalog=catalog).noes]


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        pytest.param("news", "not a key of a box; list the choices again", id="no key"),
        pytest.param("news@1/*/user/email/first_party", "not a key of a box; list the choices again", id="everything"),
        pytest.param("news@1/nws/user/email/first_party", "the catalog has no purpose `nws`", id="an unknown name"),
    ],
)
def test_keys_that_were_never_given_out(key: str, detail: str) -> None:
    """The form is malformed; the box is named by its place."""
    with pytest.raises(RequestError) as caught:
        changes({NEWS_EMAIL: True, key: False})

    assert caught.value.field.startswith("ticks[1].key")
    assert detail == caught.value.detail


def test_a_box_is_named_once() -> None:
    """Ticked and unticked at once says nothing."""
    form = Form(ticks=(Tick(key=NEWS_EMAIL, ticked=True), Tick(key=NEWS_EMAIL, ticked=False)), revision="r")

    with pytest.raises(RequestError, match=r"ticks\[1\].key"):
        read(form)


def test_a_box_left_empty_keeps_out_what_a_broader_tick_would_open() -> None:
    """Both were on the form: the one that is empty is a no."""
    notice = replace(TOWN.notices["news", 2], key="wide", version=1, categories=("user",))
    catalog = replace(TOWN, notices={**TOWN.notices, ("wide", 1): notice})
    wide = "wide@1/news.email/user/email/first_party"
    alone = changes({wide: True}, catalog=catalog)
    both = changes({wide: True, NEWS_EMAIL: False}, catalog=catalog)

    assert [] == alone.noes
    assert [choice("refused", ABOUT_EMAIL, notice=("news", 2))] == both.noes


def test_a_box_left_ticked_outlasts_a_no_to_more() -> None:
    """Unticking the broader of two boxes leaves the narrower as the form says."""
    notice = replace(TOWN.notices["news", 2], key="wide", version=1, categories=("user",))
    catalog = replace(TOWN, notices={**TOWN.notices, ("wide", 1): notice})
    wide = "wide@1/news.email/user/email/first_party"
    record = after(choice("given", scope("news.email", "user")))
    found = changes({wide: False, NEWS_EMAIL: True}, record, catalog=catalog)
    event = Event(id="form", act=Submission(choices=(*found.grants, *found.noes)))
    now = boxes(fold(record, event, accepted_at=NOW, catalog=catalog).record, catalog=catalog)

    assert [replace(YES, explicit=False)] == found.grants
    assert (True, False, True) == (now[NEWS_EMAIL].ticked, now[wide].ticked, now[wide].partly)


def test_a_no_that_would_be_split_by_its_notice_goes_without_it() -> None:
    """Else it would be about more things than the box."""
    notice = replace(TOWN.notices["news", 2], purposes=("news.email", "news.email.daily"))
    catalog = replace(TOWN, notices={("news", 2): notice})

    assert [None] == [no.notice for no in changes({NEWS_EMAIL: False}, after(YES), catalog=catalog).noes]


def test_a_no_that_was_renamed_away_is_not_lifted() -> None:
    """It still reaches what it was about, and beyond the box: only a box about that could lift it."""
    renames = Renames(purposes={"news.email.old": "law"})
    catalog = replace(TOWN, renames=renames)
    record = after(choice("refused", scope("law", "user.contact.email")))
    found = changes({NEWS_EMAIL: True}, record, catalog=catalog)

    assert [] == found.grants
    assert [NEWS_EMAIL] == [one.key for one in found.not_taken]


def test_forms_are_told_apart() -> None:
    """By what is ticked, what was shown, and how."""
    form = Form(ticks=(Tick(key="a", ticked=True),), revision="r")
    others = (
        replace(form, revision="s"),
        replace(form, together=True),
        replace(form, ticks=(Tick(key="a", ticked=False),)),
        replace(form, ticks=()),
    )

    assert 5 == len({form.digest(), *(other.digest() for other in others)})
