"""StatusService: tells operators how the sidecar is."""

from typing import Final

import grpc

from sidecar import __version__
from sidecar.api.v1 import status_pb2 as pb
from sidecar.api.v1 import status_pb2_grpc as pb_grpc
from sidecar.config import Listener
from sidecar.errors import Problem
from sidecar.telemetry.errors import LastError
from sidecar.telemetry.reloads import Reload
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.shared import Shared
from sidecar.transport.world import Source

MOST_PROBLEMS: Final = 1_000
MOST_CHARACTERS: Final = 500
"""Of a text of a problem; all problems together stay below what clients take."""


class StatusServicer(pb_grpc.StatusServiceServicer):
    """The same for every listener; *listeners* is filled once they are bound."""

    def __init__(self, shared: Shared, source: Source) -> None:
        self.listeners: tuple[Listener, ...] = ()
        self._shared = shared
        self._world = shared.world
        self._source = source
        self._started_at = to_timestamp(shared.world.clock())

    def GetStatus(self, request: pb.GetStatusRequest, context: grpc.ServicerContext) -> pb.GetStatusResponse:  # noqa: ARG002, N802
        """One picture of everything."""
        with self._shared.edge.call(context, "GetStatus"):
            self._shared.credentials.check(context.invocation_metadata())
            because = self._shared.lifecycle.not_ready_because
            return pb.GetStatusResponse(
                version=__version__,
                started_at=self._started_at,
                ready=not because,
                not_ready_because=because,
                policy=self._policy(),
                consent=self._consent(),
                listeners=[_listener(listener) for listener in self.listeners],
                last_errors=[_last_error(error) for error in self._shared.errors.latest()],
            )

    def _policy(self) -> pb.PolicyStatus:
        policies, last = self._world.policies, self._shared.reloads.last
        return pb.PolicyStatus(
            revision=policies.snapshot.bundle.revision,
            source=policies.snapshot.bundle.source,
            loaded_at=to_timestamp(policies.loaded_at),
            age_ms=self._world.freshness(policies).policy_age_ms,
            policies=len(policies.snapshot.bundle.policies.ids),
            verdicts=len(policies.snapshot.verdicts),
            verdict_hits=policies.snapshot.verdicts.hits,
            verdict_misses=policies.snapshot.verdicts.misses,
            last_reload=None if last is None else _reload(last),
        )

    def _consent(self) -> pb.ConsentStatus:
        cache, source = self._world.cache, self._source
        loading = cache.loading
        return pb.ConsentStatus(
            revision=str(cache.revision()),
            age_ms=cache.age_ms(self._world.ticks()),
            subjects=cache.subjects,
            profiles=cache.profiles,
            backend=source.backend,
            mode=source.mode,
            instance=source.instance,
            lost=cache.lost,
            loading=None if loading is None else pb.LoadStatus(**loading._asdict()),
            holds=self._world.held,
        )


def _reload(reload: Reload) -> pb.ReloadStatus:
    return pb.ReloadStatus(
        outcome=f"RELOAD_OUTCOME_{reload.outcome.upper()}",
        at=to_timestamp(reload.at),
        revision=reload.revision,
        problems=[_problem(problem) for problem in reload.problems[:MOST_PROBLEMS]],
        problems_left_out=max(0, len(reload.problems) - MOST_PROBLEMS),
    )


def _problem(problem: Problem) -> pb.BundleProblem:
    return pb.BundleProblem(
        file=_brief(problem.file),
        line=problem.line,
        column=problem.column,
        code=problem.code,
        message=_brief(problem.message),
        hint=_brief(problem.hint),
        warning=problem.warning,
    )


def _brief(text: str) -> str:
    # What stands in a bundle may be of any length, and of any characters.
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 3] + "..."


def _listener(listener: Listener) -> pb.ListenerStatus:
    return pb.ListenerStatus(
        address=listener.address,
        transport=listener.transport,
        pinned_service=listener.service,
        trusts_callers=not listener.service,
    )


def _last_error(error: LastError) -> pb.LastError:
    return pb.LastError(at=to_timestamp(error.at), component=error.component, message=error.message)
