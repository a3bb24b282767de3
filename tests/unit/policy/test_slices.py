"""Slices: who is asked about what, how much is copied, and that nobody waits while they are let go."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cedarpy
import pytest

from sidecar.model.catalog import Catalog
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar import slices
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.parsed import Parsed
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.slices import MOST_POLICIES, Slice, slice_policies
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems

from .bundles import write
from .test_evaluate import FACTS, PERMIT, QUESTION

SERVICES = ("fraud", "newsletter")
MANY = 100


@pytest.fixture(name="catalog")
def _catalog(tmp_path: Path) -> Catalog:
    return load_bundle(write(tmp_path)).catalog


def parsed(texts: Sequence[str]) -> tuple[Policy, ...]:
    """*texts* with ids that say their number."""
    pieces = (split(f'@id("p{number:03}") {text};', "x.cedar")[0] for number, text in enumerate(texts))
    return tuple(policy for piece in pieces if (policy := parse_policy(piece, Problems())) is not None)


def about_services(count: int, condition: str = "context.erased") -> list[str]:
    """*count* policies for each service."""
    head = '(principal == Service::"{}", action, resource)'
    return [f"forbid {head.format(key)} when {{ {condition} }}" for _ in range(count) for key in SERVICES]


def shape(found: Sequence[Slice]) -> list[tuple[str, list[str], int]]:
    """Of each slice the dimension, its keys, and how many policies it has."""
    return [(one.dimension, sorted(one.keys), len(one.ids)) for one in found]


def test_few_policies_are_asked_at_once(catalog: Catalog) -> None:
    """One more slice costs as much as some forty policies: who has fewer to spare has one slice; also who has none."""
    assert [("", [], 0)] == shape(slice_policies((), catalog))
    assert [("", [], 20)] == shape(slice_policies(parsed(about_services(10)), catalog))


def test_many_are_asked_where_they_may_apply(catalog: Catalog) -> None:
    """Each policy once, where it applies to one key only; the first slice is general, and told everything."""
    found = slice_policies(parsed([*about_services(MANY // 2), "permit (principal, action, resource)"]), catalog)

    assert [("", [], 1), ("service", ["fraud"], 50), ("service", ["newsletter"], 50)] == shape(found)
    assert [None, {"erased"}, {"erased"}] == [one.told if one.told is None else one.told.context for one in found]


def test_a_slice_is_never_large(catalog: Catalog) -> None:
    """Of more policies there are several slices, those that say the same names in one."""
    texts = [*about_services(MANY), *about_services(MANY, "context.objected")]
    found = slice_policies(parsed(texts), catalog)[1:]

    assert 4 * MANY == sum(len(one.ids) for one in found)
    assert max(len(one.ids) for one in found) == MOST_POLICIES
    assert sum(one.told is not None and len(one.told.context) > 1 for one in found) <= len(SERVICES)


def test_a_policy_that_would_be_copied_too_often_is_general(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that apply most, until what is left is affordable."""
    monkeypatch.setattr(slices, "WORTH", 1)
    monkeypatch.setattr(slices, "_COPIES", 1)
    head = "(principal, action, resource)"
    channels = ("sms", "phone", "push")
    one = [f'permit {head} when {{ context.channel == Channel::"{channel}" }}' for channel in channels]
    literals = ", ".join(f'Channel::"{channel}"' for channel in channels)
    several = f"permit {head} when {{ [{literals}].contains(context.channel) }}"
    found = slice_policies(parsed([*one, several]), catalog)

    assert ("p003",) == found[0].ids
    assert [("", [], 1), *(("channel", [channel], 1) for channel in sorted(channels))] == [
        shape(found)[0],
        *sorted(shape(found)[1:]),
    ]


