"""The bundle in ``policies/``: what it promises as a whole; its answers are in ``policies/tests``."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import FIRST_PARTY, Action, AgeBand, Basis, ConsentState
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from tests.case_bundles import parsed
from tests.case_files import DEMO

CATALOG: Final[Catalog] = load_bundle(DEMO).catalog
AMOUNT: Final = ("amount_cents", "Long", 10_000)  # the one attribute; without it less is allowed


def test_it_loads_without_findings() -> None:
    """There is nothing in it that a policy author would be warned of."""
    assert () == load_bundle(DEMO).findings


def test_the_taxonomy_is_that_of_fideslang() -> None:
    """The generated files are what the installed taxonomy gives, whole."""
    result = subprocess.run(
        [sys.executable, DEMO.parent / "scripts" / "taxonomy.py", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert ("", 0) == (result.stderr, result.returncode)
    assert 85 == len(CATALOG.categories)
    assert 56 + len({"essential.service.notifications.restock"}) == len(CATALOG.purposes)


def test_direct_marketing_is_what_it_should_be() -> None:
    """These purposes, and no others, are stopped by an objection to direct marketing."""
    expected = (
        "marketing.advertising.first_party.contextual",
        "marketing.advertising.first_party.targeted",
        "marketing.advertising.third_party.targeted",
        "marketing.communications",
        "marketing.communications.email",
        "marketing.communications.sms",
        "personalize.content.profiled",
    )

    assert expected == CATALOG.direct_marketing()


def test_every_purpose_that_people_can_be_asked_for_is_named_for_people() -> None:
    """Titles of purposes with a basis are sentences about the person, not labels of a taxonomy."""
    titles = [purpose.title for purpose in CATALOG.purposes.values() if purpose.basis is not None]

    assert 17 == len(titles)
    assert [] == [title for title in titles if title.istitle()]


def test_only_what_the_law_requires_survives() -> None:
    """Nothing but a legal obligation goes on after restriction or erasure."""
    survivors = {key: purpose.basis for key, purpose in CATALOG.purposes.items() if purpose.survives}

    assert {"essential.legal_obligation": Basis.LEGAL_OBLIGATION} == survivors


def _declared() -> Iterator[tuple[Question, Basis]]:
    """Every question that some service declares, with what its purpose rests on."""
    for service in CATALOG.services.values():
        for use in service.may_use:
            purpose = CATALOG.purposes[use.purpose]
            assert purpose.basis is not None
            for field, action, channel in product(use.fields, use.actions, purpose.channels or (None,)):
                for recipient in use.recipients if action is Action.SHARE else (FIRST_PARTY,):
                    question = Question(
                        service=service.key,
                        action=action,
                        field=field,
                        purpose=use.purpose,
                        channel=channel,
                        recipient=recipient,
                        attributes=(AMOUNT,),
                    )
                    yield question, purpose.basis


def _facts(basis: Basis) -> Iterator[Facts]:
    """Facts about a person, but for values that differ from these in name only, so that a test takes seconds."""
    flags = (False, True)
    states = (ConsentState.GIVEN, ConsentState.UNKNOWN)
    stopped = ((False, False), (True, False), (False, True))  # (restricted, erased)
    ages = (AgeBand.CHILD, AgeBand.TEEN, AgeBand.UNKNOWN)
    for consent, explicit, by_guardian, objected, (restricted, erased), age in product(
        states, flags, flags, flags, stopped, ages
    ):
        yield Facts(consent, explicit, by_guardian, objected, restricted, erased, age, basis)


def test_guardrails_decide_nothing() -> None:
    """No declared question that the other policies allow is one that a guardrail forbids."""
    texts = {path.name: path.read_text("utf-8") for path in DEMO.glob("*.cedar")}
    all_policies = Policies(compile_policies(parsed(list(texts.values())), CATALOG))
    del texts["guardrails.cedar"]
    others = Policies(compile_policies(parsed(list(texts.values())), CATALOG))
    allowed = [
        (question, facts)
        for question, basis in _declared()
        for facts in _facts(basis)
        if others.evaluate(question, facts).allowed
    ]

    assert len(allowed) > 1_000
    assert [] == [pair for pair in allowed if not all_policies.evaluate(*pair).allowed]
