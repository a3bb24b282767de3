"""Audiences: who is asked about, and who may be."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.consent.limits import MAX_SUBJECT_BYTES
from sidecar.engine.filtering import Filtered, Group
from sidecar.errors import RequestError
from sidecar.model.vocabulary import Mask, Reason
from sidecar.transport.convert.instants import to_optional_timestamp
from sidecar.transport.convert.text import check_count, check_text

MASK: Final = "mask"
MAX_ABLE: Final = 16

_REASONS: Final = {reason: f"REASON_{reason.name}" for reason in Reason}
_MASKS: Final = {mask.value: mask for mask in Mask}


def read_able(message: pb.FilterSubjectsRequest) -> frozenset[Mask]:
    """The masks that the caller of *message* can apply; ``RequestError`` if it names what there is not."""
    check_count(len(message.able), "able", most=MAX_ABLE)
    return frozenset(_mask(obligation, f"able[{index}]") for index, obligation in enumerate(message.able))


def _mask(obligation: model_pb2.Obligation, field: str) -> Mask:
    if obligation.name != MASK:
        raise RequestError(f"{field}.name", f"is not `{MASK}`: there are no other obligations")
    mask = _MASKS.get(obligation.value)
    if mask is None:
        raise RequestError(f"{field}.value", f"is not one of {', '.join(_MASKS)}")
    return mask


class SubjectReader:
    """Reads the *subjects* of one message some at a time, each once, and where they are named first."""

    def __init__(self, subjects: Sequence[str]) -> None:
        self._subjects = subjects
        self._named: set[str] = set()

    def __len__(self) -> int:
        """How many different ones were read."""
        return len(self._named)

    def slices(self, most: int) -> Iterator[tuple[Sequence[int], Sequence[str]]]:
        """Places and ids, so many at a time; ``RequestError`` naming the place of the first that is no id."""
        for start in range(0, len(self._subjects), most):
            some = self._subjects[start : start + most]
            _check(some, start)
            yield self._new(range(start, start + len(some)), some)

    def _new(self, places: Sequence[int], subjects: Sequence[str]) -> tuple[Sequence[int], Sequence[str]]:
        """Those who were not named before."""
        named = self._named
        before = len(named)
        if named.isdisjoint(subjects):
            named.update(subjects)
            if len(named) == before + len(subjects):  # nearly always
                return places, subjects
            named.difference_update(subjects)
        new = {}
        for place, subject in zip(places, subjects, strict=True):
            if subject not in named:
                named.add(subject)
                new[place] = subject
        return tuple(new), tuple(new.values())


def _check(subjects: Sequence[str], start: int) -> None:
    text = "".join(subjects)
    if text.isascii() and text.isprintable() and all(subjects) and max(map(len, subjects)) <= MAX_SUBJECT_BYTES:
        return  # nearly always
    for place, subject in enumerate(subjects, start):
        check_text(subject, f"subjects[{place}]", most=MAX_SUBJECT_BYTES)


def to_filter_response(filtered: Filtered, decision_id: str) -> pb.FilterSubjectsResponse:
    """*filtered* as a message, named *decision_id*."""
    return pb.FilterSubjectsResponse(
        audiences=[pb.Audience(places=group.places, obligations=_obligations(group)) for group in filtered.usable],
        denied=[
            pb.DeniedSubjects(
                subjects=len(group.places),
                reason=_REASONS[group.usability.reason],
                unknown_name=group.usability.unknown_name,
                held=group.usability.held,
            )
            for group in filtered.denied
        ],
        obliged=[
            pb.ObligedSubjects(subjects=len(group.places), obligations=_obligations(group))
            for group in filtered.obliged
        ],
        policy_revision=filtered.policy_revision,
        consent_revision=filtered.consent_revision,
        consent_age_ms=filtered.consent_age_ms,
        clock_changes_at=to_optional_timestamp(filtered.clock_changes_at),
        cache_for_ms=filtered.cache_for_ms,
        decision_id=decision_id,
    )


def _obligations(group: Group) -> Iterable[pb.FieldObligation]:
    return [
        pb.FieldObligation(field=field, obligation=model_pb2.Obligation(name=MASK, value=mask.value))
        for field, mask in group.usability.obligations
    ]
