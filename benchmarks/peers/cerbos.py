"""Cerbos with an equivalent policy, as a process.

What the service may use for which purposes is in its policy, as it is in our catalog. It keeps nothing about people:
who asks brings along what the person decided, and has had a look at a store of consent before, which is not measured.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.measure import TOOLS
from benchmarks.peers.peer import Asked, Rules, ask
from benchmarks.peers.reflected import Messages
from benchmarks.servers.process import Process, running

HOW_TO_GET: Final = "no `cerbos` named in CERBOS, in build/tools or on the path: `make bench-tools` brings it, with npm"
_INSTALLED: Final = "node_modules/@cerbos/cerbos-*/cerbos-*"
_REQUEST: Final = "cerbos.request.v1.CheckResourcesRequest"
_RESPONSE: Final = "cerbos.response.v1.CheckResourcesResponse"


def program() -> Path | None:
    """The server, if there is one: what CERBOS names, else what ``make bench-tools`` brought, else on the path."""
    if named := os.environ.get("CERBOS"):
        found = shutil.which(named)  # whoever names one does not want another measured
        return Path(found) if found else None
    installed = next((str(path) for path in sorted(TOOLS.glob(_INSTALLED))), None)
    found = installed or shutil.which("cerbos")
    return Path(found) if found else None


def policy(rules: Rules) -> dict[str, Any]:
    """The one policy."""
    declared = "R.attr.purpose in C.services[P.id].purposes && R.attr.category in C.services[P.id].categories"
    return {
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": {
            "version": "default",
            "resource": "field",
            "constants": {"local": {"services": rules.uses, "marketing": rules.marketing}},
            "rules": [
                _rule("EFFECT_ALLOW", f'{declared} && R.attr.consent == "given"'),
                _rule("EFFECT_DENY", "R.attr.restricted"),
                _rule("EFFECT_DENY", "R.attr.minor && R.attr.purpose in C.marketing"),
            ],
        },
    }


def _rule(effect: str, expression: str) -> dict[str, Any]:
    return {"actions": ["use"], "effect": effect, "roles": ["service"], "condition": {"match": {"expr": expression}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cerbos:
    """A Cerbos that runs: one resource for each field."""

    process: Process
    messages: Messages
    name: str = "Cerbos"
    method: str = "/cerbos.svc.v1.CerbosService/CheckResources"
    most_fields: int = 50

    def message(self, asked: Asked) -> bytes:
        """*asked* as bytes."""
        facts = {"consent": asked.consent, "minor": asked.minor, "restricted": asked.restricted}
        resources = [
            {
                "actions": ["use"],
                "resource": {
                    "kind": "field",
                    "id": field,
                    "attr": {**facts, "purpose": asked.purpose, "category": category},
                },
            }
            for field, category in asked.categories.items()
        ]
        principal = {"id": asked.service, "roles": ["service"]}
        return self.messages.encode(_REQUEST, {"request_id": "1", "principal": principal, "resources": resources})

    def allowed(self, asked: Asked) -> list[bool]:
        """Whether each field is allowed, in their order."""
        answer = self.messages.decode(_RESPONSE, ask(self, self.message(asked)))
        return [result["actions"]["use"] == "EFFECT_ALLOW" for result in answer["results"]]


@contextmanager
def cerbos(server: Path, folder: Path, rules: Rules) -> Iterator[Cerbos]:
    """The *server* with one policy; with metrics, without an audit log, and telling nobody anything."""
    policies, socket = folder / "policies", folder / "cerbos.sock"
    policies.mkdir(parents=True)
    (policies / "field.json").write_text(json.dumps(policy(rules)), encoding="utf-8")
    settings = {
        "server": {"grpcListenAddr": f"unix:{socket}", "httpListenAddr": f"unix:{folder / 'http.sock'}"},
        "storage": {"driver": "disk", "disk": {"directory": str(policies), "watchForChanges": False}},
        "telemetry": {"disabled": True},
    }
    config = folder / "cerbos.yaml"
    config.write_text(json.dumps(settings), encoding="utf-8")  # which is YAML too
    command = [str(server), "server", "--config", str(config), "--log-level", "error"]
    with running(command, socket, _healthy, said=folder / "cerbos.log") as process, process.channel() as channel:
        yield Cerbos(process=process, messages=Messages(channel))


def _healthy(channel: grpc.Channel) -> None:
    health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
