import resource
import subprocess
import sys

import pytest

from sidecar.config import Listener
from sidecar.transport.native.fitness import why_not

LOCAL = ["unix:/tmp/s.sock", "127.0.0.1:7070", "[::1]:7070", "localhost:7070"]


@pytest.mark.parametrize("address", LOCAL)
def test_a_listener_of_this_machine_can_be_native(address: str) -> None:
    """Wherever the extra is installed, as it is here."""
    assert "" == why_not(Listener(address=address))


@pytest.mark.parametrize("address", ["0.0.0.0:7070", "10.0.0.1:7070", "[::]:7070", "sidecar:7070"])
def test_a_listener_that_others_reach_cannot(address: str) -> None:
    """A name other than ``localhost`` may be anybody's."""
    assert "other machines" in why_not(Listener(address=address))


def test_without_the_extra_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else needs it."""
    monkeypatch.setitem(sys.modules, "pygrpc_native", None)

    assert "pip install 'consent-sidecar[native]'" in why_not(Listener(address="127.0.0.1:7070"))


def test_a_process_whose_memory_is_counted_has_none() -> None:
    """The front reserves what a message claims, and ends the process if it cannot: a limit makes that easy."""
    program = (
        "from sidecar.config import Listener\n"
        "from sidecar.transport.native.fitness import why_not\n"
        "print(why_not(Listener(address='127.0.0.1:7070')))"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**36, 2**36))

    told = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=60,
    )

    assert "ulimit -v" in told.stdout
