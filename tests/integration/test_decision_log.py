"""The decision log of a running server: a line for each decided field, whatever becomes of the process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import authorization_pb2_grpc as pb_grpc
from sidecar.errors import ConfigError
from sidecar.telemetry.decisionlog.line import Line, decode
from sidecar.testing import serving
from tests.integration.caller import calling, choice, eventually, question

ROOT = Path(__file__).resolve().parents[2]
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
ENVIRON["PYTHONPATH"] = str(ROOT)


def lines(*paths: Path) -> list[Line]:
    """What was logged, every line whole."""
    return [decode(line) for path in paths for line in path.read_bytes().splitlines()]


def test_every_decided_field_has_its_line(tmp_path: Path) -> None:
    """Single questions, batches, streams and explanations; the answer's id leads to its lines."""
    log = tmp_path / "decisions.jsonl"
    two = question(fields=["customer.email", "no.such"])
    with serving(settings={"decision_log.output": str(log)}) as served, calling(served) as caller:
        caller.record("p1", choice("e1", "GIVEN"))
        asked = [caller.check(question()), caller.check(two), caller.check(question("p2"))]
        batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=question()), pb.CheckBatchItem(request=two)])
        asked += [result.response for result in caller.authorization.CheckBatch(batch, timeout=5).results]
        stream = iter([pb.CheckStreamRequest(request=question())])
        asked += [item.response for item in caller.authorization.CheckStream(stream, timeout=5)]
        explained = pb.ExplainRequest(request=question())
        asked.append(caller.authorization.Explain(explained, metadata=served.operator, timeout=5).response)

    logged = lines(log)
    assert [f"{one.decision_id}.{index}" for one in asked for index in range(len(one.results))] == [
        line.id for line in logged
    ]
    assert ["allow", "allow", "deny", "deny", "allow", "allow", "deny", "allow", "allow"] == [
        line.effect for line in logged
    ]
    assert ["check"] * 8 + ["explain"] == [line.call for line in logged]
    assert 2 == len({line.pseudonym for line in logged})
    assert {asked[0].policy_revision} == {line.policy_revision for line in logged}
    assert asked[0].consent_revision == logged[0].consent_revision
    assert all(0 < line.latency_us < 5_000_000 for line in logged)
    assert (None, "given") == (logged[2].facts, logged[0].facts.consent if logged[0].facts else None)


def test_a_line_says_whom_the_listener_takes_the_caller_for(tmp_path: Path) -> None:
    """A caller's own word is told from a pin."""
    log = tmp_path / "decisions.jsonl"
    settings = {"decision_log.output": str(log)}
    with serving(listen=["127.0.0.1:0,service=newsletter"], settings=settings) as served:
        for address in (served.address, served.sidecar.addresses[2]):
            with calling(served, address) as caller:
                caller.check(question())

    assert [None, "newsletter"] == [line.caller for line in lines(log)]


def test_a_full_disk_stops_no_answer() -> None:
    """Answers go on, losses are counted, and it is one error; the disk is put under a log that is open."""
    with serving(settings={"decision_log.output": "stdout"}) as served, calling(served) as caller:
        decisions = served.sidecar._decisions
        assert decisions is not None
        writing = decisions._sink._writing  # type: ignore[attr-defined]
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, writing._descriptor)
        os.close(full)
        for _ in range(20):
            caller.check(question())

        def lost() -> None:
            labels = {"because": "not_written"}
            assert 20.0 == served.sidecar.registry.get_sample_value("sidecar_decision_log_dropped_total", labels)

        eventually(lost)

        assert ["decision_log"] == [error.component for error in served.sidecar.errors.latest()]


def test_a_place_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """Not by a server without a log."""
    settings = {"decision_log.output": str(tmp_path / "gone" / "log")}
    with pytest.raises(ConfigError, match=r"`decision_log\.output`"), serving(settings=settings):
        pass


@contextmanager
def _served_by_process(cwd: Path, output: str, stdout: int | None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server with this decision log, and its address, which it says on its standard error."""
    words = ("serve", "--bundle", str(ROOT / "policies"), "--data-dir", ".data", "--http", "off")
    with (
        (cwd / "said").open("wb") as said_to,
        (cwd / "errors").open("wb") as errors_to,
        subprocess.Popen(
            [sys.executable, "-m", "sidecar", *words, "--listen", "unix:api.sock", "--output", "json"],
            cwd=cwd,
            env=ENVIRON | {"SIDECAR_DECISION_LOG_OUTPUT": output},
            stdout=stdout or said_to,
            stderr=errors_to,
        ) as process,
    ):
        try:
            said = cwd / ("errors" if output == "stdout" else "said")
            eventually(lambda: _holds(b'"addresses"', said), within_seconds=30)
            yield process, f"unix:{cwd / 'api.sock'}"
        finally:
            process.kill()


def _holds(text: bytes, path: Path) -> None:
    assert text in path.read_bytes()


def _check(address: str, times: int) -> None:
    with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
        stub = pb_grpc.AuthorizationServiceStub(channel)
        for _ in range(times):
            stub.Check(question(), timeout=5)


def test_standard_output_is_nothing_but_lines(tmp_path: Path) -> None:
    """What `serve` itself says goes to standard error; at a stop all that was decided is there."""
    with _served_by_process(tmp_path, "stdout", subprocess.PIPE) as (process, address):
        _check(address, 30)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=30)

    assert 30 == len([decode(line) for line in printed.splitlines()])


def test_a_reader_that_went_away_stops_nothing(tmp_path: Path) -> None:
    """A closed pipe is an error of the log, not of the server."""
    with _served_by_process(tmp_path, "stdout", subprocess.PIPE) as (process, address):
        assert process.stdout is not None
        process.stdout.close()
        _check(address, 10)
        eventually(lambda: _holds(b"decisions cannot be logged: Broken pipe", tmp_path / "errors"))
        _check(address, 10)
        process.send_signal(signal.SIGTERM)

        assert 0 == process.wait(30)


def test_a_killed_process_leaves_whole_lines_and_a_moved_file_is_left(tmp_path: Path) -> None:
    """After SIGHUP lines go to a new file; what was written before SIGKILL is there, each line whole."""
    log, moved = tmp_path / "log", tmp_path / "log.1"
    with _served_by_process(tmp_path, "log", None) as (process, address):
        _check(address, 20)
        eventually(lambda: _has(20, log))
        log.rename(moved)
        process.send_signal(signal.SIGHUP)
        _check(address, 20)
        eventually(lambda: _has(20, log))
        process.kill()
        process.wait(30)

    assert 40 == len({line.id for line in lines(moved, log)})
    assert 0o600 == log.stat().st_mode & 0o777
    assert json.loads((tmp_path / "said").read_bytes())["bundle"]


def _has(count: int, log: Path) -> None:
    assert count == log.read_bytes().count(b"\n")
