"""The examining child: it answers, or it is told why it did not; and it is gone afterwards."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.app.reload.child import NICENESS, Child
from sidecar.app.reload.examined import listen
from sidecar.authoring.examination.messages import Ending, Order
from sidecar.errors import ReloadError
from sidecar.pace import Pace
from sidecar.policy.bundle import load_bundle
from tests.unit.policy.bundles import write

READ_ALL = "import sys; sys.stdin.buffer.read();"


def child(program: str = "", *, timeout_seconds: float = 30, given_up: Callable[[], bool] = lambda: False) -> Child:
    """A child that runs *program*, by default the real one."""
    words = (sys.executable, "-c", program) if program else ()
    return Child(timeout_seconds=timeout_seconds, given_up=given_up, program=words)


def ask(asked: Child, order: Order) -> str:
    """Why there is no answer to *order*."""
    with pytest.raises(ReloadError) as caught, asked:
        listen(asked.ask([order]), Pace())

    with pytest.raises(ProcessLookupError):
        os.kill(asked.pid, 0)
    return str(caught.value)


ORDER = Order(source="nowhere", serving="x" * 300_000, seconds=60)  # longer than a pipe holds


def test_the_child_examines(tmp_path: Path) -> None:
    """What it hands over is what loading would make here."""
    bundle = load_bundle(write(tmp_path))
    with child() as asked:
        examined = listen(asked.ask([Order(source=str(tmp_path), serving="", seconds=60)]), Pace())

    assert Ending.GOOD is examined.ending
    assert bundle.revision == examined.looked.revision
    assert bundle.catalog == examined.catalog


def test_the_child_gives_way_from_its_first_instruction() -> None:
    """Whatever it runs, and without its doing anything for it: imports take as long as the examination."""
    with child(READ_ALL) as asked:
        priority = os.getpriority(os.PRIO_PROCESS, asked.pid)

    assert min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS) == priority


def test_an_order_longer_than_a_pipe_arrives() -> None:
    """Nobody waits for the other."""
    with child() as asked:
        examined = listen(asked.ask([ORDER]), Pace())

    assert Ending.BAD is examined.ending
    assert None is examined.catalog


@pytest.mark.parametrize(
    ("program", "because"),
    [
        (f"{READ_ALL} sys.exit('no memory left')", "ended with exit code 1: no memory left"),
        (f"{READ_ALL}", "ended with exit code 0"),
        ("import os; os._exit(3)", "ended with exit code 3"),
        (f"{READ_ALL} import os; os.kill(os.getpid(), 9)", "was killed by SIGKILL"),
        (f"{READ_ALL} import os; os.kill(os.getpid(), 40)", "was killed by signal 40"),
        (f"{READ_ALL} print('hello, world')", "said what is no message"),
        (f"{READ_ALL} import os, time; os.close(1); time.sleep(60)", "stopped in the middle"),
        (
            f"{READ_ALL} from sidecar.authoring.examination.wire import Writer;Writer(sys.stdout.buffer).send('hello')",
            "said what makes no sense",
        ),
    ],
    ids=["exits", "silent", "deaf", "killed", "killed-by-no-name", "garbage", "closes", "nonsense"],
)
def test_a_child_that_does_not_answer_is_told(program: str, because: str) -> None:
    """As nearly as can be told."""
    assert because in ask(child(program), ORDER).replace("sent what", "said what")


def test_a_child_that_breaks_says_why(tmp_path: Path) -> None:
    """An exception that nobody thought of, in the child's own words."""
    program = (
        "import sidecar.authoring.examination.__main__ as m\n"
        "def examine(order, rows, send): raise KeyError('odd')\n"
        "m.examine = examine\n"
        "m.main()\n"
    )

    assert "the examination broke: KeyError: 'odd'" == ask(
        child(program), Order(source=str(tmp_path), serving="", seconds=60)
    )


def test_a_child_whose_server_is_gone_ends_by_itself() -> None:
    """Its alarm goes off a second after its time is over."""
    program = (
        "import time, sidecar.authoring.examination.__main__ as m\n"
        "m.examine = lambda order, rows, send: time.sleep(60)\n"
        "m.main()\n"
    )

    assert "the examination was killed by SIGALRM" == ask(child(program), Order(source="", serving="", seconds=0))


def test_a_child_has_its_time_and_no_more() -> None:
    """It is killed, and all that it started."""
    program = f"{READ_ALL} import subprocess; subprocess.run(['sleep', '60'])"

    assert "the examination took longer than 0.3 s" == ask(child(program, timeout_seconds=0.3), ORDER)


def test_nobody_waits_for_what_is_no_longer_wanted() -> None:
    """The process is about to stop."""
    assert "no longer wanted" in ask(child(f"{READ_ALL} import time; time.sleep(60)", given_up=lambda: True), ORDER)


def test_a_child_that_cannot_be_started_is_told() -> None:
    """No such program."""
    with (
        pytest.raises(ReloadError, match="cannot be started: No such file"),
        Child(timeout_seconds=1, given_up=lambda: False, program=("/nowhere",)),
    ):
        pass


def test_signals_to_the_server_do_not_reach_the_child() -> None:
    """It is in a group of its own: control-C at the terminal lets the server end it."""
    with child(f"{READ_ALL} import time; time.sleep(60)") as asked:
        assert asked.pid == os.getpgid(asked.pid)
