"""What the page shows of one person, and what it does for that person: nothing but calls of the API."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sidecar.api.v1 import choices_pb2, consent_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.cli.consent import GET_RECORD, LIST_HISTORY
from sidecar.cli.demo import people
from sidecar.cli.demo.tour import ask
from sidecar.cli.plain import show_timestamp, to_plain
from sidecar.cli.record_view import columns
from sidecar.cli.recording import erase_subject
from sidecar.client import Client, Question

LIST_CHOICES: Final = Method.of("ChoiceService", "ListChoices")
SAVE_CHOICES: Final = Method.of("ChoiceService", "SaveChoices")

LANGUAGES: Final = ("en", "de")
"""What the page can be shown in."""

CHECKS: Final[Mapping[str, Question]] = {
    "newsletter": ask("newsletter", "customer.email", "marketing.communications.email"),
    "text-message": ask("newsletter", "customer.phone", "marketing.communications.sms"),
    "films": ask("recommendations", "viewing.history", "personalize.content"),
    "microphone": ask("voice-assistant", "voice.recording", "train_ai_system", action="collect"),
    "shopping-list": replace(
        ask("fridge", "fridge.shopping_list", "essential.service", action="share"), recipient="grocer-partner"
    ),
    "partner-offers": replace(
        ask("offers", "customer.browsing", "marketing.advertising.third_party.targeted", action="share"),
        recipient="ad-network",
    ),
    "improvement": ask("analytics", "customer.browsing", "essential.service.operations.improve"),
    "support": ask("support", "customer.email", "essential.service"),
}
"""Questions that services ask, by a name for the page."""

_PERSON: Final = re.compile(r"person-([0-9]{5})")
_PAGE_SIZE: Final = 100


def is_invented(subject: object) -> bool:
    """Whether *subject* is one of the invented people: the page is about nobody else."""
    match = _PERSON.fullmatch(subject) if isinstance(subject, str) else None
    return match is not None and 1 <= int(match[1]) <= people.COUNT


class PersonView:
    """People as the page shows them. Safe for any number of threads; raises ``CommandError`` if a call fails."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client

    def shown(self, subject: str, language: str) -> dict[str, object]:
        """Everything that the page shows of *subject*, as JSON takes it."""
        listed = self._connection.call(
            LIST_CHOICES,
            choices_pb2.ListChoicesRequest(subject=subject, language=language),
            choices_pb2.ListChoicesResponse,
        )
        record = self._connection.call(
            GET_RECORD,
            consent_pb2.GetRecordRequest(subject=subject, language=language),
            consent_pb2.GetRecordResponse,
        )
        history = self._connection.call(
            LIST_HISTORY,
            consent_pb2.ListHistoryRequest(subject=subject, page_size=_PAGE_SIZE),
            consent_pb2.ListHistoryResponse,
        )
        return {
            "subject": subject,
            "choices": to_plain(listed),
            "record": list(record.summary),
            "history": [self._event(entry) for entry in reversed(history.entries)],
            "checks": self._checks(subject),
        }

    def save(self, subject: str, language: str, *, revision: str, key: str, ticked: bool) -> dict[str, object]:
        """Tick or untick one box; what the page shows then, and why that was not taken, if it was not."""
        request = choices_pb2.SaveChoicesRequest(
            subject=subject,
            id=f"page-{uuid.uuid4()}",
            revision=revision,
            ticks=[choices_pb2.BoxTick(key=key, ticked=ticked)],
            language=language,
            method="preference-page",
        )
        saved = self._connection.call(SAVE_CHOICES, request, choices_pb2.SaveChoicesResponse)
        return {**self.shown(subject, language), "not_taken": [one.why for one in saved.not_taken]}

    def erase(self, subject: str, language: str) -> dict[str, object]:
        """Forget everything about *subject*; what the page shows then."""
        erase_subject(self._connection, subject)
        return self.shown(subject, language)

    def _checks(self, subject: str) -> list[dict[str, object]]:
        questions = [replace(question, subject=subject) for question in CHECKS.values()]
        decisions = self._client.check_batch(questions)
        return [
            {
                "name": name,
                "service": question.service,
                "action": question.action,
                "field": question.field_keys[0],
                "purpose": question.purpose,
                "allowed": decision.allowed,
                "reason": decision.fields[0].reason,
            }
            for name, question, decision in zip(CHECKS, questions, decisions, strict=True)
        ]

    @staticmethod
    def _event(entry: consent_pb2.HistoryEntry) -> dict[str, object]:
        what, actor, method, event_id = columns(entry)
        return {
            "at": show_timestamp(entry.effective_at),
            "what": what,
            "actor": actor,
            "method": method,
            "id": event_id,
        }
