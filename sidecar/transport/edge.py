"""Around every call: counted at both ends, and every error turned into a status in one place."""

from types import TracebackType

import grpc

from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics
from sidecar.telemetry.tally import Tallies
from sidecar.transport.status import status_of


class Edge:
    """Where calls enter and leave."""

    def __init__(self, metrics: Metrics, errors: ErrorReports) -> None:
        self._tallies = metrics.tallies
        self._errors = errors

    def call(self, context: grpc.ServicerContext, method: str) -> "_Call":
        """Around the answering of one call of *method*: what is raised inside ends it with the status of the table."""
        return _Call(self._tallies, self._errors, context, method)


class _Call:
    __slots__ = ("_context", "_errors", "_method", "_tallies", "_tally")

    def __init__(self, tallies: Tallies, errors: ErrorReports, context: grpc.ServicerContext, method: str) -> None:
        self._tallies = tallies
        self._errors = errors
        self._context = context
        self._method = method

    def __enter__(self) -> None:
        self._tally = self._tallies.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._end(grpc.StatusCode.OK.name)
        elif isinstance(error, GeneratorExit | grpc.RpcError):
            # A stream that nobody reads any more, or that ended under our hands: there is nobody to tell.
            self._end(grpc.StatusCode.CANCELLED.name)
        else:
            status = status_of(error)
            if status.ours:
                self._errors.report("grpc", error)
            self._end(status.code.name)
            self._context.abort(status.code, status.text)

    def _end(self, code: str) -> None:
        self._tally.ended(self._method, code)
        self._tallies.end(self._tally)
