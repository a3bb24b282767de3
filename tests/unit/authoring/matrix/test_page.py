"""The page of a matrix: one file, which loads nothing and runs nothing but its own script."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from sidecar.authoring.matrix import contents
from sidecar.authoring.matrix.page import page
from tests.unit.authoring.matrix.bundles import INEXACT, JURISDICTIONS, matrix_of
from tests.unit.policy.bundles import FILES

DATA = re.compile(r'<script id="data" type="application/json">(.*?)</script>', re.DOTALL)


def _data(text: str) -> dict[str, Any]:
    (found,) = DATA.findall(text)
    data: dict[str, Any] = json.loads(found)
    return data


def test_it_needs_nothing_else() -> None:
    """No address but its own, and nothing left to fill in."""
    text = page(matrix_of())

    assert [] == re.findall(r"https?://|{{|@import|url\(", DATA.sub("", text))
    assert ["data:,"] == re.findall(r"(?:src|href)=\"([^\"]*)\"", text)
    assert text == page(matrix_of())


def test_the_browser_runs_no_other_script() -> None:
    """Its policy names the digests of the one script and the one style that it has."""
    text = page(matrix_of())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)

    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} &#x27;sha256-{digest}&#x27;;" in policy
    assert policy.startswith("default-src &#x27;none&#x27;;")
    assert "unsafe" not in policy


def test_titles_cannot_become_markup() -> None:
    """Neither in the data nor around it, and they are shown as they were written."""
    evil = "</script><script>alert(1)</script><!-- &amp; "
    fields = f"customer.email: {{title: {json.dumps(evil)}, categories: [user.contact.email]}}\n"
    text = page(matrix_of({"catalog/fields.yaml": fields + FILES["catalog/fields.yaml"].splitlines()[1]}))

    assert 2 == text.count("<script")
    assert evil == next(one["title"] for one in _data(text)["fields"] if one["key"] == "customer.email")


def test_what_it_knows() -> None:
    """Keys with titles, policies with effects, and each value that a situation can have."""
    data = _data(page(matrix_of()))

    assert [{"key": "grocer", "title": "The grocer"}] == [r for r in data["recipients"] if r["key"] == "grocer"]
    assert {"id": "consented", "title": "what a person agreed to", "effect": "permit"} in data["policies"]
    assert ["no", "yes"] == next(one["values"] for one in data["dimensions"] if one["name"] == "explicit")
    assert ["marketing.email"] == [one["key"] for one in data["purposes"] if one["key"].startswith("marketing")]
    assert not any(one["name"].startswith("attributes.") for one in data["dimensions"])  # no policy looks at any
    assert -1 == data["start"]
    assert [] == data["inexact"]


def test_laws() -> None:
    """A purpose has a basis for each law that any purpose names, and a use a class for each basis."""
    data = _data(page(matrix_of(JURISDICTIONS)))
    bases = {one["key"]: [data["bases"][number] for number in one["bases"]] for one in data["purposes"]}

    assert ["", "US", "US-CA"] == data["jurisdictions"]
    assert ["consent", "legitimate_interests", "consent"] == bases["marketing.email"]
    assert ["legitimate_interests"] * 3 == bases["essential.fraud"]
    for use in data["uses"]:
        assert {str(number) for number in data["purposes"][use[0]]["bases"]} == set(use[6])


def test_a_condition_that_no_table_holds() -> None:
    """It is told, and the reader says whether it holds."""
    data = _data(page(matrix_of(INEXACT)))

    assert [["tagged"]] == [one["policies"] for one in data["inexact"]]
    assert [one["text"] for one in data["inexact"]] == [d["label"] for d in data["dimensions"] if d.get("condition")]


def test_a_large_map_begins_with_one_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand cells at once are too many to begin with."""
    monkeypatch.setattr(contents, "_MANY", 1)

    assert 0 == _data(page(matrix_of()))["start"]
