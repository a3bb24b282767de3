"""``renamed_from``: what is read, and what cannot be."""

from pathlib import Path

import pytest

from sidecar.model.renames import Renames
from sidecar.policy.bundle import load_bundle
from tests.unit.policy.bundles import FILES, found, problems, write

CATEGORIES, PURPOSES, DATA_USES = "catalog/categories.yaml", "catalog/purposes.yaml", "catalog/data_uses.yaml"
RECIPIENTS, NOTICES, FIELDS = "catalog/recipients.yaml", "catalog/notices.yaml", "catalog/fields.yaml"
FRAUD = "catalog/services/fraud.yaml"


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """One file of the small bundle with one place changed."""
    assert old in FILES[file]
    return {file: FILES[file].replace(old, new, 1)}


def test_every_kind_of_entry_may_have_been_renamed(tmp_path: Path) -> None:
    """From one key, or from several; a purpose in either of its files."""
    changes = {
        **edited(CATEGORIES, "title: health", "title: health, renamed_from: user.wellbeing"),
        **edited(DATA_USES, "title: marketing}", "title: marketing, renamed_from: [advertising, promotion]}"),
        **edited(PURPOSES, "[email]", "[email], renamed_from: marketing.mail"),
        **edited(RECIPIENTS, "The grocer", "The grocer, renamed_from: shop"),
        **edited(NOTICES, "title: Your home", "title: Your home\n  renamed_from: house"),
        **edited(FIELDS, "Diet", "Diet, renamed_from: customer.food"),
        **edited(FRAUD, "title: Fraud", "title: Fraud\nrenamed_from: [abuse]"),
    }

    assert (
        Renames(
            services={"abuse": "fraud"},
            fields={"customer.food": "customer.diet"},
            categories={"user.wellbeing": "user.health"},
            purposes={"advertising": "marketing", "promotion": "marketing", "marketing.mail": "marketing.email"},
            recipients={"shop": "grocer"},
            notices={"house": "home"},
        )
        == load_bundle(write(tmp_path, changes)).catalog.renames
    )


def test_without_a_rename_there_is_none(tmp_path: Path) -> None:
    """The small bundle has none."""
    assert Renames() == load_bundle(write(tmp_path)).catalog.renames


def test_versions_of_a_notice_may_each_say_so(tmp_path: Path) -> None:
    """It is the notice that has the key."""
    twice = FILES[NOTICES].replace("version: 2", "version: 2\n  renamed_from: house")
    catalog = load_bundle(write(tmp_path, {NOTICES: twice + twice.replace("version: 2", "version: 3")})).catalog

    assert {"house": "home"} == catalog.renames.notices


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        pytest.param(
            edited(CATEGORIES, "title: health", "title: health, renamed_from: user.contact"),
            f"{CATEGORIES}:4:44",
            "data category `user.contact` is still there",
            id="what is still there",
        ),
        pytest.param(
            edited(CATEGORIES, "title: health", "title: health, renamed_from: user.health"),
            f"{CATEGORIES}:4:44",
            "data category `user.health` is still there",
            id="itself",
        ),
        pytest.param(
            edited(CATEGORIES, "title: how to reach a person", "title: x, renamed_from: user.contact.mail"),
            f"{CATEGORIES}:2:40",
            "`user.contact.mail` lay below `user.contact`",
            id="what lay below it",
        ),
        pytest.param(
            {
                CATEGORIES: FILES[CATEGORIES]
                .replace("title: health", "title: health, renamed_from: user.old")
                .replace("title: email address", "title: x, renamed_from: [user.old]")
            },
            f"{CATEGORIES}:4:44",
            "`user.contact.email` was renamed from `user.old` too",
            id="what another was renamed from",
        ),
        pytest.param(
            edited(RECIPIENTS, "title: The grocer", "title: The grocer, renamed_from: a.b"),
            f"{RECIPIENTS}:1:43",
            "`a.b` is not a key",
            id="no key of that kind",
        ),
        pytest.param(
            edited(CATEGORIES, "title: health", "title: health, renamed_from: '*'"),
            f"{CATEGORIES}:4:44",
            "`*` is not a key",
            id="everything",
        ),
        pytest.param(
            edited(RECIPIENTS, "grocer:", "first_party: {title: us, renamed_from: partner}\ngrocer:"),
            f"{RECIPIENTS}:1:40",
            "`first_party` always was what it is",
            id="ourselves",
        ),
        pytest.param(
            edited(NOTICES, "title: Your home", "title: Your home\n  renamed_from: home"),
            f"{NOTICES}:4:17",
            "notice `home` is still there",
            id="a notice itself",
        ),
        pytest.param(
            edited(FIELDS, "Diet", "Diet, renamed_from: customer.email"),
            f"{FIELDS}:2:44",
            "field `customer.email` is still there",
            id="a field that is still there",
        ),
        pytest.param(
            edited(FRAUD, "title: Fraud", "title: Fraud\nrenamed_from: newsletter"),
            f"{FRAUD}:2:15",
            "service `newsletter` is still there",
            id="a service that is still there",
        ),
    ],
)
def test_what_cannot_have_been_is_an_error(tmp_path: Path, changes: dict[str, str], place: str, message: str) -> None:
    """At its place, with what to do."""
    (problem,) = problems(tmp_path, changes)

    assert (place, message) == (f"{problem.file}:{problem.line}:{problem.column}", problem.message)
    assert ("catalog.renamed_from", True) == (problem.code, bool(problem.hint))


def test_what_is_no_name_is_told_once(tmp_path: Path) -> None:
    """Neither a mapping, nor nothing, nor a list of nothing; a broken file is told of by whoever reads it."""
    for wrong in ("{a: b}", "", "[]", "[[a]]"):
        codes = found(tmp_path, edited(CATEGORIES, "title: health", f"title: health, renamed_from: {wrong}"))

        assert 1 == len(codes), wrong
    for broken in ("- a\n", "- {key: [a], renamed_from: b}\n", "a: b\n", "user: [\n"):
        for file in (CATEGORIES, NOTICES, FRAUD, RECIPIENTS):
            assert not any("renamed" in code for code in found(tmp_path, {file: broken}))
