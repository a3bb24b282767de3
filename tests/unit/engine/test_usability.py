"""What several fields of one person come to, and for how long that is remembered."""

import pytest

from sidecar.bounded import Generations
from sidecar.consent.memo import Season
from sidecar.consent.profile import EMPTY_PROFILE, Profile
from sidecar.engine.outcome import Ground
from sidecar.engine.usability import Usabilities, Usability, usability_of
from sidecar.model.decision import FieldResult, Question
from sidecar.model.vocabulary import Action, Effect, Mask, Reason

ALLOWED = FieldResult(field="a", effect=Effect.ALLOW, reason=Reason.ALLOWED)
MASKED = FieldResult(field="b", effect=Effect.ALLOW_WITH_OBLIGATIONS, reason=Reason.ALLOWED, mask=Mask.HASH)
RESTRICTED = FieldResult(field="c", effect=Effect.DENY, reason=Reason.RESTRICTED)
HELD = FieldResult(field="d", effect=Effect.DENY, reason=Reason.RESTRICTED, held=True)
UNKNOWN = FieldResult(field="e", effect=Effect.DENY, reason=Reason.UNKNOWN_FIELD, unknown_name="e")

ASKED = (Question(service="s", action=Action.USE, field="a", purpose="p", channel=None, recipient="first_party"),)
ELSEWHO = Profile(erased=True)
SEASON = Season(since=0, until=None, floor={}, known=Generations(2))


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


def test_what_is_remembered_ends_with_its_ground() -> None:
    """When notices supersede others, and when something else is held; the latest question is asked about one alone."""
    usabilities, ground, other = Usabilities(), Ground(SEASON, EMPTY_PROFILE), Ground(SEASON, ELSEWHO)
    known = usabilities.on(ground, ASKED)

    assert known is usabilities.on(ground, ASKED)
    assert known is not usabilities.on(other, ASKED)
    assert known is not usabilities.on(ground, ASKED)
    assert usabilities.on(ground, ()) is not usabilities.on(ground, ASKED)


def test_all_is_forgotten_in_steps() -> None:
    """The people of each ground, then the grounds."""
    usabilities, ground = Usabilities(), Ground(SEASON, EMPTY_PROFILE)
    known = usabilities.on(ground, ASKED)
    known.put(EMPTY_PROFILE, Usability())

    assert 2 == len(list(usabilities.retire()))
    assert 0 == len(known)
    assert known is not usabilities.on(ground, ASKED)
