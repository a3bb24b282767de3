"""Titles in the language that somebody reads."""

import pytest

from sidecar.model.catalog import Category
from sidecar.model.language import Title, lookup, title_in


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("de", "de", id="the tag itself"),
        pytest.param("DE", "de", id="letters are alike"),
        pytest.param("de-AT", "de", id="what lies above it"),
        pytest.param("de-CH-1996", "de-ch", id="the nearest above it"),
        pytest.param("de-x-formal", "de", id="not the rest of an extension"),
        pytest.param("d", "", id="nothing below it"),
        pytest.param("fr", "", id="another language"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_nearest_language_serves(asked: str, expected: str) -> None:
    """RFC 4647, section 3.4: parts are taken off the end until a tag is known."""
    assert expected == lookup(asked, ("de", "de-ch", "x"))


def test_a_title_says_what_language_it_is_in() -> None:
    """The default one says nothing: the catalog does not tell."""
    category = Category(key="user", title="Data", titles={"de": "Daten"})

    assert Title("Daten", "de") == title_in(category, "de-AT")
    assert Title("Data", "") == title_in(category, "fr")
