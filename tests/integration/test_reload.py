"""Hot reload: what is good is served, what is bad is refused and told, whatever way the files came."""

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from weakref import ref

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import status_pb2
from sidecar.app.reload import reloader
from sidecar.app.reload.child import Child
from sidecar.policy.bundle import load_bundle
from sidecar.policy.source.archive import archive_of
from sidecar.policy.source.signature import sign
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, eventually
from tests.unit.policy.bundles import FILES, problems, write
from tests.unit.policy.source.archives import CONTENTS, KEY, OTHER_KEY, archive, digest, manifest, public_pem

SETTINGS: dict[str, object] = {"bundle.poll_seconds": 0.02, "bundle.settle_seconds": 0.05}

OPEN = FILES["main.cedar"]
CLOSED = OPEN + '@id("closed") forbid (principal, action, resource);\n'
BROKEN = OPEN.replace("context.objected", "context.objectd") + "permit (\n"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of its own for each test."""
    return write(tmp_path / "bundle")


@pytest.fixture
def served(bundle: Path) -> Iterator[Served]:
    """A sidecar that serves it and looks often."""
    with serving(bundle=bundle, settings=SETTINGS) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """A caller by TCP."""
    with calling(served) as calls:
        yield calls


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


def test_a_good_edit_is_served(bundle: Path, served: Served, caller: Caller) -> None:
    """Without a restart; answers, status and metrics name the new revision."""
    before = ask(caller)
    assert not status(caller).HasField("last_reload")

    (bundle / "main.cedar").write_text(CLOSED)
    policy = ended(caller, "SWAPPED")
    new = revision(bundle)

    assert "ALLOWED" == before[1]
    assert (new, "FORBIDDEN") == ask(caller)
    assert (new, new, 5) == (policy.revision, policy.last_reload.revision, policy.policies)
    assert [] == list(policy.last_reload.problems)
    assert (0, 1) == (gauge(served), count(served, "swapped"))
    assert 1 == served.sidecar.registry.get_sample_value("sidecar_policy_info", {"revision": new})


def test_a_new_bundle_knows_what_the_old_one_was_asked(bundle: Path, served: Served, caller: Caller) -> None:
    """The first answer after a reload takes no longer than the last before."""
    ask(caller)
    (bundle / "main.cedar").write_text(CLOSED)
    verdicts = ended(caller, "SWAPPED").verdicts
    table = served.sidecar.world.policies.snapshot.verdicts
    ask(caller)

    assert (1, 0) == (verdicts, table.misses)


def test_what_was_replaced_is_freed(bundle: Path, served: Served, caller: Caller) -> None:
    """As soon as no call uses it, without a look for cyclic garbage: there never is one at what is served."""
    ask(caller)
    snapshot = served.sidecar.world.policies.snapshot
    replaced = ref(snapshot), ref(snapshot.facts), ref(snapshot.bundle.policies)
    del snapshot
    gc.disable()
    try:
        (bundle / "main.cedar").write_text(CLOSED)
        ended(caller, "SWAPPED")

        def freed() -> None:
            assert [None] * 3 == [held() for held in replaced]

        eventually(freed)
    finally:
        gc.enable()


def test_a_bad_edit_leaves_the_last_good_one_and_is_told_whole(bundle: Path, served: Served, caller: Caller) -> None:
    """Every problem, with place and hint; undoing the edit is seen too."""
    before = ask(caller)
    kept = revision(bundle)
    (bundle / "main.cedar").write_text(BROKEN)
    policy = ended(caller, "REFUSED")
    told = [(p.file, p.line, p.column, p.code, p.message, p.hint) for p in policy.last_reload.problems]
    expected = [(p.file, p.line, p.column, p.code, p.message, p.hint) for p in problems(bundle, {"main.cedar": BROKEN})]

    assert len(expected) == 2
    assert expected == told
    assert before == ask(caller)
    assert kept == policy.revision != policy.last_reload.revision
    assert (1, 1) == (gauge(served), count(served, "refused"))

    (bundle / "main.cedar").write_text(OPEN)
    ended(caller, "UNCHANGED")

    assert 0 == gauge(served)


def test_the_command_line_lists_every_problem(bundle: Path, served: Served, caller: Caller) -> None:
    """For people, line by line."""
    (bundle / "main.cedar").write_text(BROKEN)
    ended(caller, "REFUSED")
    words = ("status", "--address", served.address, "--token-file", str(served.token_file))
    run = subprocess.run(
        [sys.executable, "-m", "sidecar", *words], capture_output=True, text=True, timeout=60, check=True
    )

    assert "refused" in run.stdout
    for problem in problems(bundle, {"main.cedar": BROKEN}):
        assert str(problem) in run.stdout


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


def test_a_child_that_is_killed_is_told_and_tried_again(
    bundle: Path, served: Served, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server goes on; a second later the same bundle is examined again, and served."""
    before = ask(caller)

    class Doomed(Child):
        def __enter__(self) -> Self:
            super().__enter__()
            os.kill(self.pid, signal.SIGKILL)
            return self

    with monkeypatch.context() as patch:
        patch.setattr(reloader, "Child", Doomed)
        (bundle / "main.cedar").write_text(CLOSED)
        policy = ended(caller, "FAILED")

        assert before == ask(caller)
        assert 1 == gauge(served)
        (problem,) = policy.last_reload.problems
        assert "the examination was killed by SIGKILL" == problem.message
        assert "tried again in 1 s" in problem.hint

    ended(caller, "SWAPPED")

    assert "FORBIDDEN" == ask(caller)[1]
    assert 0 == gauge(served)


