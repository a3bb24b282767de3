"""Ten thousand invented people and what they decided, as lines of an import; the same ones every time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sidecar.cli.demo.dice import Dice
from sidecar.model.instant import DAY, Instant, parse, show

COUNT: Final = 10_000

TODAY: Final = parse("2026-10-01")
"""Everything happened before this day; what was to end ended before it, or ends years after it."""

_OPENED: Final = parse("2024-05-01")
_NEWS_2: Final = parse("2025-09-01")
_HOME_2: Final = parse("2026-03-01")
_PARTNERS: Final = parse("2025-01-15")

_EMAIL: Final = {"purposes": ["marketing.communications.email"], "categories": ["user.contact.email"]}
_NEWS: Final = {
    "purposes": ["marketing.communications.email", "marketing.communications.sms"],
    "categories": ["user.contact.email", "user.contact.phone_number"],
}
_HABITS: Final = {"purposes": ["personalize.content"], "categories": ["user.behavior"]}
_TRAINING: Final = {"purposes": ["train_ai_system"], "categories": ["user.sensor"]}


def subject_id(number: int) -> str:
    """The id of the person *number*, from 1."""
    return f"person-{number:05}"


def lines(count: int = COUNT) -> Iterator[bytes]:
    """Every event of the first *count* people, a line each; of one person the earlier first."""
    for number in range(1, count + 1):
        person = _Person(subject_id(number))
        for chapter in (_age, _newsletter, _home, _voice, _partners, _objections, _restriction):
            chapter(person)
        if not person.events:
            _stranger(person)
        yield from person.lines()


@dataclass(slots=True)
class _Person:
    """One person's life with us so far."""

    subject: str
    events: list[tuple[Instant, dict[str, object]]] = field(default_factory=list)
    is_child: bool = False

    @property
    def dice(self) -> Dice:
        return Dice(self.subject)

    def chose(
        self, at: Instant, kind: str, scope: dict[str, list[str]], *, actor: str = "", **more: str | bool
    ) -> None:
        """One choice on a form; *more* are its other parts."""
        choice = {"kind": kind, "scope": scope, **more}
        self.did(at, submission={"choices": [choice]}, actor=actor or self.voice)

    def did(self, at: Instant, **event: object) -> None:
        """Any event."""
        self.events.append((at, {"method": "web-form", **event}))

    @property
    def voice(self) -> str:
        """Who speaks for the person."""
        return "guardian" if self.is_child else "subject"

    def lines(self) -> Iterator[bytes]:
        """The events as lines of an import, the earlier first; the ids count them."""
        for place, (at, event) in enumerate(sorted(self.events, key=lambda pair: pair[0]), start=1):
            head = {"subject": self.subject, "id": f"{self.subject}-{place}", "occurred_at": show(at)}
            yield json.dumps({**head, **event}, separators=(",", ":")).encode() + b"\n"


def _age(person: _Person) -> None:
    dice = person.dice
    if not dice.chance("age known", 25):
        return
    years = dice.pick("years", 8, 12, 15, 17, 19, 27, 34, 41, 52, 63, 71)
    born = TODAY - years * 365 * DAY - dice.pick("birthday", *range(20, 340)) * DAY
    person.is_child = years < 16
    place = dice.pick("place", "DE", "DE", "FR", "AT", "NL", "US-CA")
    instants = {"digital_consent_at": show(_birthday(born, 16)), "of_age_at": show(_birthday(born, 18))}
    person.did(
        dice.between("joined", _OPENED - 60 * DAY, _OPENED),
        traits={**instants, "jurisdiction": place},
        actor="system",
        method="account",
    )


def _stranger(person: _Person) -> None:
    """Nobody knows anything of this person but where they live."""
    at = person.dice.between("joined", _OPENED, TODAY)
    person.did(at, traits={"jurisdiction": "DE"}, actor="system", method="account")


def _birthday(born: Instant, years: int) -> Instant:
    return born + years * 365 * DAY + years // 4 * DAY


