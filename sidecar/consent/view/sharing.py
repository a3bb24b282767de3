"""What subjects whose records are equal up to relative order share: a profile, and mostly the whole standing."""

from typing import Final

from sidecar.consent.profile import Profile, Standing


class Shared:
    """The standing of subjects without instants of their own, and how many subjects have its profile."""

    __slots__ = ("standing", "users")

    def __init__(self, profile: Profile) -> None:
        self.standing: Final = Standing(profile)
        self.users = 0


class Sharing:
    """The profiles of a view, each of them once; forgotten with its last user. For one thread at a time."""

    def __init__(self) -> None:
        self._profiles: dict[Profile, Shared] = {}

    def __len__(self) -> int:
        """How many different profiles there are."""
        return len(self._profiles)

    def of(self, profile: Profile) -> Shared:
        """What the subjects of *profile* share; who becomes one of them is to be counted."""
        shared = self._profiles.get(profile)
        if shared is None:
            shared = self._profiles[profile] = Shared(profile)
        return shared

    def take(self, standing: Standing) -> Standing:
        """The same *standing*, with the profile that others have already, for one subject more."""
        shared = self.of(standing.profile)
        shared.users += 1
        if standing.plain:
            return shared.standing
        profile = shared.standing.profile
        return standing if standing.profile is profile else Standing(profile, standing.changes_at, standing.packed)

    def leave(self, standing: Standing) -> None:
        """A subject has this *standing*, which was taken, no more."""
        shared = self._profiles[standing.profile]
        shared.users -= 1
        if shared.users == 0:
            del self._profiles[standing.profile]

    def clear(self) -> None:
        """Nobody is left."""
        self._profiles.clear()
