"""Hot reload that cannot be: what is served stays, why is told, and it is tried again."""

import os
import signal
import sys
from pathlib import Path
from typing import Self

import pytest

from sidecar.app.reload import reloader
from sidecar.app.reload.child import Child
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, eventually
from tests.integration.reload.reloading import BROKEN, CLOSED, OPEN, SETTINGS, ask, count, ended, gauge, status
from tests.unit.policy.bundles import FILES


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
