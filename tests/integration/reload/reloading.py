"""A bundle that is edited, and what is said of the last look at it."""

from pathlib import Path

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import status_pb2
from sidecar.policy.bundle import load_bundle
from sidecar.testing import Served
from tests.integration.caller import Caller, eventually
from tests.unit.policy.bundles import FILES

SETTINGS: dict[str, object] = {"bundle.poll_seconds": 0.02, "bundle.settle_seconds": 0.05}


OPEN = FILES["main.cedar"]


CLOSED = OPEN + '@id("closed") forbid (principal, action, resource);\n'


BROKEN = OPEN.replace("context.objected", "context.objectd") + "permit (\n"


def status(caller: Caller) -> status_pb2.PolicyStatus:
    """What the status says of policy."""
    answer: status_pb2.GetStatusResponse = caller.status.GetStatus(
        status_pb2.GetStatusRequest(), metadata=caller.operator, timeout=5
    )
    return answer.policy


def ended(caller: Caller, outcome: str, *, after: status_pb2.PolicyStatus | None = None) -> status_pb2.PolicyStatus:
    """The status, once the last reload ended with *outcome*; if given, a later reload than the last one of *after*."""

    def look() -> status_pb2.PolicyStatus:
        policy = status(caller)
        assert outcome == status_pb2.ReloadOutcome.Name(policy.last_reload.outcome).removeprefix("RELOAD_OUTCOME_")
        assert after is None or after.last_reload.at != policy.last_reload.at
        return policy

    return eventually(look, within_seconds=30)


def ask(caller: Caller) -> tuple[str, str]:
    """Policy revision and reason of an answer."""
    request = pb.CheckRequest(service="fraud", subject="p1", fields=["customer.email"], purpose="essential.fraud")
    return caller.check(request).policy_revision, caller.reason(request)


def revision(folder: Path) -> str:
    """The policy revision of the bundle in *folder*."""
    return load_bundle(folder).revision


def gauge(served: Served) -> float | None:
    """What the metrics say of the newest bundle."""
    return served.sidecar.registry.get_sample_value("sidecar_policy_reload_failed")


def count(served: Served, outcome: str) -> float | None:
    """How many reloads ended with *outcome*."""
    return served.sidecar.registry.get_sample_value("sidecar_policy_reloads_total", {"outcome": outcome})


def replaced(path: Path, data: bytes) -> None:
    """Put *data* in place of the file *path*, as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)