def test_a_bundle_that_fails_its_own_tests_is_refused(bundle: Path, caller: Caller) -> None:
    """Each test that fails is told at its place."""
    before = ask(caller)
    suite = bundle / "tests/basics.yaml"
    suite.write_text(suite.read_text().replace("{effect: deny}", "{effect: allow}"))
    policy = ended(caller, "REFUSED")

    assert before == ask(caller)
    assert [("tests/basics.yaml", 6, "test.failed")] == [(p.file, p.line, p.code) for p in policy.last_reload.problems]


def test_a_bundle_without_a_pinned_service_is_refused(bundle: Path) -> None:
    """Every caller of that listener would be refused: the bundle is, as it is at the start."""
    settings = SETTINGS | {"server.listen": ("127.0.0.1:0", "127.0.0.1:0,service=newsletter")}
    with serving(bundle=bundle, settings=settings) as served, calling(served) as caller:
        before = ask(caller)
        for file in ("catalog/services/newsletter.yaml", "tests/basics.yaml"):
            (bundle / file).unlink()
        (bundle / "catalog/services/fraud.yaml").write_text(
            FILES["catalog/services/fraud.yaml"].replace("may_ask_for: [newsletter]\n", "")
        )
        policy = ended(caller, "REFUSED")

        assert before == ask(caller)

    (problem,) = policy.last_reload.problems
    assert ("bundle.pinned_service", "catalog/services/newsletter.yaml") == (problem.code, problem.file)
    assert "no service `newsletter`" in problem.message


def test_a_stop_does_not_wait_for_an_examination(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is ended, and nothing is told: nobody is to blame."""
    program = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(reloader, "Child", lambda **how: Child(program=program, **how))
    with serving(bundle=bundle, settings=SETTINGS) as served:
        (bundle / "main.cedar").write_text(CLOSED)

        def started() -> int:
            pid = served.sidecar.reloader.child_pid
            assert pid is not None
            return pid

        pid = eventually(started)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (None, 0) == (count(served, "failed"), len(served.sidecar.errors.latest()))


def test_an_error_nobody_thought_of_is_not_the_last_look(
    bundle: Path, served: Served, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported, and the next look is as good as any."""

    def odd(*_: object) -> bytes:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(reloader, "fingerprint", odd)

        def reported() -> None:
            assert [] != [error for error in served.sidecar.errors.latest() if error.component == "policy"]

        eventually(reported)
    (bundle / "main.cedar").write_text(CLOSED)
    ended(caller, "SWAPPED")


def test_answers_turn_stale_while_the_source_is_not_what_is_served(bundle: Path) -> None:
    """The age of the policy is that of the last look that found what is served; a good look makes it 0 again."""
    clock = FixedClock()
    settings = {
        "bundle.poll_seconds": 3600.0,
        "bundle.settle_seconds": 0.0,
        "freshness.max_policy_age_seconds": 60.0,
        "freshness.max_consent_age_seconds": None,
    }
    with serving(bundle=bundle, settings=settings, clock=clock) as served, calling(served) as caller:
        look = served.sidecar.reloader.look
        clock.advance(50)
        look()
        clock.advance(50)

        assert (50_000, "ALLOWED") == (status(caller).age_ms, ask(caller)[1])

        (bundle / "main.cedar").write_text(BROKEN)
        look()
        clock.advance(11)
        look()

        assert (61_000, "STALE_POLICY") == (status(caller).age_ms, ask(caller)[1])

        (bundle / "main.cedar").write_text(OPEN)
        look()

        assert (0, "ALLOWED") == (status(caller).age_ms, ask(caller)[1])


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


def replaced(path: Path, data: bytes) -> None:
    """Put *data* in place of the file *path*, as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)
