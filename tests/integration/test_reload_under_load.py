"""A server under load through fifty reloads, good and bad alternating: nobody notices but by the revision."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import authorization_pb2_grpc, model_pb2, status_pb2, status_pb2_grpc
from sidecar.policy.bundle import load_bundle
from tests.integration.caller import eventually
from tests.unit.policy.bundles import FILES, write

RELOADS = 50
CALLERS = 2

OPEN = FILES["main.cedar"]
CLOSED = OPEN + '@id("closed") forbid (principal, action, resource);\n'
BROKEN = OPEN + "permit (\n"
FIELDS = ("customer.email", "customer.diet")
FRAUD = FILES["catalog/services/fraud.yaml"].replace("[customer.email]", f"[{', '.join(FIELDS)}]")
GUARDRAILS = '@id("never") forbid (principal, action == Action::"share", resource);\n'


class Load:
    """Callers that ask one question again and again, each on a channel and a thread of its own."""

    def __init__(self, address: str, expected: dict[str, str]) -> None:
        self.answers: Counter[str] = Counter()  # by policy revision
        self.wrong: list[str] = []
        self._address = address
        self._expected = expected
        self._over = Event()
        self._threads = [Thread(target=self._ask, daemon=True) for _ in range(CALLERS)]

    def __enter__(self) -> "Load":  # noqa: PYI034 - nothing inherits from it
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)

    def _ask(self) -> None:
        request = pb.CheckRequest(service="fraud", subject="p1", fields=FIELDS, purpose="essential.fraud")
        with grpc.insecure_channel(self._address, options=(("grpc.enable_http_proxy", 0),)) as channel:
            check = authorization_pb2_grpc.AuthorizationServiceStub(channel).Check
            while not self._over.wait(0.001):
                try:
                    answer: pb.CheckResponse = check(request, timeout=10)
                except grpc.RpcError as error:
                    self.wrong.append(str(error))
                    return
                reasons = [model_pb2.Reason.Name(result.reason) for result in answer.results]
                if [self._expected.get(answer.policy_revision)] * len(FIELDS) != reasons:
                    self.wrong.append(f"{answer.policy_revision}: {reasons}")
                self.answers[answer.policy_revision] += 1


@contextmanager
def serving(bundle: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """A server process that looks often: its address and the operator's token."""
    environ = {
        **os.environ,
        "SIDECAR_BUNDLE_POLL_SECONDS": "0.02",
        "SIDECAR_BUNDLE_SETTLE_SECONDS": "0.05",
    }
    listen = ("--listen", "127.0.0.1:0", "--http", "off", "--output", "json")
    words = ("serve", "--bundle", str(bundle), "--data-dir", str(folder / "data"), *listen)
    with subprocess.Popen(
        [sys.executable, "-m", "sidecar", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            printed = ""
            while not printed.endswith("}\n"):
                printed += process.stdout.readline()
            ready = json.loads(printed)
            yield ready["addresses"][0], Path(ready["token_file"]).read_text(encoding="ascii").strip()
        finally:
            process.kill()


def revision(bundle: Path, text: str) -> str:
    """The revision of *bundle* with *text* as its policies."""
    (bundle / "main.cedar").write_text(text)
    return load_bundle(bundle).revision


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle whose fields have the same answer."""
    return write(tmp_path / "bundle", {"catalog/services/fraud.yaml": FRAUD, "guardrails.cedar": GUARDRAILS})


def test_no_call_fails_and_every_answer_is_that_of_its_revision(bundle: Path, tmp_path: Path) -> None:
    """Each answer names one of the two good revisions, and has for every field what that one says."""
    closed, opened = revision(bundle, CLOSED), revision(bundle, OPEN)
    expected = {opened: "REASON_ALLOWED", closed: "REASON_FORBIDDEN"}
    states = (
        (CLOSED, "SWAPPED", closed),
        (BROKEN, "REFUSED", closed),
        (OPEN, "SWAPPED", opened),
        (BROKEN, "REFUSED", opened),
    )
    with serving(bundle, tmp_path) as (address, token), grpc.insecure_channel(address) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)

        def policy() -> status_pb2.PolicyStatus:
            metadata = (("authorization", f"Bearer {token}"),)
            answer: status_pb2.GetStatusResponse = status.GetStatus(
                status_pb2.GetStatusRequest(), metadata=metadata, timeout=10
            )
            return answer.policy

        with Load(address, expected) as load:
            before = policy().last_reload
            for number in range(RELOADS):
                text, outcome, served = states[number % len(states)]
                (bundle / "main.cedar").write_text(text)

                def reloaded(
                    before: status_pb2.ReloadStatus = before, outcome: str = outcome
                ) -> status_pb2.PolicyStatus:
                    seen = policy()
                    assert before.at != seen.last_reload.at
                    assert f"RELOAD_OUTCOME_{outcome}" == status_pb2.ReloadOutcome.Name(seen.last_reload.outcome)
                    return seen

                seen = eventually(reloaded, within_seconds=30)

                assert served == seen.revision
                assert [] == load.wrong
                before = seen.last_reload

    assert [] == load.wrong
    assert set(expected) == set(load.answers)
    assert min(load.answers.values()) > RELOADS
