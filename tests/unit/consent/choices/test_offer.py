"""What notices offer."""

from dataclasses import replace

from sidecar.consent.choices.key import key_of, named_by
from sidecar.consent.choices.offer import BoxUse, Offers, offered
from sidecar.model.event import NoticeRef
from sidecar.model.instant import DAY
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Action, Channel

from .town import IMPROVE, LAW, NEWS_EMAIL, NEWS_SMS, NOW, OFFERS_POST, SERVICE, SERVICE_GROCER, TOWN


def test_each_notice_offers_a_box_for_each_thing_to_decide() -> None:
    """Of the newest valid version: each purpose that can be used, and what rests on another ground below it.

    Third parties are named one by one; what goes along with a purpose above it has no box of its own.
    """
    assert [
        NEWS_EMAIL,
        NEWS_SMS,
        OFFERS_POST,
        "offers@1/offers/user.contact.email/in_app/first_party",
        "offers@1/offers/user.health/post/first_party",
        "offers@1/offers/user.health/in_app/first_party",
    ] == list(offered(TOWN, NOW).boxes)[:6]
    assert [
        SERVICE,
        SERVICE_GROCER,
        "home@1/service/user.sensor/*/ads",
        IMPROVE,
        "home@1/service.improve/user.sensor/*/grocer",
        "home@1/service.improve/user.sensor/*/ads",
        LAW,
        "home@1/law/user.sensor/*/grocer",
        "home@1/law/user.sensor/*/ads",
    ] == [key for key in offered(TOWN, NOW).boxes if key.startswith("home")]


def test_a_box_says_who_may_do_what() -> None:
    """Fields in the category or below it, for the purposes that the box stands for, to its recipient."""
    found = offered(TOWN, NOW).boxes

    assert (BoxUse(service="home", fields=("heat", "voice"), actions=(Action.USE,)),) == found[SERVICE].uses
    assert (BoxUse(service="home", fields=("voice",), actions=(Action.SHARE,)),) == found[SERVICE_GROCER].uses
    assert (BoxUse(service="home", fields=("heat",), actions=(Action.USE,)),) == found[IMPROVE].uses
    assert () == found["home@1/service/user.sensor/*/ads"].uses


def test_a_purpose_below_by_other_channels_has_its_own_box() -> None:
    """Who agrees to be written to has not agreed to anything else."""
    below = replace(TOWN.purposes["news.email.daily"], channels=())
    catalog = replace(TOWN, purposes={**TOWN.purposes, below.key: below})

    assert "news@2/news.email.daily/user.contact.email/*/first_party" in offered(catalog, NOW).boxes


def test_a_notice_cuts_channels() -> None:
    """A channel that it does not list is not offered; purposes without channels keep those that it lists."""
    notice = replace(TOWN.notices["offers", 1], channels=("post",), purposes=("offers", "service"))
    found = offered(replace(TOWN, notices={("offers", 1): notice}), NOW).boxes

    assert {"post"} == {box.atom.channel for box in found.values()}
    assert found[OFFERS_POST].uses
    assert () == found["offers@1/service/user.contact.email/post/first_party"].uses


def test_what_several_notices_list_is_offered_once() -> None:
    """By the one that became valid last."""
    newer = replace(TOWN.notices["news", 2], key="newer", version=1, valid_from=NOW - DAY)
    found = offered(replace(TOWN, notices={**TOWN.notices, ("newer", 1): newer}), NOW).boxes

    assert NEWS_EMAIL not in found
    assert "newer@1/news.email/user.contact.email/email/first_party" in found


def test_a_purpose_that_is_listed_twice_is_offered_once() -> None:
    """By itself, and below another one."""
    notice = replace(TOWN.notices["news", 2], purposes=("news", "news.sms"))
    found = offered(replace(TOWN, notices={("news", 2): notice}), NOW).boxes

    assert [NEWS_EMAIL, NEWS_SMS] == list(found)


def test_an_offer_is_made_once_and_anew_in_time() -> None:
    """When a notice becomes valid, when the clock steps back, and for another catalog."""
    offers = Offers()
    first = offers.of(TOWN, NOW)
    later = offers.of(TOWN, NOW + DAY)

    assert first is not later
    assert (NOW + DAY, None) == (first.until, later.until)
    assert later is offers.of(TOWN, NOW + 2 * DAY)
    assert first == offers.of(TOWN, NOW)
    assert {} == offers.of(replace(TOWN, notices={}), NOW).boxes


def test_a_bundle_without_notices_offers_nothing() -> None:
    """Nobody was ever shown anything."""
    assert {} == offered(replace(TOWN, notices={}), NOW).boxes


def test_a_key_says_what_its_box_is_about() -> None:
    """There and back; anything else is no key."""
    ref, atom = NoticeRef(key="news", version=2), Atom("news.sms", "user.contact.email", Channel.SMS, "first_party")

    assert NEWS_SMS == key_of(ref, atom)
    assert (ref, atom) == named_by(NEWS_SMS)
    assert [None] * 4 == [named_by(key) for key in ("", "news", NEWS_SMS + "/x", NEWS_SMS.replace("@2", "@0"))]
