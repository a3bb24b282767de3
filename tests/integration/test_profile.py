"""``serve --profile``: a server that tells what it was at."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.client import Client, Question
from tests.documents import ROOT

SECONDS = 60
QUESTION = Question(subject="ada", service="newsletter", fields="customer.email", purpose="marketing", channel="email")


def started(folder: Path, profile: Path) -> "subprocess.Popen[str]":
    """A server that writes its profile to *profile*, ready."""
    places = ("--bundle", str(ROOT / "policies"), "--data-dir", str(folder / "data"), "--listen", "127.0.0.1:0")
    return subprocess.Popen(
        [sys.executable, "-m", "sidecar", "serve", *places, "--http", "off", "--output", "json", "--profile", profile],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(server: "subprocess.Popen[str]") -> str:
    """Its address, once it answers."""
    assert server.stdout is not None
    printed = ""
    for line in server.stdout:
        printed += line
        if line == "}\n":
            return str(json.loads(printed)["addresses"][0])
    raise AssertionError(printed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_profile_has_what_answered(tmp_path: Path, number: signal.Signals) -> None:
    """Written when a signal stops the server: the thread that answers, and the functions that it was in."""
    file = tmp_path / "profile.json"
    with started(tmp_path, file) as server:
        try:
            with Client(ready(server)) as client:
                for _ in range(1_500):
                    client.check(QUESTION)
            server.send_signal(number)
            assert 0 == server.wait(SECONDS)
        finally:
            server.kill()
    written = json.loads(file.read_text())
    names = [frame["name"] for frame in written["shared"]["frames"]]
    seen = {names[number] for profile in written["profiles"] for sample in profile["samples"] for number in sample}

    assert "https://www.speedscope.app/file-format-schema.json" == written["$schema"]
    assert {"sampled"} == {profile["type"] for profile in written["profiles"]}
    assert {"Burst.check", "Native.serve"} & seen, seen


def test_a_profile_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    """Before anything is made or served."""
    file = tmp_path / "nowhere" / "profile.json"
    with started(tmp_path, file) as server:
        try:
            told = server.communicate(timeout=SECONDS)[1]
        finally:
            server.kill()

    assert 1 == server.returncode
    assert f"cannot write the profile `{file}`: No such file or directory" in told
    assert "name a file in a folder that the server may write to" in told
    assert not (tmp_path / "data").exists()
