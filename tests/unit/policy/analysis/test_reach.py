from dataclasses import replace

import pytest

from sidecar.model.catalog import Catalog, Category, Field, Notice, Purpose, Service
from sidecar.model.instant import parse
from sidecar.model.renames import Renames
from sidecar.model.vocabulary import Basis, Channel, FailureMode
from sidecar.policy.analysis.reach import compare_reach

FIELD = Field(key="diet", title="Diet", categories=("user.health",))
PURPOSE = Purpose(key="ads", title="Ads", basis=Basis.CONSENT)
SERVICE = Service(key="hub", title="Hub", owner="us", may_use=())
NOTICE = Notice(
    key="home",
    version=2,
    title="Home",
    purposes=("ads",),
    categories=("user",),
    channels=(),
    recipients=(),
    reconsent=True,
    valid_from=parse("2026-03-01"),
)
OLD = Catalog(
    services={"hub": SERVICE},
    fields={"diet": FIELD},
    categories={},
    purposes={"ads": PURPOSE},
    recipients={},
    notices={("home", 2): NOTICE},
)


def _field(*categories: str) -> Catalog:
    return replace(OLD, fields={"diet": replace(FIELD, categories=categories)})


def _purpose(purpose: Purpose) -> Catalog:
    return replace(OLD, purposes={"ads": purpose})


def _notice(notice: Notice | None) -> Catalog:
    return replace(OLD, notices={} if notice is None else {("home", 2): notice})


def _asks(*others: str) -> Catalog:
    return replace(OLD, services={"hub": replace(SERVICE, may_ask_for=frozenset(others))})


LAST_KNOWN = replace(PURPOSE, failure_mode=FailureMode.SERVE_LAST_KNOWN, serve_last_known_seconds=60.0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(OLD, OLD, [], id="nothing changed"),
        pytest.param(OLD, replace(OLD, fields={}), [], id="what is gone reaches nothing"),
        pytest.param(OLD, _field("user.diet"), [True, False], id="moved: other consent covers it, and is needed"),
        pytest.param(OLD, _field("user.health", "user.diet"), [False], id="one category more must be covered"),
        pytest.param(_field("user.health", "user.diet"), OLD, [True], id="one category fewer must be covered"),
        pytest.param(OLD, _field("user.health.food"), [True], id="below: consent for less now covers it"),
        pytest.param(_field("user.health.food"), OLD, [False], id="above: consent for more is needed"),
        pytest.param(_purpose(replace(PURPOSE, direct_marketing=True)), OLD, [True], id="objections stop less"),
        pytest.param(OLD, _purpose(replace(PURPOSE, direct_marketing=True)), [False], id="objections stop more"),
        pytest.param(OLD, _purpose(replace(PURPOSE, channels=(Channel.EMAIL,))), [True], id="one channel suffices"),
        pytest.param(_purpose(replace(PURPOSE, channels=(Channel.EMAIL,))), OLD, [False], id="one does not"),
        pytest.param(OLD, _purpose(LAST_KNOWN), [True], id="answered from an old view"),
        pytest.param(_purpose(LAST_KNOWN), OLD, [False], id="no longer answered from an old view"),
        pytest.param(OLD, _purpose(replace(PURPOSE, cache_for_seconds=5)), [True], id="answers are reused"),
        pytest.param(OLD, _asks("fridge"), [True], id="asks for others"),
        pytest.param(_asks("fridge"), OLD, [False], id="no longer asks for others"),
        pytest.param(OLD, _notice(None), [True], id="an earlier notice counts again for good"),
        pytest.param(_notice(None), OLD, [False], id="a notice asks again"),
        pytest.param(OLD, _notice(replace(NOTICE, reconsent=False)), [True], id="a notice no longer asks again"),
        pytest.param(OLD, _notice(replace(NOTICE, valid_from=parse("2026-04-01"))), [True], id="it asks later"),
        pytest.param(OLD, _notice(replace(NOTICE, valid_from=parse("2026-02-01"))), [False], id="it asks earlier"),
        pytest.param(OLD, _notice(replace(NOTICE, title="House")), [], id="a title changes nothing"),
    ],
)
def test_what_a_catalog_does_to_earlier_choices(old: Catalog, new: Catalog, expected: list[bool]) -> None:
    """Each change is told, with whether some choice now lets through what it did not, those first."""
    assert expected == [one.widens for one in compare_reach(old, new)]


def test_a_moved_field_is_told_in_words() -> None:
    """The author reads which consent now counts."""
    (wider, narrower) = compare_reach(OLD, _field("user.diet"))

    assert "`diet` moves from `user.health` to `user.diet`: consent for `user.diet` now covers it" in wider.text
    assert "consent must now also cover `user.diet`" in narrower.text


RENAMED = replace(
    OLD,
    fields={"food": replace(FIELD, key="food", categories=("user.eating",))},
    purposes={"offers": replace(PURPOSE, key="offers")},
    services={"home": replace(SERVICE, key="home", may_ask_for=frozenset({"cooler"}))},
    notices={("house", 2): replace(NOTICE, key="house")},
    renames=Renames(
        services={"hub": "home", "fridge": "cooler"},
        fields={"diet": "food"},
        categories={"user.health": "user.eating"},
        purposes={"ads": "offers"},
        notices={"home": "house"},
    ),
)


