"""OPA with the Envoy plugin and an equivalent policy, as a process, where there is one.

It is asked as Envoy asks: about one request with headers, which say the question and what the person decided.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc

from benchmarks.peers.peer import Asked, Rules, ask
from benchmarks.peers.reflected import Messages
from benchmarks.servers.process import Process, running

HOW_TO_GET: Final = (
    "no `opa` with the Envoy plugin on the path: build `opa-envoy-plugin` with Go, or take the program out of the "
    "container image `openpolicyagent/opa:latest-envoy`"
)
_NAMES: Final = ("opa-envoy", "opa_envoy_linux_amd64", "opa")
_REQUEST: Final = "envoy.service.auth.v3.CheckRequest"
_RESPONSE: Final = "envoy.service.auth.v3.CheckResponse"
_POLICY: Final = """\
package sidecar

import rego.v1

default allow := false

allow if {
  headers := input.attributes.request.http.headers
  service := data.services[headers["x-service"]]
  headers["x-purpose"] in service.purposes
  headers["x-category"] in service.categories
  headers["x-consent"] == "given"
  headers["x-restricted"] == "false"
  not closed_to_minors(headers)
}

closed_to_minors(headers) if {
  headers["x-minor"] == "true"
  headers["x-purpose"] in data.marketing
}
"""


def program() -> Path | None:
    """An OPA that has the plugin, if there is one on the path."""
    paths = (path for path in map(shutil.which, _NAMES) if path is not None)
    return next((Path(path) for path in paths if _has_plugin(path)), None)


def _has_plugin(path: str) -> bool:
    said = subprocess.run([path, "version"], check=False, capture_output=True, text=True, timeout=30).stdout
    return "envoy" in said.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opa:
    """An OPA that runs."""

    process: Process
    messages: Messages
    name: str = "OPA-Envoy"
    method: str = "/envoy.service.auth.v3.Authorization/Check"
    most_fields: int = 1

    def message(self, asked: Asked) -> bytes:
        """*asked* as bytes."""
        (category,) = asked.categories.values()
        headers = {
            "x-service": asked.service,
            "x-purpose": asked.purpose,
            "x-category": category,
            "x-consent": asked.consent,
            "x-minor": json.dumps(asked.minor),
            "x-restricted": json.dumps(asked.restricted),
        }
        http = {"method": "GET", "path": "/", "headers": headers}
        return self.messages.encode(_REQUEST, {"attributes": {"request": {"http": http}}})

    def allowed(self, asked: Asked) -> list[bool]:
        """Whether the field is allowed."""
        answer = self.messages.decode(_RESPONSE, ask(self, self.message(asked)))
        return [answer.get("status", {}).get("code", 0) == 0]


@contextmanager
def opa(server: Path, folder: Path, rules: Rules) -> Iterator[Opa]:
    """The *server* with one policy, and without a decision log."""
    folder.mkdir(parents=True)
    socket = folder / "opa.sock"
    (folder / "policy.rego").write_text(_POLICY, encoding="utf-8")
    (folder / "data.json").write_text(json.dumps({"services": rules.uses, "marketing": rules.marketing}), "utf-8")
    plugin = {"addr": f"unix://{socket}", "path": "sidecar/allow", "enable-reflection": True}
    config = folder / "opa.yaml"
    config.write_text(json.dumps({"plugins": {"envoy_ext_authz_grpc": plugin}}), encoding="utf-8")
    command = [str(server), "run", "--server", "--addr", f"unix://{folder / 'http.sock'}", "--config-file", str(config)]
    command += ["--log-level", "error", str(folder / "policy.rego"), str(folder / "data.json")]
    with running(command, socket, _reflects, said=folder / "opa.log") as process, process.channel() as channel:
        yield Opa(process=process, messages=Messages(channel))


def _reflects(channel: grpc.Channel) -> None:
    Messages(channel).encode(_REQUEST, {})
