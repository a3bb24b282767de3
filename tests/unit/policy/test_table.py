"""Verdicts remembered."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.model.vocabulary import ConsentState, Effect, Reason
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.policy.table import VerdictTable

from .bundles import write
from .test_evaluate import FACTS, QUESTION


@pytest.fixture(name="bundle")
def _bundle(tmp_path: Path) -> Bundle:
    big = """@id("big") forbid (principal, action, resource)
    when { context.attributes has count && context.attributes.count == 1 };"""
    return load_bundle(write(tmp_path, {"x.cedar": big}))


def test_each_question_is_decided_once(bundle: Bundle) -> None:
    """The same question with the same facts gets the same verdict, without asking the policies again."""
    table = VerdictTable(bundle, capacity=10)
    first = table.verdict(QUESTION, FACTS)
    again = table.verdict(replace(QUESTION), FACTS._replace())

    assert first.effect is Effect.ALLOW
    assert again is first
    assert (table.hits, table.misses, len(table)) == (1, 1, 1)


def test_other_facts_are_another_question(bundle: Bundle) -> None:
    """Nothing is remembered across facts."""
    table = VerdictTable(bundle, capacity=10)
    reasons = [
        table.verdict(QUESTION, facts).reason
        for facts in (FACTS, FACTS._replace(objected=True), FACTS._replace(consent=ConsentState.UNKNOWN), FACTS)
    ]

    assert reasons == [Reason.ALLOWED, Reason.OBJECTED, Reason.CONSENT_UNKNOWN, Reason.ALLOWED]


def test_one_and_true_differ(bundle: Bundle) -> None:
    """In Python they are equal; a verdict on the one must never answer for the other."""
    table = VerdictTable(bundle, capacity=10)
    flag = table.verdict(replace(QUESTION, attributes=(("count", "Long", True),)), FACTS)
    number = table.verdict(replace(QUESTION, attributes=(("count", "Long", 1),)), FACTS)

    assert flag.reason is Reason.POLICY_ERROR
    assert number.reason is Reason.FORBIDDEN


def test_never_more_than_the_capacity(bundle: Bundle) -> None:
    """Callers choose their attributes; they cannot make the table grow."""
    table = VerdictTable(bundle, capacity=8)
    for count in range(2, 40):
        table.verdict(replace(QUESTION, attributes=(("count", "Long", count),)), FACTS)

    assert len(table) <= 8
    assert table.misses == 38
