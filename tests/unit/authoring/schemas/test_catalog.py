"""The schemas of the catalog against its loader."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from random import Random

import jsonschema
import pytest

from sidecar.authoring.schemas.published import PUBLISHED
from sidecar.policy.bundle import check_files
from sidecar.policy.catalog.reader import read_catalog
from sidecar.policy.files import Files
from sidecar.policy.problems import Problems
from tests import yaml12
from tests.case_files import DEMO
from tests.random_bundles import random_bundle
from tests.spoiling import Written, dumped, spoilt
from tests.unit.policy.bundles import FILES

VALIDATORS = {published.describes: jsonschema.Draft7Validator(published.schema()) for published in PUBLISHED}
CATALOG = {path: text for path, text in FILES.items() if path.startswith("catalog/")}
PURPOSES = "catalog/purposes.yaml"
NOTICES = "catalog/notices.yaml"
SERVICE = "catalog/services/newsletter.yaml"


def _complaints(path: str, text: str) -> list[str]:
    """What the schema of the file at *path* says of *text*."""
    (validator,) = [found for pattern, found in VALIDATORS.items() if fnmatchcase(path, pattern)]
    return [error.message for error in validator.iter_errors(yaml12.read(text))]


def _files(texts: dict[str, str]) -> Files:
    return Files(paths=tuple(sorted(texts)), texts=texts, revision="")


def _loads(texts: dict[str, str]) -> bool:
    """Whether the loader accepts the catalog of *texts*."""
    problems = Problems()
    read_catalog(_files(texts), {}, problems)
    return not problems.invalid


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published.name)
def test_every_schema_is_one(published: object) -> None:
    """It is valid JSON Schema of the draft that it names, and editors have words for every key."""
    schema = published.schema()  # type: ignore[attr-defined]

    jsonschema.Draft7Validator.check_schema(schema)
    assert "http://json-schema.org/draft-07/schema#" == schema["$schema"]
    assert [] == [key for key, shape in _properties(schema) if not shape.get("description")]


def _properties(schema: object) -> Iterator[tuple[str, dict[str, object]]]:
    if isinstance(schema, list):
        for item in schema:
            yield from _properties(item)
    if isinstance(schema, dict):
        for word, inner in schema.items():
            if word == "properties" and "type" in schema:  # conditions have properties too, but describe nothing
                yield from inner.items()
            if word not in ("if", "then", "else"):
                yield from _properties(inner)


@pytest.mark.parametrize("path", [path.relative_to(DEMO).as_posix() for path in sorted(DEMO.glob("catalog/**/*.yaml"))])
def test_the_demo_bundle_is_as_its_schemas_say(path: str) -> None:
    """Each file validates, and its first line leads an editor to the committed schema of its kind."""
    text = (DEMO / path).read_text("utf-8")
    line = text.partition("\n")[0]
    target = (DEMO / path).parent / line.removeprefix("# yaml-language-server: $schema=")
    (published,) = [published for published in PUBLISHED if fnmatchcase(path, published.describes)]

    assert [] == _complaints(path, text)
    assert (DEMO / ".schemas" / f"{published.name}.schema.json").resolve() == target.resolve()
    assert published.text() == target.read_text("utf-8")


def _with(path: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[path]
    return {**CATALOG, path: FILES[path].replace(old, new)}


MISTAKES = {
    "a misspelt key": (PURPOSES, "direct_marketing", "direct_markting"),
    "an unknown basis": (PURPOSES, "legitimate_interests", "legitimate_interest"),
    "a boolean in words": (PURPOSES, "direct_marketing: true", "direct_marketing: yes"),
    "a channel for a list": (PURPOSES, "[email]", "email"),
    "an unknown channel": (PURPOSES, "[email]", "[mail]"),
    "a channel twice": (PURPOSES, "[email]", "[email, email]"),
    "a duration without unit": (PURPOSES, "30d", "30"),
    "a duration of weeks": (PURPOSES, "30d", "4w"),
    "a failure mode alone": (PURPOSES, "reask_after: 30d", "failure_mode: serve_last_known"),
    "a time to serve alone": (PURPOSES, "reask_after: 30d", "serve_last_known: 5m"),
    "a time to serve while denying": (PURPOSES, "reask_after: 30d", "{failure_mode: deny, serve_last_known: 5m}"[1:-1]),
    "no such country": (PURPOSES, "reask_after: 30d", "basis_by_jurisdiction: {Germany: consent}"),
    "a country's unknown basis": (PURPOSES, "reask_after: 30d", "basis_by_jurisdiction: {DE: consnt}"),
    "a key that is none": (PURPOSES, "marketing.email", "marketing email"),
    "an empty part of a key": (PURPOSES, "marketing.email", "marketing..email"),
    "no record": (PURPOSES, "{direct_marketing: true}", "true"),
    "nothing behind a key": (PURPOSES, "{direct_marketing: true}", ""),
    "a field without category": ("catalog/fields.yaml", "[user.contact.email]", "[]"),
    "categories left out": ("catalog/fields.yaml", ", categories: [user.health]", ""),
    "a title left out": ("catalog/categories.yaml", "{title: health}", "{}"),
    "an empty title": ("catalog/data_uses.yaml", "{title: finding fraud}", '{title: " "}'),
    "a number for a title": ("catalog/recipients.yaml", "The grocer", "42"),
    "a recipient with dots": ("catalog/recipients.yaml", "grocer:", "the.grocer:"),
    "a notice without version": (NOTICES, "  version: 2\n", ""),
    "a version in words": (NOTICES, "version: 2", "version: two"),
    "version zero": (NOTICES, "version: 2", "version: 0"),
    "no purposes": (NOTICES, "[marketing.email]", "[]"),
    "an unknown answer": (NOTICES, "reconsent: no", "reconsent: maybe"),
    "no date": (NOTICES, "2026-01-01", "soon"),
    "a notice's key with dots": (NOTICES, "key: home", "key: home.page"),
    "notices by key": (NOTICES, FILES[NOTICES], "home: {version: 2}\n"),
    "no owner": (SERVICE, "owner: team-mail\n", ""),
    "an unknown action": (SERVICE, "actions: [use]", "actions: [read]"),
    "no action": (SERVICE, "actions: [use]", "actions: []"),
    "an action for a list": (SERVICE, "actions: [use]", "actions: use"),
    "sharing with nobody": (SERVICE, ", recipients: [grocer]", ""),
    "recipients without sharing": (SERVICE, "actions: [use]", "actions: [use], recipients: [grocer]"),
    "sharing with everybody": (SERVICE, "[grocer]", "[third_party]"),
    "a field twice": (SERVICE, "[customer.email, customer.diet]", "[customer.email, customer.email]"),
    "an empty file": (SERVICE, FILES[SERVICE], ""),
    "a list for a mapping": (SERVICE, FILES[SERVICE], "- title: Newsletter\n"),
}


@pytest.mark.parametrize(
    ("path", "old", "new"), [pytest.param(*row, id=name.replace(" ", "-")) for name, row in MISTAKES.items()]
)
def test_what_both_complain_of(path: str, old: str, new: str) -> None:
    """A mistake that one file shows is seen while it is made, and refused when it is loaded."""
    texts = _with(path, old, new)

    assert _loads(CATALOG)
    assert [] == _complaints(path, FILES[path])
    assert not _loads(texts)
    assert _complaints(path, texts[path])


def test_what_is_random_and_loads_is_as_its_schemas_say() -> None:
    """Of a hundred bundles that load, each file of their catalogs validates."""
    for seed in range(100):
        texts = random_bundle(seed).texts
        complaints = {p: _complaints(p, text) for p, text in texts.items() if p.startswith("catalog/")}

        assert {} == {path: said for path, said in complaints.items() if said}


_SPOILERS = (
    *("", "{}", "[]", "true", "no", "~", "0", "1", "-1", "365d", "2026-01-01", "2026-01-01T00:00:00Z", "text", '"no"'),
    *(
        "[email]",
        "[use, share]",
        "[grocer]",
        "consent",
        "required",
        "serve_last_known",
        "[email, email]",
        "{DE: consent}",
    ),
)


_KEYS = (
    *("title", "basis", "direct_marketing", "channels", "survives", "failure_mode", "serve_last_known", "cache_for"),
    *("recipients", "may_ask_for", "actions", "basis_by_jurisdiction", "x.y", "x"),
)


def test_what_the_loader_accepts_no_schema_refuses() -> None:
    """Of thousands of catalogs with one to three things spoilt, those that still load have no complaint."""
    accepted = refused = 0
    for seed in range(600):
        dice = Random(seed)
        path = dice.choice(list(CATALOG))
        value = yaml12.read(CATALOG[path])
        for _ in range(dice.randint(1, 3)):
            value = spoilt(value, dice, [Written(text) for text in _SPOILERS], _KEYS)
        text = dumped(value)
        if _loads({**CATALOG, path: text}):
            accepted += 1
            assert [] == _complaints(path, text), text
        else:
            refused += 1

    assert accepted > 15
    assert refused > 200


def test_the_small_bundle_loads() -> None:
    """What the tables above start from is whole."""
    assert () == check_files(_files(dict(FILES)), Problems(), source="").findings
