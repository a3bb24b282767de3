"""``sidecar serve`` as a process of its own: what it prints can be typed, and survives being killed."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from time import sleep
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
ENVIRON["PYTHONPATH"] = str(ROOT)  # found without being installed; from any folder


def _run(command: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shlex.split(command),
        cwd=cwd,
        env=ENVIRON | environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def _serving(cwd: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, object]]]:
    """A server process with its data in *cwd*, and the JSON that it prints when it is ready."""
    words = ("serve", "--bundle", str(ROOT / "policies"), "--data-dir", ".data", "--http", "off", "--output", "json")
    with subprocess.Popen(
        [sys.executable, "-m", "sidecar", *words, "--listen", "127.0.0.1:0", *options],
        cwd=cwd,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line == "}\n":
                break
        try:
            yield process, json.loads(printed)
        finally:
            process.kill()


def _address(ready: dict[str, object]) -> str:
    addresses = ready["addresses"]
    assert isinstance(addresses, list)
    return str(addresses[0])


def test_what_it_prints_can_be_typed_and_a_withdrawal_survives_a_kill(tmp_path: Path) -> None:
    """The printed check is allowed; after the printed withdrawal it is denied, at once and after SIGKILL."""
    with _serving(tmp_path, "--seed-demo") as (process, ready):
        example = ready["example"]
        assert isinstance(example, dict)
        check, withdraw = example["check"], example["withdraw"]

        allowed = _run(check, tmp_path)
        withdrawn = _run(withdraw, tmp_path)
        denied = _run(check, tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    with _serving(tmp_path, "--seed-demo") as (_, again):
        after = _run(check.replace(_address(ready), _address(again)), tmp_path)
        history = _run(
            f"{sys.executable} -m sidecar consent history --output json --address {_address(again)} --subject "
            + check.partition("--subject ")[2].partition(" ")[0],
            tmp_path,
        )

    assert [0, 0, 2, 2] == [each.returncode for each in (allowed, withdrawn, denied, after)]
    assert "sidecar check newsletter customer.email --subject person-" in check
    assert "CONSENT_WITHDRAWN" in denied.stdout
    assert "CONSENT_WITHDRAWN" in after.stdout
    last = json.loads(history.stdout)["entries"][-1]["event"]
    assert "withdrawn" == last["submission"]["choices"][0]["kind"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(number: signal.Signals, tmp_path: Path) -> None:
    """It finishes, exits 0, and leaves data that the next start takes up."""
    with _serving(tmp_path) as (process, _):
        process.send_signal(number)
        code = process.wait(15)

    assert 0 == code
    assert {"operator.token", "consent.db"} <= {file.name for file in (tmp_path / ".data").iterdir()}


def test_one_wish_to_stop_that_is_told_twice_is_still_one(tmp_path: Path) -> None:
    """``timeout`` signals its child, and then its child's whole group: no reason to leave calls in flight."""
    with _serving(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        sleep(0.005)  # time for the first to be taken up, none to stop
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)

    assert 0 == code


def test_one_more_signal_ends_what_does_not_stop() -> None:
    """Whoever waits in vain need not reach for SIGKILL."""
    script = """if True:
        import time
        from sidecar.cli.running import stopped_by_signals
        with stopped_by_signals():
            try:
                print("up", flush=True)
                time.sleep(60)
            finally:
                print("stopping", flush=True)
                time.sleep(60)
    """
    with Popen([sys.executable, "-c", script], cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.readline()
        sleep(1.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)

    assert -signal.SIGTERM == code


def test_a_port_in_use_is_told_and_nothing_stays_behind(tmp_path: Path) -> None:
    """The second server on an address says which one it is and ends with an error."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with _serving(first) as (_, ready):
        command = (
            f"{sys.executable} -m sidecar serve --bundle {ROOT / 'policies'} --http off --listen {_address(ready)}"
        )
        result = _run(command, second)

    assert result.returncode in (1, 3)
    assert _address(ready) in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"-m build --wheel --no-isolation --outdir {folder} {ROOT}"
    install = f"-m pip install --no-deps --no-index --find-links {folder} --target {folder / 'site'} consent-sidecar"
    for step in (build, install):
        result = _run(f"{sys.executable} {step}", folder)
        assert 0 == result.returncode, result.stderr
    return folder / "site"


def test_the_demo_of_the_wheel_works_in_an_empty_folder(tmp_path: Path, installed: Path) -> None:
    """It has its bundle with it, tells its whole story, exits 0, and leaves the folder empty."""
    result = _run(f"{sys.executable} -m sidecar demo --output json", tmp_path, PYTHONPATH=str(installed))

    assert 0 == result.returncode, result.stderr
    told = json.loads(result.stdout)
    assert 10_000 == told["imported"]["subjects"]
    reasons = {question["reason"] for question in told["questions"]}
    assert {"ALLOWED", "CONSENT_WITHDRAWN", "OBJECTED", "MINOR", "GUARDIAN_REQUIRED", "RESTRICTED"} <= reasons
    withdrawal, explanation, erasure = (scene["seen"] for scene in told["scenes"])
    assert "ALLOW (ALLOWED)" in withdrawal[0]
    assert "DENY (CONSENT_WITHDRAWN)" in withdrawal[-1]
    assert "the person took consent back" == explanation[0]
    assert "DENY (ERASED)" in erasure[1]
    assert "ALLOW (ALLOWED)" in erasure[2]
    assert [] == list(tmp_path.iterdir())


def test_the_page_of_the_wheel_is_served_until_a_signal(tmp_path: Path, installed: Path) -> None:
    """It has its files with it, exits 0 at SIGTERM, and leaves the folder empty."""
    command = [sys.executable, "-m", "sidecar", "demo", "--page", "--output", "json"]
    environ = ENVIRON | {"PYTHONPATH": str(installed)}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        parts = []
        for path in ("", "page.js", "page.css"):
            with urlopen(told["page"] + path, timeout=10) as answer:
                parts.append(answer.read().decode())
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)

    assert 0 == code
    assert ["<!doc", '"use ', ":root"] == [part[:5] for part in parts]
    assert [] == list(tmp_path.iterdir())
