"""The page of `policy matrix`, opened by Chromium."""

import html
import json
import re
from itertools import product
from pathlib import Path

import pytest

from sidecar.authoring.matrix.contents import contents
from sidecar.authoring.matrix.page import page
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.matrix import Matrix, decision_matrix
from sidecar.policy.bundle import Draft, read_draft
from tests.documents import ROOT
from tests.model.page import PageReader
from tests.ops.browser import Opened, open_page
from tests.unit.authoring.matrix.bundles import INEXACT, JURISDICTIONS, OBJECTING, draft_with


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """That of the demo bundle."""
    return decision_matrix(analyse(read_draft(ROOT / "policies")), states_apart=False)


@pytest.fixture
def written(matrix: Matrix, tmp_path: Path) -> Path:
    """Its page."""
    path = tmp_path / "matrix.html"
    path.write_text(page(matrix), encoding="utf-8")
    return path


def _text(opened: Opened, start: str) -> str:
    """All that the part of a page that begins with *start* says."""
    inside = opened.dom.partition(start)[2].partition("</aside>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", inside)))


def test_it_shows_the_answers(written: Path) -> None:
    """Of everything, about an adult who has agreed; and nothing goes wrong."""
    opened = open_page(written)
    cells = opened.cells()

    assert [] == opened.complaints
    assert 10 * 17 == len(cells)
    assert "allowed" == cells["newsletter, customer.email"]
    assert "allowed, masked" == cells["analytics, customer.browsing"]
    assert "denied: consent is missing" == cells["offers, customer.diet"]
    assert "denied by policy, whatever consent" == cells["fraud, home.location"]
    assert "not declared: always denied" == cells["social, customer.email"]


def test_the_address_chooses(written: Path) -> None:
    """Purpose, person, attributes, what is looked for, and the cell that is told about."""
    address = (
        "purpose=marketing.advertising.first_party.targeted&consent=given&explicit=yes&age=child"
        "&services=off&fields=health&cell=offers/customer.diet"
    )
    opened = open_page(written, address)
    told = _text(opened, "<aside")

    assert [] == opened.complaints
    assert {"offers, customer.diet": "denied by policy, whatever consent"} == opened.cells()
    assert "denied, MINOR" in told
    assert "no-marketing-to-minors (forbid) no direct marketing to anybody under age" in told
    assert "explicit, age child" in _text(opened, '<p id="state"')


def test_the_law_of_a_person(tmp_path: Path) -> None:
    """Another basis elsewhere, another answer: it can be chosen where the law is, as far as purposes name it."""
    path = tmp_path / "matrix.html"
    path.write_text(page(decision_matrix(analyse(draft_with(JURISDICTIONS)))), encoding="utf-8")
    address = "purpose=marketing.email&action=use&cell=newsletter/customer.email"
    here, there, within = (
        open_page(path, f"{address}{law}") for law in ("", "&jurisdiction=US", "&jurisdiction=US-CA")
    )

    assert [] == [*here.complaints, *there.complaints, *within.complaints]
    assert [True, False, True] == ["(consent)" in _text(one, "<aside") for one in (here, there, within)]
    assert "denied, NO_PERMIT" in _text(there, "<aside")
    assert "allowed" == here.cells()["newsletter, customer.email"] == within.cells()["newsletter, customer.email"]


def test_a_condition_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    """And who reads says whether it holds."""
    path = tmp_path / "matrix.html"
    path.write_text(page(decision_matrix(analyse(draft_with(INEXACT)))), encoding="utf-8")
    opened = open_page(path)

    assert [] == opened.complaints
    assert "but for the conditions below" in opened.dom
    assert "in tagged" in _text(opened, '<div id="inexact"')


def test_it_says_what_consent_would_change(written: Path) -> None:
    """And never shows what nobody can be: consent that is unknown was not given explicitly."""
    opened = open_page(written, "consent=unknown&explicit=yes&cell=offers/customer.diet&purpose=personalize.content")
    told = _text(opened, "<aside")

    assert "denied, CONSENT_UNKNOWN" in told
    assert "Would be allowed with consent given, explicit." in told
    assert ", explicit" not in _text(opened, '<p id="state"').partition("Question")[0]


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(read_draft(ROOT / "policies"), id="the demo bundle"),
        pytest.param(draft_with(OBJECTING), id="a no that counts as an objection"),
        pytest.param(draft_with(INEXACT), id="a condition that cannot be listed"),
    ],
)
def test_the_script_answers_as_the_values_say(draft: Draft, tmp_path: Path) -> None:
    """Its own way through the trees, for every class of uses in every situation: as this project's own has it."""
    matrix = decision_matrix(analyse(draft), states_apart=False)
    data = contents(matrix)
    situations = list(product(*(range(len(one["values"])) for one in data["dimensions"])))
    script = f"""
      const situations = {json.dumps(situations)};
      const ids = (policies) => policies.map((policy) => policy.id).sort();
      const all = data.classes.map((_, number) => situations.filter(reachable).map((situation) => {{
        const {{ outcome, determining, erring, needs }} = answer(number, situation);
        return [outcome.effect, outcome.reason, outcome.mask, ids(determining), ids(erring),
          needs && [Boolean(needs.explicit), Boolean(needs.guardian)]];
      }}));
      document.body.replaceChildren(make("pre", {{ textContent: JSON.stringify(all) }}));
    """
    path = tmp_path / "asked.html"
    open_to_scripts = re.sub(r"<meta http-equiv=[^>]*>", "", page(matrix))
    path.write_text(open_to_scripts.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")

    opened = open_page(path)
    answers = json.loads(html.unescape(opened.dom.partition("<pre>")[2].partition("</pre>")[0]))
    reader = PageReader(data)
    names = [one["name"] for one in data["dimensions"]]
    points = [point for point in situations if reader.can_be(dict(zip(names, point, strict=True)))]
    expected = [[list(reader.answer_of(number, point)) for point in points] for number in range(len(data["classes"]))]
    assert [] == opened.complaints
    assert json.loads(json.dumps(expected)) == answers