def _newsletter(person: _Person) -> None:
    dice = person.dice
    at = dice.between("news", _OPENED, TODAY - 40 * DAY)
    if dice.chance("news refused", 10):
        person.chose(at, "refused", _EMAIL)
        return
    if not dice.chance("news given", 55):
        return
    scope = _NEWS if at >= _NEWS_2 and dice.chance("news by text", 40) else _EMAIL
    grant = {"notice": "newsletter@2" if at >= _NEWS_2 else "newsletter@1"}
    if dice.chance("news ends", 15):
        over = dice.after("news over", at, TODAY, days=200)
        grant["expires_at"] = dice.pick("news end", show(over), "2036-12-31T00:00:00Z")
    person.chose(at, "given", scope, **grant)
    if dice.chance("news withdrawn", 20):
        at = dice.after("news stop", at, TODAY - 20 * DAY, days=300)
        person.chose(at, "withdrawn", _EMAIL)
        if dice.chance("news again", 25):
            person.chose(dice.after("news back", at, TODAY, days=100), "given", _EMAIL, notice="newsletter@2")


def _home(person: _Person) -> None:
    dice = person.dice
    if not dice.chance("home", 18):
        return
    at = dice.between("home at", _OPENED, TODAY)
    version = 2 if at >= _HOME_2 else 1
    alone = person.is_child and dice.chance("alone", 30)
    person.chose(at, "given", _HABITS, notice=f"home@{version}", actor="subject" if alone else person.voice)
    if version == 1 and dice.chance("home again", 50):
        person.chose(dice.between("home again at", _HOME_2, TODAY), "given", _HABITS, notice="home@2")
    if dice.chance("diet", 30):
        diet = {"purposes": ["personalize.content", "essential.service"], "categories": ["user.health_and_medical"]}
        person.chose(dice.after("diet at", at, TODAY, days=30), "given", diet, explicit=dice.chance("diet clearly", 80))


def _voice(person: _Person) -> None:
    dice = person.dice
    at = dice.between("voice at", _HOME_2, TODAY - 10 * DAY)
    if dice.chance("voice", 7):
        person.chose(at, "given", _TRAINING, notice="home@2")
        if dice.chance("voice no more", 30):
            person.chose(dice.after("voice stop", at, TODAY, days=90), "withdrawn", _TRAINING)
    elif dice.chance("voice no", 4):
        person.chose(at, "refused", _TRAINING)


def _partners(person: _Person) -> None:
    dice = person.dice
    at = dice.between("partners at", _PARTNERS, TODAY)
    if dice.chance("grocer", 7):
        list_ = {"purposes": ["essential.service"], "categories": ["user.content.private"]}
        person.chose(at, "given", {**list_, "recipients": ["grocer-partner"]}, notice="partners@1")
    if dice.chance("ads", 4):
        habits = {"purposes": ["marketing.advertising.third_party.targeted"], "categories": ["user.behavior"]}
        person.chose(at, "given", {**habits, "recipients": ["ad-network"]}, notice="partners@1")


def _objections(person: _Person) -> None:
    dice = person.dice
    at = dice.between("objection at", _OPENED, TODAY)
    if dice.chance("no advertising", 5):
        person.chose(at, "objected", {"purposes": [dice.pick("which", "marketing.communications", "marketing")]})
    if dice.chance("privacy signal", 3):  # Global Privacy Control, sent by the browser
        choice = {"kind": "objected", "scope": {"recipients": ["third_party"]}}
        person.did(at, submission={"choices": [choice]}, actor="system", method="sec-gpc")
    if dice.chance("not for your interests", 3):
        person.chose(at, "refused", {"purposes": ["essential.service.operations.improve"]})


def _restriction(person: _Person) -> None:
    dice = person.dice
    if not dice.chance("restricted", 2):
        return
    at = dice.between("restricted at", TODAY - 200 * DAY, TODAY - 60 * DAY)
    person.did(at, restriction={"scope": {}}, actor="subject", method="letter")
    if dice.chance("lifted", 50):
        at = dice.after("lifted at", at, TODAY, days=60)
        person.did(at, lifting={"scope": {}}, actor="operator", method="ticket")
