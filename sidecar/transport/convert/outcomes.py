"""Outcomes to the bytes of responses: what is the same for all who are alike is serialized once.

The bytes are those of ``to_check_response``: fields in the order of their numbers, and none that has its default.
"""

from collections.abc import Sequence
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


class Undated(NamedTuple):
    """A result without its last part: when the consent that it lacks may be asked for."""

    body: bytes
    again: Again | None  # None: at once


class Encoded(NamedTuple):
    """What responses of one outcome share."""

    undated: Sequence[bytes | Undated]  # results in their order, those that follow one another in one; empty: no dates
    fixed: bytes  # all results, if there are no dates; the policy revision
    reusable_ms: int
    reusable: bytes  # the same as a part
    end: bytes  # what comes after the decision id


def encode(outcome: Outcome, policy_revision: str) -> Encoded:
    """What responses of *outcome* share, under the bundle of *policy_revision*."""
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
    results = b"".join(part for part in parts if isinstance(part, bytes))
    dated = any(isinstance(part, Undated) for part in parts)
    revision = pb.CheckResponse(policy_revision=policy_revision).SerializeToString()
    return Encoded(
        undated=parts if dated else (),
        fixed=revision if dated else results + revision,
        reusable_ms=outcome.reusable_ms,
        reusable=_reusable(outcome.reusable_ms),
        end=pb.CheckResponse(co_subjects_denied=outcome.co_subjects_denied).SerializeToString(),
    )


class Setting:
    """What responses share that are given in one go, at *now*, from a view *as_of* a revision. For one thread.

    *until* is when the clock next changes what holds of people at all.
    """

    __slots__ = ("_at_once", "_until", "_until_date", "_view", "now")

    def __init__(self, now: Instant, *, as_of: str, age_ms: int, until: Instant | None) -> None:
        self.now: Final = now
        self._view: Final = pb.CheckResponse(consent_revision=as_of, consent_age_ms=age_ms).SerializeToString()
        self._until: Final = until
        self._until_date: Final = b"" if until is None else _date(_CLOCK_CHANGES_AT, until)
        self._at_once = b""

    def respond(self, encoded: Encoded, standing: Standing, decision_id: str) -> bytes:
        """A response about somebody of this *standing*."""
        date, until, changes_at = self._until_date, self._until, standing.changes_at
        if changes_at is not None and (until is None or changes_at < until):
            date, until = _date(_CLOCK_CHANGES_AT, changes_at), changes_at
        return b"".join(
            (
                *(self._results(encoded.undated, standing) if encoded.undated else ()),
                encoded.fixed,
                self._view,
                date,
                encoded.reusable if until is None else _reusable(cache_for_ms(encoded.reusable_ms, until, self.now)),
                _NAMED[len(decision_id)],
                decision_id.encode(),
                encoded.end,
            )
        )

    def _results(self, undated: Sequence[bytes | Undated], standing: Standing) -> list[bytes]:
        return [
            part
            if isinstance(part, bytes)
            else framed(_RESULTS, part.body + self._ask_not_before(part.again, standing))
            for part in undated
        ]

    def _ask_not_before(self, again: Again | None, standing: Standing) -> bytes:
        instant = self.now if again is None else again.not_before(standing.times, self.now)
        if instant != self.now:
            return _date(_ASK_NOT_BEFORE, instant)
        if not self._at_once:
            self._at_once = _date(_ASK_NOT_BEFORE, instant)
        return self._at_once


def _date(start: bytes, instant: Instant) -> bytes:
    return framed(start, to_timestamp(instant).SerializeToString())


def _reusable(milliseconds: int) -> bytes:
    return _CACHE_FOR_MS + varint(milliseconds) if milliseconds else b""
