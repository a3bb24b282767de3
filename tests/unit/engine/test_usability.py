"""What several fields of one person come to, and for how long that is remembered."""

import pytest

from sidecar.consent.profile import EMPTY_PROFILE, Profile
from sidecar.engine.usability import Seasons, Usability, usability_of
from sidecar.model.decision import FieldResult, Question
from sidecar.model.vocabulary import Action, Effect, Mask, Reason

ALLOWED = FieldResult(field="a", effect=Effect.ALLOW, reason=Reason.ALLOWED)
MASKED = FieldResult(field="b", effect=Effect.ALLOW_WITH_OBLIGATIONS, reason=Reason.ALLOWED, mask=Mask.HASH)
RESTRICTED = FieldResult(field="c", effect=Effect.DENY, reason=Reason.RESTRICTED)
HELD = FieldResult(field="d", effect=Effect.DENY, reason=Reason.RESTRICTED, held=True)
UNKNOWN = FieldResult(field="e", effect=Effect.DENY, reason=Reason.UNKNOWN_FIELD, unknown_name="e")

ASKED = (Question(service="s", action=Action.USE, field="a", purpose="p", channel=None, recipient="first_party"),)
ELSEWHO = Profile(erased=True)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((ALLOWED,), Usability()),
        ((MASKED, ALLOWED), Usability(obligations=(("b", Mask.HASH),))),
        ((MASKED, RESTRICTED), Usability(reason=Reason.RESTRICTED)),
        ((RESTRICTED, HELD), Usability(reason=Reason.RESTRICTED, held=True)),
        ((HELD, RESTRICTED), Usability(reason=Reason.RESTRICTED, held=True)),
        ((RESTRICTED, UNKNOWN), Usability(reason=Reason.UNKNOWN_FIELD, unknown_name="e")),
    ],
)
def test_one_denied_field_denies_all(results: tuple[FieldResult, ...], expected: Usability) -> None:
    """By the first of their reasons; what must be masked is told only where nothing is denied."""
    assert expected == usability_of(results)


@pytest.mark.parametrize(
    ("usability", "able", "expected"),
    [
        (Usability(), (), True),
        (Usability(obligations=(("a", Mask.HASH), ("b", Mask.YEAR))), (Mask.HASH, Mask.YEAR), True),
        (Usability(obligations=(("a", Mask.HASH), ("b", Mask.YEAR))), (Mask.HASH,), False),
        (Usability(reason=Reason.MINOR), tuple(Mask), False),
    ],
)
def test_usable_by_who_can_do_all_that_must_be_done(
    usability: Usability, able: tuple[Mask, ...], expected: object
) -> None:
    """To carry out some of it is not enough; a deny is for nobody."""
    assert expected is usability.is_for(frozenset(able))


def test_what_is_remembered_ends_with_its_season() -> None:
    """At its end, before its beginning (a clock that was put right), and when something else is held."""
    seasons = Seasons()
    season = seasons.at(ASKED, EMPTY_PROFILE, 10, until=20)

    assert season is seasons.at(ASKED, Profile(), 19, until=20)
    assert season is not seasons.at(ASKED, EMPTY_PROFILE, 20, until=None)
    assert not season.covers(EMPTY_PROFILE, 9)
    assert not season.covers(ELSEWHO, 10)
    assert seasons.at(ASKED, EMPTY_PROFILE, 10, until=20).covers(EMPTY_PROFILE, 10)


def test_a_season_without_an_end_goes_on() -> None:
    """While nothing is held, or the same."""
    season = Seasons().at(ASKED, ELSEWHO, 10, until=None)

    assert season.covers(ELSEWHO, 10**18)


def test_all_is_forgotten_in_steps() -> None:
    """Each season's people, then the seasons."""
    seasons = Seasons()
    season = seasons.at(ASKED, EMPTY_PROFILE, 10, until=None)
    season.known.put(EMPTY_PROFILE, Usability())

    assert 2 == len(list(seasons.retire()))
    assert 0 == len(season.known)
    assert season is not seasons.at(ASKED, EMPTY_PROFILE, 10, until=None)
