"""Whether every sidecar knows what the log knows, and the log what was acknowledged."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final

from sidecar.consent.log import LogEntry
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import Kind
from tests.faults.writing import Acknowledged
from tests.fleet import Fleet, Member
from tests.integration.caller import eventually, question

_PAGE: Final = 1_000


def require_same(sidecars: Fleet, done: Acknowledged, *, token: str = "", within_seconds: float = 30) -> None:
    """Everything acknowledged is in the log once, and every sidecar answers by it, at least as fresh as the latest.

    Or as *token*, if the log is not the one that acknowledged it.
    """
    pseudonyms = Pseudonyms((sidecars.folder / "key").read_bytes())
    entries = _everything(sidecars, pseudonyms)
    acts_of: dict[str, set[str]] = {}
    for act in done.revisions:
        acts_of.setdefault(act.subject, set()).add(act.event_id)
    of_subject: dict[bytes, list[LogEntry]] = {}
    for entry in entries:
        of_subject.setdefault(entry.pseudonym, []).append(entry)
    expected = {}
    for subject, acts in acts_of.items():
        of = of_subject[pseudonyms.of(subject)]
        times = Counter(entry.event.id for entry in of)

        assert acts == times.keys()
        assert {1} == set(times.values())
        expected[subject] = _expected(of[-1])
    with ThreadPoolExecutor(len(sidecars.members)) as pool:
        checks = [
            pool.submit(_require, each, expected, token or done.latest, within_seconds) for each in sidecars.members
        ]
        for check in checks:
            check.result()


def verify(member: Member) -> None:
    """The log is what its events make, and *member* answers from what it has: ``consent verify`` finds nothing."""
    verified = member.run("consent", "verify", "--token-file", str(member.token_file))

    assert 0 == verified.returncode, verified.stdout + verified.stderr


def _everything(sidecars: Fleet, pseudonyms: Pseudonyms) -> Sequence[LogEntry]:
    entries: list[LogEntry] = []
    with closing(NatsLog.open(sidecars.nats, pseudonyms)) as log:
        while page := log.entries(after=entries[-1].position if entries else 0, limit=_PAGE):
            entries += page
    return entries


def _expected(last: LogEntry) -> str:
    """The reason that a question about the newsletter must be answered with: the last word counts, else the no."""
    latest = max(last.record.entries, key=lambda entry: (entry.at, entry.kind is Kind.WITHDRAWN))
    return "ALLOWED" if latest.kind is Kind.GIVEN else "CONSENT_WITHDRAWN"


def _require(member: Member, expected: dict[str, str], token: str, within_seconds: float) -> None:
    for subject, reason in expected.items():

        def look(subject: str = subject, reason: str = reason) -> None:
            assert reason == member.caller.reason(question(subject, at_least_as_fresh=token)), member.name

        eventually(look, within_seconds=within_seconds)
