"""The permissions that the runbook lists are enough, and none is too many."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from sidecar.config import Nats
from sidecar.consent.log import Follower, Mark
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConsentLogError
from tests.conformance.backends import ADA, append, erasure, ids
from tests.nats_log import PSEUDONYMS, fill, followed, init, opened, pseudonym
from tests.nats_server import NatsServer, nats_server
from tests.unit.consent.desk import NOW, no, yes

pytestmark = pytest.mark.nats

RUNBOOK: Final = Path("docs/runbook.md").read_text(encoding="utf-8")


def listed(of: str) -> list[str]:
    """The subjects of a block of the runbook to which may be published."""
    block = re.search(rf"```conf\n# {of}\npublish: \[\n(.*?)\]", RUNBOOK, re.DOTALL)
    assert block is not None
    return re.findall(r'"(.+?)"', block[1])


SIDECAR: Final = listed("permissions of a sidecar")
MAKER: Final = [*SIDECAR, *listed("permissions to make a log")]
SUBSCRIBE: Final = '["_INBOX.>"]'

NOT_MISSED: Final = ("$JS.API.CONSUMER.DELETE.CONSENT.*", "$JS.FC.CONSENT.>")
"""Without the first consumers go by themselves, later; without the second only a feed of many stands still."""


def user(name: str, publish: list[str], subscribe: str = SUBSCRIBE) -> str:
    """A user of the server's configuration."""
    allowed = ", ".join(f'"{subject}"' for subject in publish)
    permissions = f"permissions: {{ publish: [{allowed}], subscribe: {subscribe} }}"
    return f'{{ user: "{name}", password: "pass", {permissions} }}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server with a user who has what is listed, and others who lack one permission each."""
    users = [user("maker", MAKER), user("sidecar", SIDECAR), user("mute", SIDECAR, '["elsewhere"]')]
    users += [user(f"lacks{n}", [s for s in SIDECAR if s != missing]) for n, missing in enumerate(SIDECAR)]
    users += [user(f"makes{n}", [s for s in MAKER if s != missing]) for n, missing in enumerate(MAKER)]
    extra = f"authorization {{ users: [{', '.join(users)}] }}"
    with nats_server(tmp_path_factory.mktemp("permissions"), extra) as server:
        init(as_user("maker", server))
        yield server


def as_user(name: str, server: NatsServer) -> Nats:
    """The settings of a user; the stream is called as in the runbook."""
    password = server.folder / "password"
    password.write_text("pass")
    seconds = 20.0 if name in ("maker", "sidecar") else 1.0  # only who lacks something waits in vain
    return server.settings(stream="CONSENT", user=name, password_file=password, timeout_seconds=seconds)


def use(log: NatsLog) -> None:
    """Do with *log* all that a sidecar does."""
    append(log, ADA, yes("a"), no("b"), erasure("gone"))
    log.beat()
    log.mark(Mark(kind=Follower.SIDECAR, name="me", position=1, at=NOW))
    log.marks()
    log.entries(after=0, limit=100)
    list(log.heads())


def test_a_sidecar_can_do_all_with_what_is_listed(server: NatsServer) -> None:
    """Also follow a log that has more than is sent at once."""
    with opened(as_user("sidecar", server)) as log:
        use(log)
        fill(log, range(100, 3_100))  # other tests fill the first
        with followed(log) as reader:
            reader.reach(log.last_position())

        assert ["gone"] == ids(log.history(ADA, after=0, limit=10))
        assert len(reader.heads) > 3_000


@pytest.mark.parametrize("missing", [each for each in SIDECAR if each not in NOT_MISSED])
def test_nothing_is_listed_that_a_sidecar_does_not_need(server: NatsServer, missing: str) -> None:
    """Without it something fails, and it is said what: by subject, and whose permission it is."""
    name = f"lacks{SIDECAR.index(missing)}"

    def try_it() -> None:
        with opened(as_user(name, server)) as log:
            use(log)

    with opened(as_user("sidecar", server)) as log:
        fill(log, [n for n in range(20) if log.head(pseudonym(n)) is None])
    with pytest.raises(ConsentLogError, match=rf"`{name}` has not the permission it needs") as caught:
        try_it()

    assert missing.split(".*", maxsplit=1)[0].lower() in str(caught.value)


@pytest.mark.parametrize("missing", listed("permissions to make a log"))
def test_nothing_is_listed_that_making_a_log_does_not_need(server: NatsServer, missing: str) -> None:
    """Without it nothing is made, or what was made and is not wanted stays."""
    name = f"makes{MAKER.index(missing)}"
    with closing(Connection.open(as_user("maker", server), "log")) as connection:
        log, marks = JetStream(connection, "CONSENT"), JetStream(connection, "CONSENT_MARKS")
        log.delete()
        if "STREAM.DELETE" not in missing:
            marks.delete()
        try:
            refused = make(as_user(name, server))
            left = log.state() is not None
        finally:
            log.delete()
            marks.delete()
            init(as_user("maker", server))

    assert "permission" in refused or left


def make(settings: Nats) -> str:
    """Make a log and throw it away; returns what is said if that is refused."""
    try:
        draft = NatsLog.draft(settings, PSEUDONYMS)
    except ConsentLogError as error:
        return str(error)
    try:
        draft._stream.sequence(draft._stream.publish(draft._names.meta, b""))
    except ConsentLogError as error:
        return str(error)
    finally:
        draft.discard()
    return ""


def test_without_its_inbox_nothing_can_be_asked(server: NatsServer) -> None:
    """It is told why."""
    with pytest.raises(ConsentLogError, match="for subscription"):
        NatsLog.open(as_user("mute", server), PSEUDONYMS)
