"""ChoiceService: lists the boxes of people, and records what they tick and untick. Needs the operator's token."""

import grpc

from sidecar.api.v1 import choices_pb2 as pb
from sidecar.api.v1 import choices_pb2_grpc as pb_grpc
from sidecar.consent.choices.desk import ChoiceDesk
from sidecar.consent.limits import check_subject
from sidecar.model.catalog import Catalog
from sidecar.transport.convert.choices import from_form, from_language, to_choices, to_saved
from sidecar.transport.shared import Shared


class ChoiceServicer(pb_grpc.ChoiceServiceServicer):
    """The same for every listener. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._edge = shared.edge
        self._desk = ChoiceDesk(shared.world.ledger, catalog=self._catalog, clock=shared.world.clock)

    def ListChoices(self, request: pb.ListChoicesRequest, context: grpc.ServicerContext) -> pb.ListChoicesResponse:  # noqa: N802
        """List a person's boxes."""
        with self._edge.call(context, "ListChoices"):
            self._admit(context)
            check_subject(request.subject)
            return self._list(request.subject, from_language(request.language))

    def SaveChoices(self, request: pb.SaveChoicesRequest, context: grpc.ServicerContext) -> pb.SaveChoicesResponse:  # noqa: N802
        """Record what a form changes."""
        with self._edge.call(context, "SaveChoices"):
            self._admit(context)
            check_subject(request.subject)
            form, signature = from_form(request)
            saved = self._desk.save(request.subject, form, signature)
            if saved.recorded is not None and not saved.recorded.duplicate:
                self._shared.metrics.recorded("submission")
            return to_saved(saved, self._list(request.subject, signature.language))

    def _list(self, subject: str, language: str) -> pb.ListChoicesResponse:
        catalog = self._catalog()
        return to_choices(self._desk.choices(subject, catalog), catalog, language)

    def _catalog(self) -> Catalog:
        return self._shared.world.policies.snapshot.catalog

    def _admit(self, context: grpc.ServicerContext) -> None:
        self._shared.credentials.check(context.invocation_metadata())
        self._shared.lifecycle.require_ready()
