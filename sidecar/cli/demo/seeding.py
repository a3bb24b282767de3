"""The invented people, brought into a running sidecar by the way that any import takes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NoReturn

from sidecar.api.v1 import status_pb2
from sidecar.cli import bulk
from sidecar.cli.connection import Connection
from sidecar.cli.demo import people
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.health import STATUS
from sidecar.cli.invocation import Invocation
from sidecar.client import Client, Question

MARKER: Final = "demo-seeded"
BATCH: Final = 64

_NEWSLETTER: Final = Question(
    service="newsletter", fields="customer.email", subject="", purpose="marketing.communications.email"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question that is answered by yes right now."""

    question: Question

    def commands(self, invocation: Invocation) -> tuple[str, str]:
        """The command that asks it, and the one after which the answer is no."""
        question = self.question
        about = ("--subject", question.subject, "--purpose", question.purpose)
        return (
            invocation.command("check", question.service, *question.field_keys, *about),
            invocation.command("consent", "withdraw", *about, token=True),
        )


def seed(connection: Connection, data_dir: Path, progress: bulk.Progress) -> int:
    """Import the people unless this log has them all; returns how many events were new.

    A marker in *data_dir* names the log that has them; without it everything is sent again; nothing is recorded twice.
    """
    marker = data_dir / MARKER
    status = connection.call(STATUS, status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse)
    log_id = status.consent.revision.partition(".")[0]
    if marker.is_file() and marker.read_text(encoding="utf-8").strip() == log_id:
        return 0
    outcome = import_people(connection, progress)
    marker.write_text(f"{log_id}\n", encoding="utf-8")
    return outcome.recorded


def import_people(connection: Connection, progress: bulk.Progress) -> bulk.Outcome:
    """Import every one of the people; ``CommandError`` if an event is refused."""
    return bulk.Import(connection, people.lines(), _refused, progress).run()


def find_example(address: str) -> Example | None:
    """The first of the people who may be sent the newsletter; ``None`` if nobody may."""
    with Client(address, timeout_seconds=5) as client:
        for first in range(1, people.COUNT + 1, BATCH):
            numbers = range(first, min(first + BATCH, people.COUNT + 1))
            questions = [replace(_NEWSLETTER, subject=people.subject_id(number)) for number in numbers]
            for question, decision in zip(questions, client.check_batch(questions), strict=True):
                if decision.allowed:
                    return Example(question=question)
    return None


def _refused(number: int, _line: bytes, reason: str) -> NoReturn:
    hint = "the invented people belong to the demo bundle: serve that, or leave out --seed-demo"
    message = f"the invented people do not fit this bundle: line {number}: {reason}"
    raise CommandError(Failure(code="seeding", message=message, hint=hint))
