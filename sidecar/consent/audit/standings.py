"""Standings in a form that can be compared, and tells nothing else."""

from hashlib import blake2b
from typing import Final

from msgspec import msgpack

from sidecar.consent.profile import Standing, resolve
from sidecar.consent.record import Record
from sidecar.consent.view.cache import ConsentCache
from sidecar.model.instant import Instant

DIGEST_BYTES: Final = 16

UNHELD: Final = b""
"""Stands for what a view does not hold, or reads anew before it is next used."""

_encode: Final = msgpack.Encoder().encode


def digest_held(cache: ConsentCache, pseudonym: bytes, *, now: Instant) -> bytes:
    """A digest of the standing that *cache* would decide from at *now*; ``UNHELD`` if it would read it first."""
    standing = cache.lookup(pseudonym)
    if standing is None or (standing.changes_at is not None and standing.changes_at <= now):
        return UNHELD
    return _digest(standing)


def digest_due(record: Record, *, now: Instant) -> bytes:
    """A digest of the standing that a view should hold of *record* at *now*."""
    return _digest(resolve(record, now))


def _digest(standing: Standing) -> bytes:
    profile = standing.profile
    parts = (profile.entries, profile.erased_categories, profile.erased, profile.age, profile.jurisdiction)
    return blake2b(_encode((parts, standing.changes_at, standing.times)), digest_size=DIGEST_BYTES).digest()