def test_slices_of_rare_kinds_are_told_everything(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind has a schema of its own, which takes memory."""
    monkeypatch.setattr(slices, "_MOST_KINDS", 1)
    texts = [*about_services(MANY // 2)[:99], 'forbid (principal == Service::"fraud", action, resource)']
    found = slice_policies(parsed(texts), catalog)
    kinds = {one.told for one in found}

    assert len(kinds) == 2
    assert None in kinds


def test_a_policy_that_never_applies_is_asked_nowhere(catalog: Catalog) -> None:
    """Among many others."""
    never = 'permit (principal == Service::"nobody", action, resource)'
    found = slice_policies(parsed([never, *about_services(MANY)]), catalog)

    assert all("p000" not in one.ids for one in found)


def test_policies_that_are_let_go_answer_as_before(catalog: Catalog) -> None:
    """One step for each thing that was parsed; who still asks waits for it to be parsed again."""
    texts = [*about_services(MANY), "permit (principal, action, resource)"]
    policies = Policies(compile_policies(parsed(texts), catalog))
    facts = (FACTS, FACTS._replace(erased=True))
    questions = [replace(QUESTION, service=service) for service in SERVICES]
    before = [policies.evaluate(question, about) for question in questions for about in facts]
    steps = sum(1 for _ in policies.retire())

    assert steps >= 2 * MANY // MOST_POLICIES
    assert [True, False] * 2 == [one.allowed for one in before]
    assert before == [policies.evaluate(question, about) for question in questions for about in facts]


def test_what_is_told_nothing_new_is_not_asked_again(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the general slice, which is told everything, is asked about another consent; anew about another question."""
    premium = "context.attributes has premium && context.attributes.premium"
    texts = [*about_services(MANY // 2, premium), "permit (principal, action, resource)"]
    inquiry = Policies(compile_policies(parsed(texts), catalog)).inquiry()
    told: list[dict[str, object]] = []
    ask = cedarpy.is_authorized

    def recorded(request: dict[str, Any], *rest: Any) -> cedarpy.AuthzResult:
        told.append(json.loads(request["context"]))
        return ask(request, *rest)

    monkeypatch.setattr("cedarpy.is_authorized", recorded)
    question = replace(QUESTION, attributes=(("count", "Long", 3), ("premium", "Bool", False)))
    for asked in (question, replace(question)):
        assert inquiry.evaluate(asked, FACTS).allowed
        assert inquiry.allows(asked, FACTS._replace(explicit=True))

    about = [one["attributes"] for one in told]
    everything = {"count": 3, "premium": False}
    assert [everything, {"premium": False}, everything] * 2 == about
    assert [12, 1, 12] * 2 == [len(one) for one in told]


def test_who_denied_is_asked_first(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether better consent would be allowed: if the same slice still denies, nobody else is asked."""
    texts = [*about_services(MANY // 2, "context.objected"), "permit (principal, action, resource)"]
    inquiry = Policies(compile_policies(parsed(texts), catalog)).inquiry()
    objected = FACTS._replace(objected=True)

    assert not inquiry.evaluate(QUESTION, objected).allowed
    monkeypatch.setattr("cedarpy.is_authorized", lambda *_: pytest.fail("asked again"))
    assert not inquiry.allows(QUESTION, objected._replace(explicit=True))


def test_what_was_parsed_is_freed() -> None:
    """After that it is parsed anew each time, and not kept."""
    made: list[int] = []

    def parse() -> int:
        made.append(len(made))
        return made[-1]

    held = Parsed(parse)

    assert [0, 0] == [held.get(), held.get()]
    held.retire()
    assert [1, 2] == [held.get(), held.get()]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_process_that_is_to_end_ends(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Whoever asks; anything else that Cedar raises is a no."""
    policies = Policies(compile_policies(parsed([PERMIT.partition(") ")[2].rstrip(";")]), catalog))

    def failing(error: type[BaseException]) -> Callable[..., Iterator[None]]:
        def fail(*_: object) -> Iterator[None]:
            raise error("broken")

        return fail

    assert policies.inquiry().allows(QUESTION, FACTS)
    monkeypatch.setattr("cedarpy.is_authorized", failing(MemoryError))
    assert not policies.inquiry().allows(QUESTION, FACTS)
    assert (("", "MemoryError: broken"),) == policies.evaluate(QUESTION, FACTS).erring
    monkeypatch.setattr("cedarpy.is_authorized", failing(error))
    with pytest.raises(error):
        policies.inquiry().allows(QUESTION, FACTS)


def test_nobody_is_allowed_what_the_catalog_does_not_have(catalog: Catalog) -> None:
    """An inquiry checks it, whichever way it is asked."""
    policies = Policies(compile_policies(parsed(["permit (principal, action, resource)"]), catalog))

    assert not policies.inquiry().allows(replace(QUESTION, purpose="nothing"), FACTS)
