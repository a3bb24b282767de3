"""Hot reload: a good edit is served, what it replaced is freed, a bad one is refused and told."""

import gc
import subprocess
import sys
from pathlib import Path
from weakref import ref

from sidecar.testing import Served
from tests.integration.caller import Caller, eventually
from tests.integration.reload.reloading import (
    BROKEN,
    CLOSED,
    OPEN,
    ask,
    count,
    ended,
    gauge,
    revision,
    status,
)
from tests.unit.policy.bundles import problems


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
