"""ConsentService: keeps what people decided. Every method needs the operator's token."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import grpc

from sidecar.api.v1 import consent_pb2 as pb
from sidecar.api.v1 import consent_pb2_grpc as pb_grpc
from sidecar.consent.ledger import ImportLine
from sidecar.errors import NotBuiltError, RequestError
from sidecar.model.event import Event
from sidecar.transport.convert.events import EventReader
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.convert.records import from_page_token, page_size, to_history_entry, to_page_token, to_record
from sidecar.transport.shared import Shared

IMPORT_LINES: Final = 256
"""Lines that an import records together."""


@dataclass(slots=True)
class _Batch:
    """Lines read and not yet recorded."""

    through: int = 0
    size: int = 0
    lines: list[ImportLine] = field(default_factory=list)
    rejections: list[tuple[int, str]] = field(default_factory=list)


class ConsentServicer(pb_grpc.ConsentServiceServicer):
    """The same for every listener. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._ledger = shared.world.ledger
        self._reader = EventReader(shared.limits)
        self._edge = shared.edge
        self._metrics = shared.metrics

    def RecordEvent(  # noqa: N802
        self, request: pb.RecordEventRequest, context: grpc.ServicerContext
    ) -> pb.RecordEventResponse:
        """Record one act."""
        with self._edge.call(context, "RecordEvent"):
            self._admit(context)
            subject, event = self._reader.subject(request.subject), self._event(request)
            recorded = self._ledger.record(subject, event)
            if not recorded.duplicate:
                self._metrics.recorded(_kind(event))
            return pb.RecordEventResponse(
                revision=recorded.revision,
                effective_at=to_timestamp(recorded.effective_at),
                duplicate=recorded.duplicate,
            )

    def ImportEvents(  # noqa: N802
        self, request_iterator: Iterator[pb.ImportEventsRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.ImportEventsResponse]:
        """Record past acts in bulk; answer for each batch, and for the rest at the end."""
        with self._edge.call(context, "ImportEvents"):
            self._admit(context)
            with self._shared.streams.open(context) as stream:
                batch = _Batch()
                for line in stream.each(request_iterator):
                    self._read_line(line, batch)
                    if batch.size == IMPORT_LINES:
                        yield self._import(batch)
                        batch = _Batch()
                if batch.size:
                    yield self._import(batch)

    def GetRecord(self, request: pb.GetRecordRequest, context: grpc.ServicerContext) -> pb.GetRecordResponse:  # noqa: N802
        """Show a record."""
        with self._edge.call(context, "GetRecord"):
            self._admit(context)
            return to_record(*self._ledger.record_of(self._reader.subject(request.subject)))

    def ListHistory(self, request: pb.ListHistoryRequest, context: grpc.ServicerContext) -> pb.ListHistoryResponse:  # noqa: N802
        """List a page of events, oldest first."""
        with self._edge.call(context, "ListHistory"):
            self._admit(context)
            subject = self._reader.subject(request.subject)
            size, after = page_size(request.page_size), from_page_token(request.page_token)
            found = self._ledger.history(subject, after=after, limit=size + 1)
            page = found[:size]
            return pb.ListHistoryResponse(
                entries=[to_history_entry(entry, self._shared.world.cache.log_id) for entry in page],
                next_page_token=to_page_token(page[-1].position) if len(found) > size else "",
            )

    def Erase(self, request: pb.EraseRequest, context: grpc.ServicerContext) -> pb.EraseResponse:  # noqa: N802
        """Forget a person, or some categories of their data."""
        with self._edge.call(context, "Erase"):
            self._admit(context)
            recorded = self._ledger.erase(
                self._reader.subject(request.subject),
                self._reader.event_id(request.id, "id"),
                self._reader.names(request.categories, "categories"),
            )
            if not recorded.duplicate:
                self._metrics.recorded("erasure")
            return pb.EraseResponse(
                revision=recorded.revision,
                effective_at=to_timestamp(recorded.effective_at),
                duplicate=recorded.duplicate,
            )

    def _admit(self, context: grpc.ServicerContext) -> None:
        self._shared.credentials.check(context.invocation_metadata())
        self._shared.lifecycle.require_ready()

    def _event(self, message: pb.RecordEventRequest | pb.ImportEventsRequest) -> Event:
        if not message.HasField("event"):
            raise RequestError("event", "absent")
        return self._reader.read(message.event)

    def _read_line(self, message: pb.ImportEventsRequest, batch: _Batch) -> None:
        batch.through = message.line
        batch.size += 1
        try:
            line = ImportLine(
                line=message.line, subject=self._reader.subject(message.subject), event=self._event(message)
            )
        except (RequestError, NotBuiltError) as error:
            batch.rejections.append((message.line, str(error)))
        else:
            batch.lines.append(line)

    def _import(self, batch: _Batch) -> pb.ImportEventsResponse:
        outcome = self._ledger.import_lines(batch.lines)
        self._metrics.recorded("import", outcome.recorded)
        return pb.ImportEventsResponse(
            through_line=batch.through,
            recorded=outcome.recorded,
            duplicates=outcome.duplicates,
            rejections=[
                pb.ImportRejection(line=line, message=message)
                for line, message in sorted((*batch.rejections, *outcome.rejections))
            ],
            revision=outcome.revision,
        )


def _kind(event: Event) -> str:
    """The kind of *event* as a metric label."""
    return type(event.act).__name__.lower()
