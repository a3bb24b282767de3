"""ConsentService: keeps what people decided. Every method needs the operator's token."""

from collections.abc import Iterator, Sequence
from typing import Final

import grpc

from sidecar.api.v1 import consent_pb2 as pb
from sidecar.api.v1 import consent_pb2_grpc as pb_grpc
from sidecar.consent.ledger import ImportLine
from sidecar.consent.limits import MAX_LANGUAGE_BYTES
from sidecar.errors import RequestError
from sidecar.model.event import Event, LinkTo
from sidecar.transport.convert.events import EventReader
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.convert.records import from_page_token, in_words, page_size, to_page, to_record
from sidecar.transport.convert.text import check_count, check_text
from sidecar.transport.shared import Shared

IMPORT_LINES: Final = 256
"""Lines that an import may record together."""


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
        """Record past acts in bulk."""
        with self._edge.call(context, "ImportEvents"):
            self._admit(context)
            with self._shared.streams.open(context, operator=True) as stream:
                for message in stream.each(request_iterator):
                    check_count(len(message.lines), "lines", least=1, most=IMPORT_LINES)
                    yield self._import(message.lines)

    def GetRecord(self, request: pb.GetRecordRequest, context: grpc.ServicerContext) -> pb.GetRecordResponse:  # noqa: N802
        """Show a record."""
        with self._edge.call(context, "GetRecord"):
            self._admit(context)
            language = check_text(request.language, "language", least=0, most=MAX_LANGUAGE_BYTES)
            subject = self._reader.subject(request.subject)
            revision, record = self._ledger.record_of(subject)
            catalog = self._shared.world.policies.snapshot.catalog
            message = to_record(revision, record, notes=self._ledger.notes(subject, record))
            return in_words(message, record, catalog, language)

    def ListHistory(self, request: pb.ListHistoryRequest, context: grpc.ServicerContext) -> pb.ListHistoryResponse:  # noqa: N802
        """List a page of events, oldest first."""
        with self._edge.call(context, "ListHistory"):
            self._admit(context)
            subject = self._reader.subject(request.subject)
            size, after = page_size(request.page_size), from_page_token(request.page_token)
            found = self._ledger.history(subject, after=after, limit=size + 1)
            return to_page(found, size, log_id=self._shared.world.cache.log_id)

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

    def _event(self, message: pb.RecordEventRequest | pb.ImportLine) -> Event:
        if not message.HasField("event"):
            raise RequestError("event", "absent")
        return self._reader.read(message.event)

    def _import(self, messages: Sequence[pb.ImportLine]) -> pb.ImportEventsResponse:
        lines: list[ImportLine] = []
        rejections: list[tuple[int, str]] = []
        for message in messages:
            try:
                subject, event = self._reader.subject(message.subject), self._event(message)
            except RequestError as error:
                rejections.append((message.line, str(error)))
            else:
                lines.append(ImportLine(line=message.line, subject=subject, event=event))
        outcome = self._ledger.import_lines(lines)
        self._metrics.recorded("import", outcome.recorded)
        return pb.ImportEventsResponse(
            through_line=messages[-1].line,
            recorded=outcome.recorded,
            duplicates=outcome.duplicates,
            rejections=[
                pb.ImportRejection(line=line, message=message)
                for line, message in sorted((*rejections, *outcome.rejections))
            ],
            revision=outcome.revision,
            ahead_lines=outcome.ahead,
        )


def _kind(event: Event) -> str:
    """The kind of *event* as a metric label."""
    return "link" if isinstance(event.act, LinkTo) else type(event.act).__name__.lower()
