"""The page of a matrix, asked as its script asks it: with nothing but the values that it carries."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sidecar.model.decision import Verdict
from sidecar.model.vocabulary import Basis
from sidecar.policy.analysis.dimensions import USES, Use

LISTS = {"service": "services", "field": "fields", "purpose": "purposes", "recipient": "recipients"}
LEAST = ((0, 0), (1, 0), (0, 1), (1, 1))  # explicit, by a guardian


class Told(NamedTuple):
    """What a page answers."""

    effect: str
    reason: str
    mask: str | None
    determining: tuple[str, ...]
    erring: tuple[str, ...]
    needs: tuple[bool, bool] | None  # explicit, by a guardian

    @classmethod
    def of(cls, verdict: Verdict) -> "Told":
        """What it should answer."""
        return cls(
            verdict.effect,
            verdict.reason,
            verdict.mask,
            verdict.determining,
            tuple(sorted(id_ for id_, _ in verdict.erring)),
            (verdict.needs_explicit, verdict.needs_guardian) if verdict.lacks_consent else None,
        )


class PageReader:
    """Answers from the contents of a page."""

    def __init__(self, contents: Mapping[str, Any]) -> None:
        self._data = contents
        self._names = [dimension["name"] for dimension in contents["dimensions"]]
        states = contents["dimensions"][0]["values"]
        self._given, self._noes = states.index("given"), {states.index("withdrawn"), states.index("refused")}
        self._uses = {self._key(row): row[6] for row in contents["uses"]}
        self._known: dict[tuple[int, tuple[int, ...]], Told] = {}

    def answer(self, use: Use, basis: Basis, point: Mapping[str, int]) -> Told:
        """The answer to *use* at *point*."""
        number = self._uses[use.values][list(Basis).index(basis)]
        return self.answer_of(number, tuple(point[name] for name in self._names))

    def answer_of(self, number: int, situation: tuple[int, ...]) -> Told:
        """The answer to every use of the class *number*, in a situation by the order of its dimensions."""
        key = (number, situation)
        if key not in self._known:
            self._known[key] = self._answer(self._data["classes"][number], situation)
        return self._known[key]

    def can_be(self, point: Mapping[str, int]) -> bool:
        """Whether anybody can be so."""
        return self._leaf(self._data["reachable"], [point[name] for name in self._names]) == 1

    def _key(self, row: Sequence[Any]) -> tuple[str, ...]:
        data = self._data
        purpose, service, field, action, recipient, channel = row[:6]
        found = {
            "purpose": data["purposes"][purpose]["key"],
            "service": data["services"][service]["key"],
            "field": data["fields"][field]["key"],
            "action": data["actions"][action],
            "recipient": data["recipients"][recipient]["key"],
            "channel": data["channels"][channel],
        }
        return tuple(found[name] for name in USES)

    def _leaf(self, child: int, situation: Sequence[int]) -> int:
        while child >= 0:
            place, *children = self._data["nodes"][child]
            child = children[situation[place]]
        return ~child

    def _answer(self, of_class: Mapping[str, Any], situation: tuple[int, ...]) -> Told:
        outcome = self._data["outcomes"][self._leaf(of_class["root"], situation)]
        speaking = of_class["speaking"]
        policies = self._data["policies"]
        erring = [policies[n] for n, _, errs in speaking if self._leaf(errs, situation)]
        applying = [] if erring else [policies[n] for n, applies, _ in speaking if self._leaf(applies, situation)]
        forbids = [policy for policy in applying if policy["effect"] == "forbid"]
        return Told(
            outcome["effect"],
            outcome["reason"],
            outcome["mask"],
            tuple(sorted(policy["id"] for policy in forbids or applying)),
            tuple(sorted(policy["id"] for policy in erring)),
            self._needs(of_class, situation) if outcome["shade"] == "lacking" else None,
        )

    def _needs(self, of_class: Mapping[str, Any], situation: tuple[int, ...]) -> tuple[bool, bool] | None:
        better = dict(zip(self._names, situation, strict=True))
        if of_class["interests"] and better["consent"] in self._noes:
            better["objected"] = 1
        better["consent"] = self._given
        for better["explicit"], better["by_guardian"] in LEAST:
            if self._data["outcomes"][self._leaf(of_class["root"], list(better.values()))]["effect"] != "deny":
                return bool(better["explicit"]), bool(better["by_guardian"])
        return None
