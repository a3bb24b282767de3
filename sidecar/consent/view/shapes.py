"""From a packed record to a standing, each shape resolved only once."""

from typing import Final

from sidecar.bounded import Generations
from sidecar.consent.packing import outline, unpack
from sidecar.consent.profile import Profile, Standing, resolve
from sidecar.model.instant import Instant

CAPACITY: Final = 65_536


class Shapes:
    """Remembers what records of a shape resolve to; bounded; safe for any number of threads.

    A profile follows from a record's shape and from which instants of its clock have passed; see ``packing``.
    """

    def __init__(self) -> None:
        self._known: Generations[tuple[bytes, tuple[bool, ...]], tuple[Profile, bool]] = Generations(CAPACITY)

    def standing(self, packed: bytes, now: Instant) -> Standing:
        """What ``resolve`` gives for the record; raises ``ConsentLogError`` if it is damaged."""
        shape, orders, clock = outline(packed)
        key = (shape, tuple([instant <= now for instant in clock]))
        profile_and_no = self._known.get(key)
        if profile_and_no is None:
            standing = resolve(unpack(packed), now)
            self._known.put(key, (standing.profile, bool(standing.packed)))
            return standing
        profile, says_no = profile_and_no
        changes_at = min((instant for instant in clock if instant > now), default=None)
        return Standing.of(profile, changes_at, orders if says_no else ())
