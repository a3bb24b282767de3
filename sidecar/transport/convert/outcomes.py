"""Outcomes to the bytes of responses: what is the same for all who are alike is serialized once.

The bytes are those of ``to_check_response``: fields in the order of their numbers, and none that has its default.
"""

from collections.abc import Iterable
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

    before: bytes  # whole results that come before it
    body: bytes
    again: Again | None  # None: at once


class Encoded:
    """What responses of one outcome share."""

    __slots__ = ("_around", "end", "fixed", "reusable", "reusable_ms", "undated", "waits")

    def __init__(self, outcome: Outcome, policy_revision: str) -> None:
        undated, whole = [], b""
        for number, result in enumerate(outcome.results):
            message = to_field_result(result)
            if result.ask is None:
                whole += framed(_RESULTS, message.SerializeToString())
            else:
                message.ClearField("ask_not_before")
                undated.append(Undated(whole, message.SerializeToString(), outcome.again[number]))
                whole = b""
        self.undated: Final = tuple(undated)
        self.waits: Final = any(each.again is not None for each in undated)
        self.fixed: Final = whole + pb.CheckResponse(policy_revision=policy_revision).SerializeToString()
        """Whole results that come after those without a date, and the policy revision."""
        self.reusable_ms: Final = outcome.reusable_ms
        self.reusable: Final = _reusable(outcome.reusable_ms)
        self.end: Final = pb.CheckResponse(co_subjects_denied=outcome.co_subjects_denied).SerializeToString()
        self._around: Final[dict[int, tuple[bytes, ...]]] = {}

    def dated(self, dates: Iterable[bytes]) -> bytes:
        """All results, those without a date with their *dates*, and the policy revision."""
        pieces = [
            each.before + framed(_RESULTS, each.body + date) for each, date in zip(self.undated, dates, strict=True)
        ]
        return b"".join((*pieces, self.fixed))

    def dated_alike(self, date: bytes) -> bytes:
        """The same with one *date* for all: what is around that depends on its size alone."""
        around = self._around.get(len(date))
        if around is None:
            heads = [each.before + _RESULTS + varint(len(each.body) + len(date)) + each.body for each in self.undated]
            around = self._around[len(date)] = (*heads, self.fixed)
        return date.join(around)


class Setting:
    """What responses share that are given in one go, at *now*, from one *view* of consent.

    *until* is when the clock next changes what holds of people at all. Safe for any number of threads.
    """

    __slots__ = ("_at_once", "_until", "_view", "_view_until", "now")

    def __init__(self, now: Instant, *, view: bytes, until: Instant | None) -> None:
        self.now: Final = now
        self._view: Final = view
        self._until: Final = until
        self._view_until: Final = view if until is None else view + _date(_CLOCK_CHANGES_AT, until)
        self._at_once = b""

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
        now = self.now
        if encoded.waits:
            times = standing.times
            instants = [now if again is None else again.not_before(times, now) for _, _, again in encoded.undated]
            if any(instant != now for instant in instants):
                return encoded.dated(_date(_ASK_NOT_BEFORE, instant) for instant in instants)
        if not self._at_once:
            self._at_once = _date(_ASK_NOT_BEFORE, now)
        return encoded.dated_alike(self._at_once)


def _date(start: bytes, instant: Instant) -> bytes:
    return framed(start, to_timestamp(instant).SerializeToString())


def _reusable(milliseconds: int) -> bytes:
    return _CACHE_FOR_MS + varint(milliseconds) if milliseconds else b""
