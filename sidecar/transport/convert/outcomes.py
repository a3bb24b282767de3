"""Outcomes to the bytes of responses: what is the same for all who are alike is serialized once.

The bytes are those of ``to_check_response``: fields in the order of their numbers, and none that has its default.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.consent.profile import Standing
from sidecar.engine.outcome import Again, Outcome
from sidecar.engine.validity import cache_for_ms
from sidecar.model.instant import Instant
from sidecar.transport.convert.answers import to_field_result
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.convert.wire import framed, tag, varint

_RESULTS: Final = tag(pb.CheckResponse.RESULTS_FIELD_NUMBER, sized=True)
_ASK_NOT_BEFORE: Final = tag(pb.FieldResult.ASK_NOT_BEFORE_FIELD_NUMBER, sized=True)
_CLOCK_CHANGES_AT: Final = tag(pb.CheckResponse.CLOCK_CHANGES_AT_FIELD_NUMBER, sized=True)
_CACHE_FOR_MS: Final = tag(pb.CheckResponse.CACHE_FOR_MS_FIELD_NUMBER, sized=False)
_DECISION_ID: Final = tag(pb.CheckResponse.DECISION_ID_FIELD_NUMBER, sized=True)
_NAMED: Final = tuple(_DECISION_ID + varint(size) for size in range(64))
"""What comes before a decision id, by its size."""


@lru_cache(maxsize=16)  # it changes with each change of consent, and each millisecond that the view is behind
def to_view(as_of: str, age_ms: int) -> bytes:
    """Which view of consent an answer is drawn from, and how old that may be, as a part of a response."""
    return pb.CheckResponse(consent_revision=as_of, consent_age_ms=age_ms).SerializeToString()


class Undated(NamedTuple):
    """A result without its last part: when the consent that it lacks may be asked for."""

    body: bytes
    again: Again | None  # None: at once


class Encoded:
    """What responses of one outcome share. A slotted class, compared by identity: it is part of a key."""

    __slots__ = ("agains", "end", "fixed", "reusable", "reusable_ms", "undated")

    def __init__(self, outcome: Outcome, policy_revision: str) -> None:
        parts = _parts(outcome)
        dated = [part for part in parts if isinstance(part, Undated)]
        revision = pb.CheckResponse(policy_revision=policy_revision).SerializeToString()
        self.undated: Final = parts if dated else ()
        self.agains: Final = tuple({part.again for part in dated if part.again is not None})
        self.fixed: Final = (
            revision if dated else b"".join((*(part for part in parts if isinstance(part, bytes)), revision))
        )
        self.reusable_ms: Final = outcome.reusable_ms
        self.reusable: Final = _reusable(outcome.reusable_ms)
        self.end: Final = pb.CheckResponse(co_subjects_denied=outcome.co_subjects_denied).SerializeToString()


def _parts(outcome: Outcome) -> Sequence[bytes | Undated]:
    """The results in their order, those without a date that follow one another in one."""
    parts: list[bytes | Undated] = []
    for number, result in enumerate(outcome.results):
        message = to_field_result(result)
        if result.ask is not None:
            message.ClearField("ask_not_before")
            parts.append(Undated(message.SerializeToString(), outcome.again[number]))
        elif parts and isinstance(parts[-1], bytes):
            parts[-1] += framed(_RESULTS, message.SerializeToString())
        else:
            parts.append(framed(_RESULTS, message.SerializeToString()))
    return parts


class Setting:
    """What responses share that are given in one go, at *now*, from a view *as_of* a revision. For one thread.

    *until* is when the clock next changes what holds of people at all.
    """

    __slots__ = ("_at_once", "_known", "_until", "_view", "_view_until", "now")

    def __init__(self, now: Instant, *, view: bytes, until: Instant | None) -> None:
        self.now: Final = now
        self._view: Final = view
        self._until: Final = until
        self._view_until: Final = view if until is None else view + _date(_CLOCK_CHANGES_AT, until)
        self._at_once = b""
        self._known: dict[Encoded, bytes] = {}

    def respond(self, encoded: Encoded, standing: Standing, decision_id: str) -> bytes:
        """A response about somebody of this *standing*."""
        view, until, changes_at = self._view_until, self._until, standing.changes_at
        if changes_at is not None and (until is None or changes_at < until):
            view, until = self._view + _date(_CLOCK_CHANGES_AT, changes_at), changes_at
        return b"".join(
            (
                self._results(encoded, standing) if encoded.undated else encoded.fixed,
                view,
                encoded.reusable if until is None else _reusable(cache_for_ms(encoded.reusable_ms, until, self.now)),
                _NAMED[len(decision_id)],
                decision_id.encode(),
                encoded.end,
            )
        )

    def _results(self, encoded: Encoded, standing: Standing) -> bytes:
        """Results with their dates, which are the same for all who may be asked at once, and the policy revision."""
        now = self.now
        if encoded.agains:
            times = standing.times
            for again in encoded.agains:
                if again.not_before(times, now) != now:
                    return self._date_results(encoded, times)
        known = self._known.get(encoded)
        if known is None:
            known = self._known[encoded] = self._date_results(encoded, standing.times)
        return known

    def _date_results(self, encoded: Encoded, times: Sequence[Instant]) -> bytes:
        parts = [
            part if isinstance(part, bytes) else framed(_RESULTS, part.body + self._ask_not_before(part.again, times))
            for part in encoded.undated
        ]
        return b"".join((*parts, encoded.fixed))

    def _ask_not_before(self, again: Again | None, times: Sequence[Instant]) -> bytes:
        instant = self.now if again is None else again.not_before(times, self.now)
        if instant != self.now:
            return _date(_ASK_NOT_BEFORE, instant)
        if not self._at_once:
            self._at_once = _date(_ASK_NOT_BEFORE, instant)
        return self._at_once


def _date(start: bytes, instant: Instant) -> bytes:
    return framed(start, to_timestamp(instant).SerializeToString())


def _reusable(milliseconds: int) -> bytes:
    return _CACHE_FOR_MS + varint(milliseconds) if milliseconds else b""