def test_a_rename_widens_nothing() -> None:
    """What was decided about the old key stays with the new one; nothing else is told of it."""
    hub = replace(SERVICE, may_ask_for=frozenset({"fridge"}))
    services = {"hub": hub, "fridge": replace(SERVICE, key="fridge")}
    categories = {"user.health": Category(key="user.health", title="Health")}
    old = replace(OLD, categories=categories, services=services)

    assert [
        (False, "`user.eating` was `user.health`: what people decided about it stays"),
        (False, "`offers` was `ads`: what people decided about it stays"),
        (False, "`house` was `home`: what people decided about it stays"),
    ] == [(one.widens, one.text) for one in compare_reach(old, RENAMED)]


def test_two_keys_that_become_one_widen() -> None:
    """A yes to one of them now counts for the other."""
    old = replace(OLD, purposes={"ads": PURPOSE, "mail": replace(PURPOSE, key="mail")})
    both = replace(OLD, purposes={"offers": replace(PURPOSE, key="offers")})
    merged = replace(both, renames=Renames(purposes={"ads": "offers", "mail": "offers"}))
    taken = replace(OLD, purposes={"mail": replace(PURPOSE, key="mail")}, renames=Renames(purposes={"ads": "mail"}))

    assert [(True, "offers")] == [(one.widens, one.key) for one in compare_reach(old, merged)]
    assert [(True, "mail")] == [(one.widens, one.key) for one in compare_reach(old, taken)]


def _marketing(*channels: Channel) -> Purpose:
    return replace(PURPOSE, direct_marketing=True, channels=channels)


ANY_MARKETING = {"ads": _marketing(), "mail": replace(_marketing(), key="mail")}
TWO, ONE = (Channel.EMAIL, Channel.SMS), (Channel.EMAIL,)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(_purpose(_marketing(*TWO)), _purpose(_marketing(*ONE)), [True], id="tied to one channel"),
        pytest.param(_purpose(_marketing(*ONE)), _purpose(_marketing(*TWO)), [False], id="no longer tied"),
        pytest.param(_purpose(_marketing(*ONE)), OLD, [True, False], id="no direct marketing, no channels"),
        pytest.param(
            replace(OLD, purposes=ANY_MARKETING),
            replace(OLD, purposes={"mail": ANY_MARKETING["mail"]}),
            [True],
            id="gone, and with it what objections to it said of all direct marketing",
        ),
        pytest.param(replace(OLD, purposes=ANY_MARKETING), replace(OLD, purposes={}), [], id="all of it is gone"),
    ],
)
def test_what_an_objection_to_direct_marketing_reaches_is_told(
    old: Catalog, new: Catalog, expected: list[bool]
) -> None:
    """An objection to a purpose that is not tied to one channel is one to all direct marketing."""
    assert expected == [one.widens for one in compare_reach(old, new)]


def _kinds(*keys: str, **renames: str) -> Catalog:
    """A catalog with the purposes *keys*; of *renames* an underscore is a dot."""
    return replace(
        OLD,
        purposes={key: replace(PURPOSE, key=key) for key in keys},
        renames=Renames(purposes={was.replace("_", "."): now for was, now in renames.items()}),
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            _kinds("ads", "care", "ads.mail"),
            _kinds("ads", "care", "care.mail", ads_mail="care.mail"),
            [(True, "care.mail"), (False, "care.mail")],
            id="moved below what people agreed to apart from it",
        ),
        pytest.param(
            _kinds("ads", "ads.mail", "care"),
            _kinds("promo", "promo.mail", "care", ads="promo"),
            [(False, "promo")],
            id="moved with all that it lay below",
        ),
        pytest.param(
            _kinds("ads.mail", "care.mail", "care.mail.daily"),
            _kinds("care.mail", "care.mail.daily", ads="care"),
            [(True, "care.mail"), (True, "care.mail"), (False, "care")],
            id="what lay below one becomes what lay below the other",
        ),
        pytest.param(
            _kinds("ads"), _kinds("ads", gone="ads"), [(True, "ads")], id="takes what was said of something gone"
        ),
        pytest.param(_kinds("ads", gone="ads"), _kinds("ads"), [(True, "ads")], id="noes to its old name are lost"),
        pytest.param(
            _kinds("ads", "care", gone="ads"),
            _kinds("ads", "care", gone="care"),
            [(True, "ads"), (True, "care")],
            id="an old name is another's",
        ),
        pytest.param(
            _kinds("ads", gone="ads"),
            _kinds("mail", gone="mail", ads="mail"),
            [(False, "mail")],
            id="renamed again, each name kept",
        ),
    ],
)
def test_names_in_records_that_come_to_mean_something_else_are_told(
    old: Catalog, new: Catalog, expected: list[tuple[bool, str]]
) -> None:
    """What opens is read under its present name only, so a name that moves takes consent along, or loses a no."""
    assert expected == [(one.widens, one.key) for one in compare_reach(old, new)]


def test_only_what_is_nested_moves_with_what_is_above_it() -> None:
    """`diet.home` is no part of the field `diet`, and is compared with itself."""
    both = {"diet": FIELD, "diet.home": replace(FIELD, key="diet.home")}
    new = {"food": replace(FIELD, key="food"), "diet.home": replace(FIELD, key="diet.home", categories=("user.home",))}
    found = compare_reach(replace(OLD, fields=both), replace(OLD, fields=new, renames=Renames(fields={"diet": "food"})))

    assert [(True, "diet.home"), (False, "diet.home")] == [(one.widens, one.key) for one in found]
