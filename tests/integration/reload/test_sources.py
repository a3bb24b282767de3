"""Hot reload, whatever way the files came: a config map, a checkout, an archive, a signal, or half of them."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from sidecar.api.v1 import status_pb2
from sidecar.app.reload import reloader
from sidecar.app.reload.child import Child
from sidecar.policy.source.archive import archive_of
from sidecar.policy.source.signature import sign
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling
from tests.integration.reload.reloading import BROKEN, CLOSED, OPEN, SETTINGS, ask, ended, gauge, replaced, status
from tests.unit.policy.bundles import write
from tests.unit.policy.source.archives import CONTENTS, KEY, OTHER_KEY, archive, digest, manifest, public_pem


def test_a_swapped_config_map_is_served(tmp_path: Path) -> None:
    """Every file is a link through ``..data``, which is replaced in one step."""
    root = tmp_path / "mounted"
    root.mkdir()

    def mount(version: str, text: str) -> None:
        write(root / version, {"main.cedar": text})
        (root / "..new").symlink_to(version)
        (root / "..new").replace(root / "..data")

    mount("..2026_1", OPEN)
    for entry in (root / "..data").iterdir():
        (root / entry.name).symlink_to(f"..data/{entry.name}")
    with serving(bundle=root, settings=SETTINGS) as served, calling(served) as caller:
        before = ask(caller)
        mount("..2026_2", CLOSED)
        shutil.rmtree(root / "..2026_1")
        ended(caller, "SWAPPED")
        after = ask(caller)

    assert ["ALLOWED", "FORBIDDEN"] == [before[1], after[1]]


def test_a_git_checkout_is_served(bundle: Path, caller: Caller) -> None:
    """There and back, in the working tree that is served."""

    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *words], cwd=bundle, check=True, capture_output=True, timeout=60)

    git("init")
    git("add", ".")
    git("commit", "-m", "open")
    git("checkout", "-b", "closed")
    (bundle / "main.cedar").write_text(CLOSED)
    git("commit", "-am", "closed")
    first = ended(caller, "SWAPPED")
    reasons = [ask(caller)[1]]
    for branch in ("main", "closed"):
        git("checkout", branch)
        first = ended(caller, "SWAPPED", after=first)
        reasons.append(ask(caller)[1])

    assert ["FORBIDDEN", "ALLOWED", "FORBIDDEN"] == reasons


def test_a_deleted_folder_leaves_the_last_good_one(bundle: Path, served: Served, caller: Caller) -> None:
    """It is told as missing; when it comes back all is well."""
    before = ask(caller)
    bundle.rename(bundle.with_name("away"))
    policy = ended(caller, "REFUSED")

    assert ["bundle.missing"] == [problem.code for problem in policy.last_reload.problems]
    assert before == ask(caller)
    assert 1 == gauge(served)

    bundle.with_name("away").rename(bundle)
    ended(caller, "UNCHANGED")

    assert 0 == gauge(served)


def test_a_half_written_bundle_is_not_read(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first file and the last nothing is examined; then both are served at once."""
    clock = FixedClock()
    examined = []
    monkeypatch.setattr(
        reloader.Reloader,
        "_examine",
        lambda self, seen, now: examined.append((seen, now)),  # noqa: ARG005
    )
    settings = {"bundle.poll_seconds": 3600.0, "bundle.settle_seconds": 2.0}
    with serving(bundle=bundle, settings=settings, clock=clock) as served:
        look = served.sidecar.reloader.look
        (bundle / "main.cedar").write_text(OPEN.replace("@id", "@idd"))
        for _ in range(3):
            look()
            clock.advance(1.5)
            (bundle / "main.cedar").write_text((bundle / "main.cedar").read_text() + "\n")
        look()
        clock.advance(1.9)
        look()

        assert [] == examined

        clock.advance(0.1)
        look()

    assert 1 == len(examined)


def test_what_changes_while_it_is_read_is_read_again(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child saw is not what had settled: nothing is served, nothing is blamed, until it has settled again."""
    clock = FixedClock()

    class Meddling(Child):
        def __enter__(self) -> Self:
            (bundle / "main.cedar").write_text(BROKEN)
            super().__enter__()
            return self

    settings = {"bundle.poll_seconds": 3600.0, "bundle.settle_seconds": 0.0}
    with serving(bundle=bundle, settings=settings, clock=clock) as served, calling(served) as caller:
        (bundle / "main.cedar").write_text(CLOSED)
        with monkeypatch.context() as patch:
            patch.setattr(reloader, "Child", Meddling)
            served.sidecar.reloader.look()
        policy = status(caller)

        assert not policy.HasField("last_reload")

        served.sidecar.reloader.look()

        assert "RELOAD_OUTCOME_REFUSED" == status_pb2.ReloadOutcome.Name(status(caller).last_reload.outcome)


def test_a_hangup_signal_has_the_bundle_looked_at(bundle: Path, tmp_path: Path) -> None:
    """SIGHUP: now, even though nothing seems to have changed, and long before the next look would come."""
    environ = {**os.environ, "SIDECAR_BUNDLE_POLL_SECONDS": "3600", "SIDECAR_BUNDLE_SETTLE_SECONDS": "0"}
    listen = ("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
    words = ("serve", "--bundle", str(bundle), "--data-dir", str(tmp_path / "data"), *listen, "--output", "json")
    with subprocess.Popen(
        [sys.executable, "-m", "sidecar", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            while process.stdout.readline() not in ("}\n", ""):
                pass
            process.send_signal(signal.SIGHUP)
            seen = any("the bundle's source is what is served" in line for line in process.stderr)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()

    assert seen
    assert 0 == process.returncode


def test_a_signed_archive_is_served_and_nothing_else_in_its_place(tmp_path: Path) -> None:
    """Another key's, an older, a changed or a broken archive leaves the last good one, and is told by its name."""
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(archive(serial=5, key=KEY))
    (tmp_path / "key.pem").write_bytes(public_pem(KEY))
    settings = {**SETTINGS, "bundle.public_key": tmp_path / "key.pem", "bundle.min_serial": 5}
    wrong = {
        "signed by another key": archive(serial=6, key=OTHER_KEY),
        "has serial 4": archive(serial=4, key=KEY),
        "not signed": archive(serial=6),
        "cut off": archive(serial=6, key=KEY)[:-100],
    }
    newer = {**CONTENTS, "main.cedar": CLOSED.encode()}
    signed = manifest(6, newer).to_bytes()
    with serving(bundle=path, settings=settings) as served, calling(served) as caller:
        before = ask(caller)
        last = status(caller)
        for said, data in wrong.items():
            replaced(path, data)
            last = ended(caller, "REFUSED", after=last)
            (problem,) = last.last_reload.problems

            assert str(path) == problem.file
            assert said in problem.message
            assert before == ask(caller)
        replaced(path, archive_of(signed, sign(signed, KEY), newer))
        ended(caller, "SWAPPED", after=last)

        assert (digest(newer), "FORBIDDEN") == ask(caller)
