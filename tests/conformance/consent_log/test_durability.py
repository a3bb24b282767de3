"""What every backend must do: nothing that was acknowledged is lost, whatever happens to its writers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from sidecar.consent.log import ConsentLog
from sidecar.errors import ConsentLogError, LogConflictError, RequestError
from sidecar.model.catalog import Recipient
from sidecar.model.event import Event
from tests.conformance.backends import ADA, Backend, append, append_together, following, ids
from tests.unit.consent.desk import no, yes
from tests.worlds import CATALOG, scope

_APPENDER = """
import sys
from pathlib import Path
from tests.conformance.backends import ADA, BACKENDS, append
from tests.unit.consent.desk import yes
backend, folder = sys.argv[1:]
with BACKENDS[backend].opened(Path(folder)) as log:
    for number in range(1_000_000):
        print(append(log, ADA, yes(f"e{number}")), flush=True)
"""


def test_everything_is_there_after_opening_again(backend: Backend, tmp_path: Path) -> None:
    """Entries, positions and the log's id."""
    with backend.opened(tmp_path) as log:
        append(log, ADA, yes("a"), no("b"))
        expected = (log.log_id, log.last_position(), log.history(ADA, after=0, limit=10))

    with backend.opened(tmp_path) as log:
        assert expected == (log.log_id, log.last_position(), log.history(ADA, after=0, limit=10))


def test_a_kill_loses_nothing_that_was_acknowledged(
    request: pytest.FixtureRequest, backend: Backend, tmp_path: Path
) -> None:
    """SIGKILL in the midst of appending: every position that was told is there, and the log goes on."""
    name = request.node.callspec.params["backend"]
    with backend.opened(tmp_path):  # made here: the process must not be the one that starts a server, and ends it
        command = [sys.executable, "-c", _APPENDER, name, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(25)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    with backend.opened(tmp_path) as log:
        kept = [entry.position for entry in log.history(ADA, after=0, limit=1_000_000)]

        assert acknowledged == kept[: len(acknowledged)]
        assert append(log, ADA, no("after")) > kept[-1]


def test_no_update_is_lost_among_eight_writers(log: ConsentLog) -> None:
    """Each reads, folds outside of any batch, appends, and starts again if another was first: all noes are kept."""

    def write(writer: int) -> None:
        for number in range(5):
            event = no(f"{writer}-{number}", about=scope("", "", "", f"p{writer}{number}"))
            while not attempt(event):
                pass

    def attempt(event: Event) -> bool:
        entry = following(log.head(ADA), ADA, event, catalog=wide)
        try:
            with log.batch() as batch:
                batch.append(entry)
        except LogConflictError:
            return False
        return True

    partners = {f"p{writer}{number}" for writer in range(8) for number in range(5)}
    wide = replace(CATALOG, recipients={key: Recipient(key=key, title="") for key in partners})
    threads = [Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = log.head(ADA)

    assert head is not None
    assert partners == {entry.atom.recipient for entry in head.record.entries}
    assert 40 == len(log.history(ADA, after=0, limit=100))


@pytest.mark.parametrize("error", [RequestError("event", "wrong"), KeyboardInterrupt()])
def test_a_batch_that_is_left_with_an_exception_is_not_there(
    backend: Backend, log: ConsentLog, error: BaseException
) -> None:
    """Or, where there are no transactions, any part of it: the exception comes out as it is, and the next one works."""
    with pytest.raises(type(error)):
        append_together(log, yes("a"), leaving_with=error)
    left = ids(log.history(ADA, after=0, limit=10))
    append(log, ADA, yes("b"))

    assert left in ([], [] if backend.transactional else ["a"])
    assert [*left, "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_full_disk_is_an_error_and_passes(backend: Backend, log: ConsentLog) -> None:
    """Nothing of the batch is there, what was there can be read, and once there is space it goes on."""
    first = append(log, ADA, yes("a"))
    with backend.full(log):
        with pytest.raises(ConsentLogError, match="full"):
            append_together(log, *(no(f"b{number}") for number in range(200)))
        while_full = log.last_position()
    append(log, ADA, no("c"))

    assert first == while_full
    assert ["a", "c"] == ids(log.history(ADA, after=0, limit=10))


def test_closing_twice_is_closing(backend: Backend, tmp_path: Path) -> None:
    """And afterwards every call is an error, not an empty answer."""
    log = backend.open(tmp_path)
    log.close()
    log.close()

    for call in (log.ping, log.last_position, lambda: log.head(ADA), lambda: list(log.heads())):
        with pytest.raises(ConsentLogError):
            call()
    with pytest.raises(ConsentLogError), log.batch():
        pass
