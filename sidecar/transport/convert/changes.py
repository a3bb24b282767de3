"""What is told to other systems, to the protocol."""

from typing import Final

from sidecar.api.v1 import feed_pb2 as pb
from sidecar.consent.downstream.propagation import Place, Reached
from sidecar.consent.log import Follower, LogEntry
from sidecar.consent.revision import Revision
from sidecar.model.instant import SECOND, Instant
from sidecar.transport.convert.instants import to_optional_timestamp
from sidecar.transport.convert.records import to_history_entry, to_record

_SILENCE: Final = 900 * SECOND
"""After which a sidecar is taken for gone; they speak every few seconds, and their clocks may be minutes apart."""


def to_change(entry: LogEntry, log_id: str, *, subject: str, everyone: bool) -> pb.RecordChange:
    """*entry* of the log *log_id*; *subject* is whose it is, empty if that is not to be told."""
    return pb.RecordChange(
        pseudonym=entry.pseudonym.hex(),
        subject=subject,
        everyone=everyone,
        kind=type(entry.event.act).__name__.lower(),
        entry=to_history_entry(entry, log_id),
        record=to_record(str(Revision(log_id, entry.position)), entry.record),
    )


def to_propagation(
    place: Place, here: Revision, instance: str, followers: tuple[Reached, ...], *, now: Instant
) -> pb.GetPropagationResponse:
    """Where *place* is applied: in this sidecar, called *instance*, which has come to *here*, and by *followers*."""
    this = pb.FollowerStatus(
        kind=Follower.SIDECAR.value, name=instance, applied=here.position >= place.position, revision=str(here)
    )
    others = [
        pb.FollowerStatus(
            kind=reached.kind.value,
            name=reached.name,
            applied=reached.position is not None and reached.position >= place.position,
            revision="" if reached.position is None else str(Revision(here.log_id, reached.position)),
            at=to_optional_timestamp(reached.at),
            silent=reached.kind is Follower.SIDECAR and reached.at is not None and reached.at < now - _SILENCE,
        )
        for reached in followers
        if (reached.kind, reached.name) != (Follower.SIDECAR, instance)  # it knows itself better than its mark does
    ]
    return pb.GetPropagationResponse(
        revision=str(Revision(here.log_id, place.position)),
        accepted_at=to_optional_timestamp(place.accepted_at),
        followers=[this, *others],
    )
