"""Small random bundles, the same for the same seed, and questions about them: what differential tests are fed with.

Plain dice and no files: a bundle takes some 10 ms. ``bundles`` wraps them for Hypothesis, which then only picks seeds.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from sidecar.errors import BundleError
from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.decision import AttributeValue, Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import (
    FIRST_PARTY,
    Action,
    AgeBand,
    Basis,
    Channel,
    ConsentState,
    Survival,
)
from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.catalog.reader import read_catalog
from sidecar.policy.cedar.vocabulary import ATTRIBUTE_TYPES, schema_text
from sidecar.policy.files import GUARDRAILS, SCHEMA, Files
from sidecar.policy.problems import Problems
from tests.random_policies import LONGS, STRINGS, random_policy, some

_CATEGORIES: Final = ("user", "user.contact", "user.contact.email", "user.health", "device", "device.place")
_PURPOSES: Final = ("ads", "ads.mail", "ads.mail.daily", "ads.mailing", "care", "care.fraud", "law")
_SERVICES: Final = ("alpha", "bravo", "charlie", "delta")
_FIELDS: Final = ("mail", "phone", "diary", "place", "diet", "steps")
_RECIPIENTS: Final = ("broker", "grocer", "post")
_ATTRIBUTES: Final = ("count", "flag", "region", "tags")
_TRIES: Final = 20


@dataclass(frozen=True)
class RandomBundle:
    """A bundle that loads: its *texts* by path, and what the loader made of them."""

    seed: int
    texts: Mapping[str, str]
    draft: Draft


def random_bundle(seed: int) -> RandomBundle:
    """The bundle of *seed*: each policy in a file of its own, ``p0.cedar`` and so on, or in ``guardrails.cedar``.

    A policy that the loader refuses (one that can never hold, say) is thrown again.
    """
    dice = Random(f"bundle {seed}")
    attributes = {name: dice.choice(ATTRIBUTE_TYPES) for name in some(dice, _ATTRIBUTES, most=4)}
    world = _world(dice, attributes)
    catalog = read_catalog(files_of(world), attributes, Problems()).catalog
    texts = {path: random_policy(dice, catalog, id_, effect=effect) for path, id_, effect in _papers(dice)}
    return _settled(seed, world, texts, catalog, dice)


def edited(bundle: RandomBundle, seed: int) -> RandomBundle:
    """*bundle* with one of its policies written anew, under the same name."""
    dice = Random(f"edit {bundle.seed} {seed}")
    policies = {path: text for path, text in bundle.texts.items() if path.endswith(".cedar")}
    path = dice.choice(sorted(policies))
    policies[path] = _again(dice, bundle.draft.catalog, path)
    world = {path: text for path, text in bundle.texts.items() if path not in policies}
    return _settled(bundle.seed, world, policies, bundle.draft.catalog, dice)


bundles: Final = st.integers(0, 2**32).map(random_bundle)
"""For Hypothesis; a failing one is named by its seed."""


def files_of(texts: Mapping[str, str]) -> Files:
    """*texts* by path, as if they had been read from a folder."""
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()
    return Files(paths=tuple(sorted(texts)), texts=texts, revision=f"sha256:{digest}")


def _draft(texts: Mapping[str, str]) -> Draft:
    return check_files(files_of(texts), Problems(), source="random")


def _papers(dice: Random) -> Iterable[tuple[str, str, str]]:
    """Path, id and effect of each policy; the first permits, since without any permit there is nothing to find out."""
    count = dice.randint(1, 8)
    for number in range(count):
        effect = "permit" if number == 0 else dice.choice(("permit", "forbid"))
        guards = effect == "forbid" and number == count - 1 and dice.randrange(3) == 0
        yield (GUARDRAILS if guards else f"p{number}.cedar"), f"p{number}", effect


def _again(dice: Random, catalog: Catalog, path: str) -> str:
    id_ = "guard" if path == GUARDRAILS else path.removesuffix(".cedar")
    return random_policy(dice, catalog, id_, effect="forbid" if path == GUARDRAILS else None)


def _settled(
    seed: int, world: Mapping[str, str], policies: dict[str, str], catalog: Catalog, dice: Random
) -> RandomBundle:
    for _ in range(_TRIES):
        texts = {**world, **policies}
        try:
            return RandomBundle(seed, texts, _draft(texts))
        except BundleError as error:
            refused = {problem.file for problem in error.problems if not problem.warning}
            if not refused <= policies.keys():  # not the fault of a policy: of this module, then
                raise
            for path in sorted(refused):
                policies[path] = _again(dice, catalog, path)
    raise AssertionError(f"seed {seed}: no policies that load in {_TRIES} tries")


# --- The declared world --------------------------------------------------------------------------------------------


def _world(dice: Random, attributes: Mapping[str, str]) -> dict[str, str]:
    """Every file but the policies."""
    categories = _with_parents(some(dice, _CATEGORIES, least=2, most=5))
    purposes = _with_parents(some(dice, _PURPOSES, least=1, most=4))
    usable = some(dice, purposes, least=1, most=len(purposes))
    recipients = some(dice, _RECIPIENTS, most=3)
    fields = {
        key: {"title": key, "categories": list(some(dice, categories, least=1, most=2))}
        for key in some(dice, _FIELDS, least=2, most=6)
    }
    services = some(dice, _SERVICES, least=1, most=4)
    named = {
        SCHEMA: schema_text(attributes),
        "catalog/categories.yaml": _yaml({key: {"title": key} for key in categories}),
        "catalog/data_uses.yaml": _yaml({key: {"title": key} for key in purposes}),
        "catalog/purposes.yaml": _yaml(_purposes(dice, purposes, usable)),
        "catalog/fields.yaml": _yaml(fields),
        "catalog/recipients.yaml": _yaml({key: {"title": key} for key in recipients}),
    }
    uses = {
        f"catalog/services/{key}.yaml": _yaml(
            {
                "title": key,
                "owner": "somebody",
                "may_use": [_use(dice, tuple(fields), usable, recipients) for _ in range(dice.randint(1, 3))],
            }
        )
        for key in services
    }
    return named | uses


def _with_parents(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({key[:end] for key in keys for end in (*_dots(key), len(key))}))


def _dots(key: str) -> list[int]:
    return [place for place, character in enumerate(key) if character == "."]


def _purposes(dice: Random, purposes: Iterable[str], usable: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for key in purposes:
        entry: dict[str, Any] = {"basis": dice.choice((Basis.CONSENT, *Basis))} if key in usable else {}
        if entry and dice.randrange(4) == 0:
            entry["basis_by_jurisdiction"] = {dice.choice(("DE", "US", "US-CA")): dice.choice(tuple(Basis))}
        if dice.randrange(3) == 0:
            entry["direct_marketing"] = True
        if dice.randrange(2):
            entry["channels"] = list(some(dice, (Channel.EMAIL, Channel.SMS, Channel.VOICE), least=1, most=2))
        if dice.randrange(4) == 0:
            entry["survives"] = list(some(dice, tuple(Survival), least=1, most=2))
        if entry:
            entries[key] = entry
    return entries


def _use(dice: Random, fields: tuple[str, ...], usable: tuple[str, ...], recipients: tuple[str, ...]) -> dict[str, Any]:
    actions = some(dice, tuple(Action), least=1, most=4)
    use: dict[str, Any] = {
        "purpose": dice.choice(usable),
        "fields": list(some(dice, fields, least=1, most=3)),
        "actions": list(actions),
    }
    if Action.SHARE in actions:
        use["recipients"] = list(some(dice, (FIRST_PARTY, *recipients), least=1, most=3))
    return use


def _yaml(value: object) -> str:
    return json.dumps(value) + "\n"  # JSON is YAML


# --- Questions -----------------------------------------------------------------------------------------------------


def questions_of(draft: Draft, dice: Random, count: int) -> list[tuple[Question, Facts]]:
    """*count* questions that services of *draft* may ask, each with facts; they repeat, as real ones do.

    Facts are such as a record could give, or now and then any. Attributes are left out, or lie near what policies
    compare them with.
    """
    asker = Asker(draft, dice)
    return [asker.ask() for _ in range(count)]


class Asker:
    """Asks at random what a bundle may be asked."""

    def __init__(self, draft: Draft, dice: Random) -> None:
        self._dice = dice
        self.catalog = draft.catalog
        self.uses: Final = declared(draft.catalog)
        """Every question without attributes, sorted."""
        self._longs, self._strings = _literals(draft)

    def ask(self) -> tuple[Question, Facts]:
        """A question and facts."""
        question = replace(self._dice.choice(self.uses), attributes=self.attributes())
        return question, self.facts(self.catalog.purposes[question.purpose])

    def attributes(self) -> tuple[tuple[str, str, AttributeValue], ...]:
        """Some of the declared attributes, sorted by name."""
        declared_types = sorted(self.catalog.attributes.items())
        return tuple((name, type_, self.value(type_)) for name, type_ in declared_types if self._dice.randrange(4))

    def value(self, type_: str) -> AttributeValue:
        """A value of an attribute of *type_*."""
        match type_:
            case "Bool":
                return self._dice.randrange(2) == 0
            case "Long":
                return self._dice.choice(self._longs)
            case "String":
                return self._dice.choice(self._strings)
        return frozenset(some(self._dice, self._strings, most=3))

    def facts(self, purpose: Purpose) -> Facts:
        """Facts that a question about *purpose* may be asked with."""
        dice = self._dice
        any_at_all = dice.randrange(4) == 0
        consent = dice.choice((ConsentState.GIVEN, *ConsentState))
        given = any_at_all or consent is ConsentState.GIVEN
        survives = frozenset[Survival]() if any_at_all else purpose.survives
        bases = (
            tuple(Basis) if any_at_all else (*filter(None, (purpose.basis,)), *purpose.basis_by_jurisdiction.values())
        )
        return Facts(
            consent=consent,
            explicit=given and dice.randrange(2) == 0,
            by_guardian=given and dice.randrange(2) == 0,
            objected=dice.randrange(3) == 0,
            restricted=Survival.RESTRICTION not in survives and dice.randrange(4) == 0,
            erased=Survival.ERASURE not in survives and dice.randrange(4) == 0,
            age=dice.choice(tuple(AgeBand)),
            basis=dice.choice(bases),
        )


def declared(catalog: Catalog) -> tuple[Question, ...]:
    """Every question, without attributes, that services of *catalog* may ask."""
    found = {
        (service.key, action, field, use.purpose, channel, recipient)
        for service in catalog.services.values()
        for use in service.may_use
        for action in use.actions
        for field in use.fields
        for channel in catalog.purposes[use.purpose].channels or (None,)
        for recipient in (use.recipients if action is Action.SHARE else (FIRST_PARTY,))
    }
    return tuple(
        Question(service=service, action=action, field=field, purpose=purpose, channel=channel, recipient=recipient)
        for service, action, field, purpose, channel, recipient in sorted(found, key=repr)
    )


def _literals(draft: Draft) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Numbers at, above and below those in policies; texts that are in them, or that their patterns may match."""
    longs, strings = set(LONGS[::5]), set(STRINGS[:4])
    for policy in draft.policies:
        body = [token for token in policy.piece.tokens if token.start >= policy.piece.keyword.start]
        for before, token in pairwise(body):
            if token.kind == "number":
                number = int(token.text) * (-1 if before.text == "-" else 1)
                longs.update(near for near in (number - 1, number, number + 1) if -(2**63) <= near < 2**63)
            elif token.kind == "string" and before.text != "::":
                strings.update(_like(token.text[1:-1]))
    return tuple(sorted(longs)), tuple(sorted(strings))


def _like(pattern: str) -> Iterable[str]:
    """Texts that *pattern* matches, and some that it nearly does."""
    star = "\0"
    plain = pattern.replace(r"\*", star)
    for filling in ("", "x", "eu-"):
        yield plain.replace("*", filling).replace(star, "*")
    yield plain.replace("*", "").replace(star, "x")
    yield plain.replace("*", "-").replace(star, "*") + "!"
