"""What facts stand on: the parts of a catalog that ``weigh`` and ``combine`` read for a question.

Facts of one record under two catalogs are equal if their footings are. The reverse does not hold: a footing may differ
where this record's facts would not.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.instant import Instant
from sidecar.model.renames import earlier_keys
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import Channel

CAPACITY: Final = 16_384
_DIGEST_BYTES: Final = 8  # a catalog's author does not attack, and nothing is allowed by an equal footing


class Footing(NamedTuple):
    """What the facts for a question stand on; digests are hexadecimal, and empty for nothing to stand on."""

    categories: tuple[str, ...]  # of the field
    channel: str | None  # that consent was weighed for
    purpose: str  # digest of its bases and of what it survives
    marketing: str  # digest of what an objection to direct marketing reaches that concerns the purpose
    notices: str  # digest of the versions of notices that were superseded then
    renames: str  # digest of the renames by which records say something about the question, or no longer do


class Footings:
    """The footings of one catalog, each made once; bounded. Safe for any number of threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: Generations[tuple[str, str, str | None, int], Footing] = Generations(CAPACITY)
        self._seasons = sorted({notice.valid_from for notice in catalog.notices.values() if notice.reconsent})
        self._notices = ["", *(_digest(sorted(catalog.superseding(since).items())) for since in self._seasons)]

    def footing(self, field: str, purpose: str, channel: Channel | None, now: Instant) -> Footing:
        """What facts at *now* stand on; *field* and *purpose* must be in the catalog."""
        season = self.season(now)
        key = (field, purpose, channel, season)
        footing = self._made.get(key)
        if footing is None:
            footing = self._make(field, purpose, channel, season)
            self._made.put(key, footing)
        return footing

    def season(self, now: Instant) -> int:
        """The stretch of time that *now* is in: in one all footings of a question are the same."""
        return bisect_right(self._seasons, now)

    def _make(self, field: str, purpose: str, channel: Channel | None, season: int) -> Footing:
        found = self._catalog.purposes[purpose]
        return Footing(
            categories=self._catalog.fields[field].categories,
            channel=channel,
            purpose=_digest((found.basis, sorted(found.basis_by_jurisdiction.items()), sorted(found.survives))),
            marketing=self._marketing(found),
            notices=self._notices[season],
            renames=self._renames(field, purpose),
        )

    def _renames(self, field: str, purpose: str) -> str:
        renames, categories = self._catalog.renames, self._catalog.fields[field].categories
        touching = [
            [pair for pair in renames.purposes.items() if self._concerns(pair, purpose, renames.purposes)],
            [
                pair
                for pair in renames.categories.items()
                if any(self._concerns(pair, category, renames.categories) for category in categories)
            ],
            sorted(renames.recipients.items()),
            sorted(renames.notices.items()),
        ]
        return _digest(map(sorted, touching)) if any(touching) else ""

    @staticmethod
    def _concerns(pair: tuple[str, str], key: str, renames: Mapping[str, str]) -> bool:
        """Whether the old or the new name of *pair* lies at, above or below *key*, now or under an earlier name."""
        keys = (key, *earlier_keys(key, renames))
        return any(at_or_below(name, one) or at_or_below(one, name) for name in pair for one in keys)

    def _marketing(self, asked: Purpose) -> str:
        """Of all that is flagged as direct marketing, what an objection to any of it makes of *asked*.

        Where nothing flagged lies at, above or below the purpose, now or under an earlier name, no such objection
        touches it, however it is read.
        """
        flagged, renames = self._catalog.direct_marketing(), self._catalog.renames.purposes
        reached = [
            key
            for key in flagged
            if any(self._concerns((one, one), asked.key, renames) for one in (key, *earlier_keys(key, renames)))
        ]
        if not reached:
            return ""
        broadened = [key for key in flagged if len(self._catalog.purposes[key].channels) != 1]
        return _digest((reached, broadened))


def _digest(parts: Iterable[object]) -> str:
    return blake2b(repr(_plain(parts)).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _plain(part: object) -> object:
    """*part* with enumerations as their text, so that a digest does not hang on how this program names them."""
    if isinstance(part, str):
        return str(part)
    return [_plain(item) for item in part] if isinstance(part, Iterable) else part
