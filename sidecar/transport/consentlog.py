"""LogService: the consent log as lines, and what the view holds of it. Every method needs the operator's token."""

from collections.abc import Iterator
from typing import Final

import grpc

from sidecar.api.v1 import log_pb2 as pb
from sidecar.api.v1 import log_pb2_grpc as pb_grpc
from sidecar.consent.audit.standings import digest_held
from sidecar.consent.pseudonym import PSEUDONYM_BYTES
from sidecar.errors import RequestError
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.convert.text import check_count
from sidecar.transport.shared import Shared

MAX_PSEUDONYMS: Final = 1_024
"""Standings that are compared together: reading them takes a few milliseconds."""


class LogServicer(pb_grpc.LogServiceServicer):
    """The same for every listener. Safe for any number of threads."""

    def __init__(self, shared: Shared, *, tombstone_days: float | None) -> None:
        self._shared = shared
        self._tombstone_days = tombstone_days or 0.0
        self._world = shared.world
        self._edge = shared.edge

    def ExportEntries(  # noqa: N802
        self, request: pb.ExportEntriesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportEntriesResponse]:
        """Write the log out, also while the view is not ready: what is in the log can be read all the same."""
        with self._edge.call(context, "ExportEntries"):
            self._shared.credentials.check(context.invocation_metadata())
            export = self._world.ledger.export
            after = export.after(request.after, field="after")
            with self._shared.streams.open(context, operator=True) as stream:
                for some in stream.each(export.part(after=after, subjects=request.subjects, now=self._world.clock())):
                    yield pb.ExportEntriesResponse(lines=some.lines, position=some.position, last_position=some.last)

    def CheckStandings(  # noqa: N802
        self, request: pb.CheckStandingsRequest, context: grpc.ServicerContext
    ) -> pb.CheckStandingsResponse:
        """Tell what the view holds."""
        with self._edge.call(context, "CheckStandings"):
            self._shared.credentials.check(context.invocation_metadata())
            self._shared.lifecycle.require_ready()
            check_count(len(request.pseudonyms), "pseudonyms", least=1, most=MAX_PSEUDONYMS)
            for index, pseudonym in enumerate(request.pseudonyms):
                if len(pseudonym) != PSEUDONYM_BYTES:
                    raise RequestError(f"pseudonyms[{index}]", f"must have {PSEUDONYM_BYTES} bytes")
            cache, now = self._world.cache, self._world.clock()
            revision = cache.revision()  # before the slots, which may be later, never earlier
            return pb.CheckStandingsResponse(
                at=to_timestamp(now),
                revision=str(revision),
                digests=[digest_held(cache, pseudonym, now=now) for pseudonym in request.pseudonyms],
                subjects=cache.subjects,
                tombstone_days=self._tombstone_days,
            )
