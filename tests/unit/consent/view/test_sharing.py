"""What people whose records are equal share."""

from sidecar.consent.profile import Profile, Standing
from sidecar.consent.view.sharing import Sharing


def dutch(changes_at: int | None = None) -> Standing:
    """A standing with a profile that is equal to others', and another object."""
    return Standing.of(Profile(jurisdiction="nl"), changes_at, ())


def test_equal_profiles_become_one() -> None:
    """And whole standings too, unless they have instants of their own."""
    sharing = Sharing()
    first, second, later = sharing.take(dutch()), sharing.take(dutch()), sharing.take(dutch(9))
    again = sharing.take(later)

    assert first is second
    assert later == dutch(9)
    assert first.profile is later.profile
    assert again is later
    assert 1 == len(sharing)


def test_a_profile_is_forgotten_with_its_last_user() -> None:
    """Whoever has instants of their own is one of them."""
    sharing = Sharing()
    one, other = sharing.take(dutch()), sharing.take(dutch(9))
    sharing.leave(one)
    still = len(sharing)
    sharing.leave(other)

    assert (1, 0) == (still, len(sharing))
