"""The example of a consumer, as a process of its own beside a real sidecar: nobody who said no stays on its list."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import grpc
import pytest

from sidecar.api.v1 import consent_pb2, holds_pb2, holds_pb2_grpc
from tests.integration.caller import Caller, choice, eventually

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = ROOT / "examples" / "mail_provider.py"
KILLED_BEFORE_THE_ACKNOWLEDGEMENT = f"""
import os, runpy, signal
from sidecar.client import Feed
Feed.ack = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
runpy.run_path({str(PROVIDER)!r}, run_name="__main__")
"""
SECONDS = 30.0


@dataclass
class Place:
    """A folder with a sidecar's data, its socket, and the provider's list."""

    folder: Path
    http: str = ""

    @property
    def address(self) -> str:
        """Where the sidecar listens; the same after a restart."""
        return f"unix:{self.folder / 'api.sock'}"

    @property
    def token_file(self) -> Path:
        """Of the provider."""
        return self.folder / "mail-provider.token"

    @contextmanager
    def process(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A Python process of this tree, killed in the end if it is still there."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
        environ["SIDECAR_CONSUMERS_KNOWN"] = f"mail-provider,token={self.token_file},subjects=yes"
        environ["PYTHONPATH"] = str(ROOT)
        with subprocess.Popen(
            [sys.executable, *words],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def sidecar(self) -> Iterator[subprocess.Popen[str]]:
        """A sidecar that is ready."""
        words = ("-m", "sidecar", "serve", "--bundle", str(ROOT / "policies"), "--data-dir", "data", "--output", "json")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.http = f"127.0.0.1:{free.getsockname()[1]}"
        with self.process(*words, "--listen", self.address, "--http", self.http) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line == "}\n":
                    break
            yield process

    def provider(self, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """The provider, at work."""
        options = ("--address", self.address, "--token-file", str(self.token_file), "--list", "mailing.db")
        return self.process(*(words or (str(PROVIDER),)), *options)

    @contextmanager
    def caller(self) -> Iterator[Caller]:
        """The operator."""
        token = (self.folder / "data" / "operator.token").read_text().strip()
        with grpc.insecure_channel(self.address) as channel:
            yield Caller(channel, (("authorization", f"Bearer {token}"),))

    def mailed(self) -> list[str]:
        """Whom the provider may write to."""
        uri = f"file:{self.folder / 'mailing.db'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            return [row[0] for row in database.execute("SELECT subject FROM people WHERE mailed ORDER BY subject")]

    def lag(self) -> float:
        """The metric."""
        with closing(HTTPConnection(self.http, timeout=5)) as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        return float(text.partition('sidecar_downstream_lag_seconds{consumer="mail-provider"} ')[2].split("\n")[0])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder."""
    return Place(tmp_path)


def mails(place: Place, *expected: str) -> None:
    """The list says so, soon."""

    def look() -> None:
        try:
            mailed = place.mailed()
        except sqlite3.Error as error:  # it is only just made
            raise AssertionError from error
        assert list(expected) == mailed

    eventually(look, within_seconds=SECONDS)


def lags(place: Place, *, behind: bool) -> None:
    """The metric says so, soon."""

    def look() -> None:
        assert behind is (place.lag() > 0)

    eventually(look, within_seconds=SECONDS)


def agree(caller: Caller, *subjects: str) -> None:
    """Each wants the newsletter."""
    for subject in subjects:
        caller.record(subject, choice("yes", "GIVEN"))


def test_whoever_says_no_is_taken_off_the_list(place: Place) -> None:
    """By a withdrawal, an objection, an erasure; and is on it again after a new yes. Then nothing is left to do."""
    with place.sidecar(), place.caller() as caller, place.provider():
        agree(caller, "p1", "p2", "p3", "p4")
        mails(place, "p1", "p2", "p3", "p4")
        caller.record("p1", choice("no", "WITHDRAWN"))
        caller.record("p2", choice("no", "OBJECTED"))
        erase = consent_pb2.EraseRequest(subject="p3", id="gone")
        caller.consent.Erase(erase, metadata=caller.operator, timeout=5)
        mails(place, "p4")
        caller.record("p1", choice("yes again", "GIVEN"))
        mails(place, "p1", "p4")
        lags(place, behind=False)


