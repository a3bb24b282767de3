"""What is told to other systems, to the protocol."""

from sidecar.api.v1 import feed_pb2 as pb
from sidecar.consent.downstream.propagation import Place, Reached
from sidecar.consent.log import LogEntry
from sidecar.consent.revision import Revision
from sidecar.transport.convert.instants import to_optional_timestamp
from sidecar.transport.convert.records import to_history_entry, to_record


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
    place: Place, log_id: str, applied: int, followers: tuple[Reached, ...]
) -> pb.GetPropagationResponse:
    """Where *place* is applied: in this sidecar, which has *applied* everything up to there, and by *followers*."""
    return pb.GetPropagationResponse(
        revision=str(Revision(log_id, place.position)),
        accepted_at=to_optional_timestamp(place.accepted_at),
        followers=[
            pb.FollowerStatus(
                kind="sidecar", applied=applied >= place.position, revision=str(Revision(log_id, applied))
            ),
            *(
                pb.FollowerStatus(
                    kind=reached.kind.value,
                    name=reached.name,
                    applied=reached.position is not None and reached.position >= place.position,
                    revision="" if reached.position is None else str(Revision(log_id, reached.position)),
                    at=to_optional_timestamp(reached.at),
                )
                for reached in followers
            ),
        ],
    )
