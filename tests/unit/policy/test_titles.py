"""Titles of catalog entries in other languages."""

from pathlib import Path

import pytest

from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, write

DATA_USES, PURPOSES, NOTICES = "catalog/data_uses.yaml", "catalog/purposes.yaml", "catalog/notices.yaml"
CATEGORIES, RECIPIENTS, FIELDS = "catalog/categories.yaml", "catalog/recipients.yaml", "catalog/fields.yaml"
NEWSLETTER = "catalog/services/newsletter.yaml"


def test_every_kind_of_entry_may_have_them(tmp_path: Path) -> None:
    """Tags are kept in lower case, and taken as written: `no` is Norwegian."""
    changes = {
        DATA_USES: FILES[DATA_USES].replace("title: finding fraud", "title: fraud, titles: {de: Betrug}"),
        NOTICES: FILES[NOTICES].replace("title: Your home", "title: Your home\n  titles: {de-AT: Daheim, no: Hjemme}"),
        CATEGORIES: FILES[CATEGORIES].replace("title: health", "title: health, titles: {de: Gesundheit}"),
        RECIPIENTS: "grocer: {title: The grocer, titles: {de: Der Krämer}}\n",
        FIELDS: FILES[FIELDS].replace("title: Diet", "title: Diet, titles: {de: Kost}"),
        NEWSLETTER: FILES[NEWSLETTER].replace("owner:", "titles: {de: Rundbrief}\nowner:"),
    }
    catalog = load_bundle(write(tmp_path, changes)).catalog

    assert {"de-at": "Daheim", "no": "Hjemme"} == catalog.notices["home", 2].titles
    assert {"de": "Gesundheit"} == catalog.categories["user.health"].titles
    assert {"de": "Der Krämer"} == catalog.recipients["grocer"].titles
    assert {"de": "Kost"} == catalog.fields["customer.diet"].titles
    assert {"de": "Rundbrief"} == catalog.services["newsletter"].titles
    assert {"de": "Betrug"} == catalog.purposes["essential.fraud"].titles  # purposes.yaml adds a basis, no words


@pytest.mark.parametrize(
    ("refined", "expected"),
    [
        pytest.param("titles: {fr: Courrier}", {"de": "Werbung", "fr": "Courrier"}, id="another language"),
        pytest.param("title: Our mail, titles: {fr: Courrier}", {"fr": "Courrier"}, id="other words"),
        pytest.param("title: Our mail", {}, id="other words, not translated"),
    ],
)
def test_a_translation_belongs_to_its_title(tmp_path: Path, refined: str, expected: dict[str, str]) -> None:
    """A purpose that gets other words loses the translations of those of the taxonomy."""
    changes = {
        DATA_USES: FILES[DATA_USES].replace("title: marketing by email", "title: by email, titles: {de: Werbung}"),
        PURPOSES: FILES[PURPOSES].replace("marketing.email: {", f"marketing.email: {{{refined}, "),
    }

    assert expected == load_bundle(write(tmp_path, changes)).catalog.purposes["marketing.email"].titles


def test_mistakes_in_titles(tmp_path: Path) -> None:
    """Each is told at its place."""
    text = (
        "user: {title: a, titles: {not a tag: b}}\n"
        "user.contact: {title: a, titles: [b]}\n"
        "user.contact.email: {title: a, titles: {de: '', fr: [b], it: 1}}\n"
        "user.health: {title: a, titels: {de: b}}\n"
    )

    assert found(tmp_path, {CATEGORIES: text}) == [
        f"{CATEGORIES}:1:27 catalog.language",
        f"{CATEGORIES}:2:34 catalog.wrong_type",
        f"{CATEGORIES}:3:45 catalog.wrong_type",
        f"{CATEGORIES}:3:53 catalog.wrong_type",
        f"{CATEGORIES}:3:62 catalog.wrong_type",
        f"{CATEGORIES}:4:25 catalog.unknown_key",
    ]
