"""Lines as what they ask for: a question, a step, another time."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sidecar.authoring.suite.suite import Ask
from sidecar.authoring.trial.session import Session
from sidecar.authoring.trial.words import SCOPE, Word, WordError, questionable, read_words, vocabulary
from sidecar.model import instant
from sidecar.model.decision import AttributeValue
from sidecar.model.instant import DAY, SECOND, Instant
from sidecar.model.vocabulary import Action

CHOICES: Final = {"give": "given", "refuse": "refused", "withdraw": "withdrawn", "object": "objected"}
SCOPED: Final = {**CHOICES, "restrict": "restricted", "lift": "lifted"}
TRAITS: Final = ("digital_consent_at", "of_age_at", "jurisdiction")

_TRAITS_HINT: Final = "traits of_age_at=2030-01-31 digital_consent_at=2028-01-31 jurisdiction=DE"
_PLURAL: Final = {"purpose": "purposes", "category": "categories", "channel": "channels", "recipient": "recipients"}
_AHEAD: Final = re.compile(r"\+(\d{1,6})([smhdwy])")
_UNITS: Final = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY, "y": 365 * DAY}


def read_question(words: list[str], session: Session, attributes: Mapping[str, AttributeValue]) -> Ask:
    """The question of *words*; unless they name a service, what they leave out is as it was in the last one."""
    found = _once(list(read_words(words, questionable(session.catalog))))
    before = None if session.last is None or "service" in found else session.last.ask
    missing = [kind for kind in ("service", "field", "purpose") if kind not in found]
    if before is None and missing:
        raise WordError(f"the question has no {missing[0]}", "ask SERVICE FIELD PURPOSE, in any order")
    ask = before or Ask(service="", subject="", field="", purpose="")
    action = Action(found.get("action", "share" if "recipient" in found else ask.action))
    changed: dict[str, Any] = {kind: found[kind] for kind in ("service", "field", "purpose") if kind in found}
    if "purpose" in found or "channel" in found:
        changed["channel"] = found.get("channel")  # channels are those of a purpose
    recipient = found.get("recipient", ask.recipient) if action is Action.SHARE else None
    if action is Action.SHARE and recipient is None:
        raise WordError("to share is to name the recipient", "ask ... share RECIPIENT")
    return replace(ask, **changed, action=action, recipient=recipient, attributes={**ask.attributes, **attributes})


def read_step(verb: str, words: list[str], session: Session) -> Mapping[str, Any]:
    """The step of a line that begins with *verb*, in the words of a suite."""
    if verb == "traits":
        return {"traits": _traits(words, session.now)}
    if verb == "erase":
        return {"erased": [word.value for word in read_words(words, vocabulary(session.catalog, ("category",)))]}
    if verb == "give" and not words:
        return _asked_for(session)
    kinds = (*SCOPE, "by", *(("notice",) if verb in CHOICES else ()))
    detail, rest = _grant_detail(words, session.now) if verb == "give" else ({}, words)
    found = list(read_words(rest, vocabulary(session.catalog, kinds)))
    scope: dict[str, list[str]] = {}
    for word in found:
        if word.kind in SCOPE:
            scope.setdefault(_PLURAL[word.kind], []).append(word.value)
    single = _once([word for word in found if word.kind not in SCOPE])
    if "by" in single:
        detail["actor"] = single["by"]
    if "notice" in single:
        detail["notice"] = single["notice"]
    return {SCOPED[verb]: scope, **detail}


def _grant_detail(words: list[str], now: Instant) -> tuple[dict[str, Any], list[str]]:
    """What only a grant has, and the words without it."""
    detail: dict[str, Any] = {}
    rest: list[str] = []
    for word in words:
        if word == "explicit":
            detail["explicit"] = True
        elif word.startswith("until="):
            detail["expires_at"] = instant.show(read_time(word.removeprefix("until="), now))
        else:
            rest.append(word)
    return detail, rest


def read_time(text: str, now: Instant) -> Instant:
    """The instant of *text*: a date, a timestamp, or ``+30d`` from *now*."""
    ahead = _AHEAD.fullmatch(text)
    if ahead is not None:
        return now + int(ahead[1]) * _UNITS[ahead[2]]
    try:
        return instant.parse(text)
    except ValueError as error:
        hint = "2027-01-31, 2027-01-31T12:00:00Z, or +30d (also s, m, h, w, y)"
        raise WordError(f"`{text}` is no time", hint) from error


def _asked_for(session: Session) -> Mapping[str, Any]:
    """The consent that the last answer asks for."""
    wanted = None if session.last is None else session.last.result.ask
    if wanted is None:
        hint = "give PURPOSE CATEGORY...; alone it gives what the last answer asks for"
        raise WordError("give what?", hint)
    step: dict[str, Any] = {
        "given": {
            "purposes": [wanted.purpose],
            "categories": list(wanted.categories),
            **({} if wanted.channel is None else {"channels": [wanted.channel.value]}),
            "recipients": [wanted.recipient],
        }
    }
    if wanted.explicit:
        step["explicit"] = True
    if wanted.by_guardian:
        step["actor"] = "guardian"
    return step


def _traits(words: list[str], now: Instant) -> Mapping[str, str]:
    traits: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in TRAITS or not value:
            raise WordError(f"`{word}` is no trait", _TRAITS_HINT)
        traits[name] = value if name == "jurisdiction" else instant.show(read_time(value, now))
    if not traits:
        raise WordError("which traits?", _TRAITS_HINT)
    return traits


def _once(words: list[Word]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        if word.kind in found:
            raise WordError(f"`{found[word.kind]}` and `{word.value}` are both a {word.kind}", "name one")
        found[word.kind] = word.value
    return found
