"""Consumers of a log that several sidecars share: they follow any of them, and nothing is left out when one dies."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from sidecar.client import Feed
from tests.fleet import Fleet, Member, fleet
from tests.integration.caller import choice, eventually, question
from tests.nats_server import nats_server

pytestmark = pytest.mark.nats

SECONDS = 60.0


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Fleet]:
    """Two sidecars that know the consumer ``mail``: one holds everybody, the other whom it is asked about."""
    known = f"mail,token={tmp_path / 'mail.token'},subjects=yes"
    with nats_server(tmp_path / "nats") as server, fleet(tmp_path / "fleet", server, CONSUMERS_KNOWN=known) as made:
        made.add("one")
        made.add("two", CONSENT_MODE="on_demand")
        made.init()
        made.start()
        yield made


class Mail:
    """A consumer that keeps what it is told, and acknowledges it."""

    def __init__(self, token_file: Path) -> None:
        self._token = token_file.read_text(encoding="ascii").strip()
        self.events: list[tuple[str, str]] = []
        self.revision = ""

    def follow(self, member: Member) -> tuple[Feed, Thread]:
        """Follow *member* on a thread, until the feed is closed."""
        feed = Feed(member.socket, token=self._token, consumer="mail")
        thread = Thread(target=self._take, args=(feed, self.revision))
        thread.start()
        return feed, thread

    def _take(self, feed: Feed, after: str) -> None:
        for update in feed.follow(after):
            if update.change is not None:
                self.events.append((update.change.subject, update.change.entry.event.id))
            self.revision = update.revision
            if update.caught_up:
                feed.ack(update.revision)


def record(member: Member, subjects: range) -> list[tuple[str, str]]:
    """Each withdraws; what that is as an event."""
    for number in subjects:
        member.caller.record(f"p{number}", choice("e", "WITHDRAWN"))
    return [(f"p{number}", "e") for number in subjects]


def has(mail: Mail, expected: list[tuple[str, str]]) -> None:
    """The consumer was told of all that, soon."""

    def look() -> None:
        assert sorted(expected) == sorted(mail.events)

    eventually(look, within_seconds=SECONDS)


def status(member: Member, revision: str, *words: str) -> tuple[int, str]:
    """What ``consent status`` says: its exit code, and the rest."""
    token_file = str(member.folder / "data" / "operator.token")
    done = member.run("consent", "status", revision, "--token-file", token_file, *words)
    return done.returncode, done.stdout


def test_a_consumer_goes_on_at_another_sidecar(two: Fleet, tmp_path: Path) -> None:
    """What both recorded is told by either, once; one is killed while it is followed, and the other goes on."""
    one, other = two.members
    mail = Mail(tmp_path / "mail.token")
    expected = record(one, range(20)) + record(other, range(20, 40))
    feed, thread = mail.follow(one)
    has(mail, expected)
    one.kill()
    expected += record(other, range(40, 60))
    feed.close()
    thread.join(SECONDS)
    feed, thread = mail.follow(other)
    try:
        has(mail, expected)
    finally:
        feed.close()
        thread.join(SECONDS)

    assert not thread.is_alive()


def test_who_has_applied_a_change_is_known_everywhere(two: Fleet, tmp_path: Path) -> None:
    """Recorded at one, acknowledged at the other: both tell of both sidecars and of the consumer."""
    one, other = two.members
    mail = Mail(tmp_path / "mail.token")
    before = one.caller.record("p1", choice("e1", "GIVEN")).revision
    eventually(lambda: tells_of(one, before, "one", "two", "mail"), within_seconds=SECONDS)
    revision = one.caller.record("p1", choice("e2", "WITHDRAWN")).revision
    pending, _ = status(one, revision)
    feed, thread = mail.follow(other)
    try:
        codes = [status(member, revision, "--wait", "30")[0] for member in two.members]
    finally:
        feed.close()
        thread.join(SECONDS)

    assert (1, [0, 0]) == (pending, codes)
    tells_of(other, revision, "one", "two", "mail")


def tells_of(member: Member, revision: str, *names: str) -> None:
    """A sidecar has heard of all these, of each once, and begins with itself."""
    _, shown = status(member, revision, "--output", "json")
    followers = [follower["name"] for follower in json.loads(shown)["followers"]]

    assert (member.name, sorted(names)) == (followers[0], sorted(followers))


def test_a_sidecar_answers_by_what_its_feed_tells(two: Fleet, tmp_path: Path) -> None:
    """Whoever is told of a change that was made elsewhere, and asks that very sidecar, is answered by it."""
    one, other = two.members
    token = (tmp_path / "mail.token").read_text(encoding="ascii").strip()
    answers = []
    with Feed(other.socket, token=token) as feed:
        updates = feed.follow()
        for number, kind in enumerate(["GIVEN", "WITHDRAWN"] * 10):
            one.caller.record("p1", choice(f"e{number}", kind))
            next(update for update in updates if update.change is not None)
            answers.append(other.caller.reason(question("p1")))
        updates.close()

    assert ["ALLOWED", "CONSENT_WITHDRAWN"] * 10 == answers