def test_a_hold_empties_the_list_until_it_is_released(place: Place) -> None:
    """It is about nobody in particular, so everybody is asked about again."""
    with place.sidecar(), place.caller() as caller, place.provider():
        agree(caller, "p1", "p2")
        mails(place, "p1", "p2")
        holds = holds_pb2_grpc.HoldServiceStub(caller.channel)
        scope = consent_pb2.Scope(categories=["user.contact"])
        hold = holds_pb2.PlaceHoldRequest(id="breach", scope=scope, why="addresses leaked")
        holds.PlaceHold(hold, metadata=caller.operator, timeout=5)
        mails(place)
        release = holds_pb2.ReleaseHoldRequest(id="over", hold_id="breach", why="mended")
        holds.ReleaseHold(release, metadata=caller.operator, timeout=5)
        mails(place, "p1", "p2")


def test_a_provider_that_was_killed_misses_nothing(place: Place) -> None:
    """While it is down its lag grows; once it is back everybody who said no meanwhile is off, and the lag is 0."""
    with place.sidecar(), place.caller() as caller:
        with place.provider() as process:
            agree(caller, "p1", "p2", "p3")
            mails(place, "p1", "p2", "p3")
            lags(place, behind=False)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        caller.record("p1", choice("no", "WITHDRAWN"))
        erase = consent_pb2.EraseRequest(subject="p2", id="gone")
        caller.consent.Erase(erase, metadata=caller.operator, timeout=5)
        lags(place, behind=True)
        down = place.mailed()
        with place.provider():
            mails(place, "p3")
            lags(place, behind=False)

    assert ["p1", "p2", "p3"] == down


def test_one_that_is_killed_between_applying_and_acknowledging_applies_again(place: Place) -> None:
    """The change is on the list before it is acknowledged, never the other way round; twice is no harm."""
    with place.sidecar(), place.caller() as caller:
        agree(caller, "p1", "p2")
        with place.provider():
            mails(place, "p1", "p2")
            lags(place, behind=False)
        caller.record("p1", choice("no", "WITHDRAWN"))
        with place.provider("-c", KILLED_BEFORE_THE_ACKNOWLEDGEMENT) as process:
            killed = process.wait(SECONDS)
        applied = place.mailed()
        lags(place, behind=True)
        with place.provider():
            lags(place, behind=False)
            again = place.mailed()

    assert (-signal.SIGKILL, ["p2"], ["p2"]) == (killed, applied, again)


def test_a_sidecar_that_is_killed_is_followed_again(place: Place) -> None:
    """What it had acknowledged to people is in its log; the provider goes on where it was."""
    with place.sidecar() as process, place.caller() as caller, place.provider():
        agree(caller, "p1", "p2")
        mails(place, "p1", "p2")
        caller.record("p1", choice("no", "WITHDRAWN"))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        with place.sidecar():
            mails(place, "p2")
            lags(place, behind=False)


def test_who_is_not_in_another_log_is_forgotten(place: Place) -> None:
    """A log in the place of the one that was followed is told from its start; nobody stays on the list from before."""
    with place.sidecar() as process, place.caller() as caller, place.provider():
        agree(caller, "p1", "p2")
        mails(place, "p1", "p2")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        for name in ("consent.db", "consent.db-wal", "consent.db-shm", "pseudonym.key"):
            (place.folder / "data" / name).unlink(missing_ok=True)
        with place.sidecar():
            caller.record("p2", choice("yes", "GIVEN"))
            mails(place, "p2")
            lags(place, behind=False)
