"""What the demo asks, and of whom."""

from dataclasses import dataclass, replace
from typing import Final

from sidecar.cli.demo import people
from sidecar.cli.demo.seeding import BATCH
from sidecar.cli.failure import CommandError, Failure
from sidecar.client import Client, Decision, FieldDecision, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A question of one kind, put about the first person of whom the answer has *reason*."""

    about: str
    question: Question  # the subject is filled in
    reason: str
    masked: bool = False

    def fits(self, field: FieldDecision) -> bool:
        """Whether *field* is the answer that this stop is to show."""
        return field.reason == self.reason and (field.mask is not None) is self.masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A stop, the question put there, and its answer."""

    stop: Stop
    question: Question
    decision: Decision


def ask(service: str, field: str, purpose: str, *, action: str = "use") -> Question:
    """A question of *service* about nobody yet."""
    return Question(service=service, fields=field, subject="", purpose=purpose, action=action)


_NEWS: Final = ask("newsletter", "customer.email", "marketing.communications.email")
_SHOPPING: Final = ask("fridge", "fridge.shopping_list", "essential.service", action="share")
_FRAUD: Final = ask("fraud", "home.location", "essential.fraud_detection")
_SUPPORT: Final = ask("support", "customer.email", "essential.service")
_LEGAL: Final = ask("support", "customer.email", "essential.legal_obligation", action="retain")
_FILMS: Final = ask("recommendations", "viewing.history", "personalize.content")
_VOICE: Final = ask("voice-assistant", "voice.recording", "train_ai_system", action="collect")

STOPS: Final = (
    Stop(about="a newsletter that she asked for", question=_NEWS, reason="ALLOWED"),
    Stop(about="nobody ever asked him", question=_NEWS, reason="CONSENT_UNKNOWN"),
    Stop(about="she said no", question=_NEWS, reason="CONSENT_REFUSED"),
    Stop(about="he has changed his mind", question=_NEWS, reason="CONSENT_WITHDRAWN"),
    Stop(about="it was for a time, and that is over", question=_NEWS, reason="CONSENT_EXPIRED"),
    Stop(about="she objected to advertising", question=_NEWS, reason="OBJECTED"),
    Stop(about="he is fifteen", question=_NEWS, reason="MINOR"),
    Stop(about="she agreed to an older notice", question=_FILMS, reason="CONSENT_SUPERSEDED"),
    Stop(about="a child agreed alone", question=_FILMS, reason="GUARDIAN_REQUIRED"),
    Stop(
        about="a diet needs a clearer yes",
        question=ask("offers", "customer.diet", "personalize.content"),
        reason="CONSENT_NOT_EXPLICIT",
    ),
    Stop(about="before the microphone opens", question=_VOICE, reason="ALLOWED"),
    Stop(
        about="the shopping list, to the grocer",
        question=replace(_SHOPPING, recipient="grocer-partner"),
        reason="ALLOWED",
    ),
    Stop(
        about="the same list, to somebody else",
        question=replace(_SHOPPING, recipient="ad-network"),
        reason="NOT_DECLARED",
    ),
    Stop(
        about="analytics sees hashes",
        question=ask("analytics", "home.telemetry", "essential.service.operations.improve"),
        reason="ALLOWED",
        masked=True,
    ),
    Stop(about="where, for a loaf of bread", question=_FRAUD, reason="FORBIDDEN"),
    Stop(about="where, for a car", question=replace(_FRAUD, attributes={"amount_cents": 2_500_000}), reason="ALLOWED"),
    Stop(about="processing is restricted", question=_SUPPORT, reason="RESTRICTED"),
    Stop(about="but the law still requires this", question=_LEGAL, reason="ALLOWED"),
    Stop(
        about="an offer, without saying how it gets there",
        question=ask("offers", "customer.purchases", "marketing.advertising.first_party.contextual"),
        reason="CHANNEL_REQUIRED",
    ),
    Stop(
        about="a service that nobody declared",
        question=ask("printer", "customer.email", "essential.service"),
        reason="UNKNOWN_SERVICE",
    ),
)


def visit(client: Client, stop: Stop) -> Visited:
    """Put the question of *stop* about one person after the other until the answer is the one to show."""
    for first in range(1, people.COUNT + 1, BATCH):
        numbers = range(first, min(first + BATCH, people.COUNT + 1))
        questions = [replace(stop.question, subject=people.subject_id(number)) for number in numbers]
        for question, decision in zip(questions, client.check_batch(questions, raise_on_error=True), strict=True):
            if stop.fits(decision.fields[0]):
                return Visited(stop=stop, question=question, decision=decision)
    message = f"the demo has nobody for `{stop.about}`: no answer is {stop.reason}"
    raise CommandError(Failure(code="demo", message=message))
