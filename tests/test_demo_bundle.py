"""The bundle in ``policies/``: what it promises as a whole; its answers are in ``policies/tests``."""

import subprocess
import sys
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import Basis
from sidecar.policy.bundle import load_bundle
from tests.case_files import DEMO

CATALOG: Final[Catalog] = load_bundle(DEMO).catalog


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
