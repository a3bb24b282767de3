"""The schema of suites against their reader."""

import json
from pathlib import Path
from random import Random

import jsonschema
import pytest

from sidecar.authoring.schemas.suite import suite_schema
from tests import yaml12
from tests.case_files import DEMO
from tests.spoiling import Written, dumped, spoilt
from tests.unit.authoring.suite.suites import SUBJECTS, found

VALIDATOR = jsonschema.Draft7Validator(suite_schema())
FULL = """\
suite: everything
now: 2026-06-01T12:00:00Z
groups:
  subjects: {willing: [ada, bea]}
  fields: {mail: customer.email}
subjects:
  ada:
    - {at: 2026-01-01, given: {purposes: [marketing.email], categories: [user.contact.email]}, explicit: true}
    - {at: 2026-02-01T09:00:00Z, withdrawn: {}, actor: guardian}
    - {at: 2026-02-02T09:00:00Z, objected: {recipients: [third_party]}, actor: system}
    - {at: 2026-02-03T09:00:00Z, traits: {of_age_at: "2030-01-01T00:00:00Z", jurisdiction: DE}}
    - {at: 2026-02-04T09:00:00Z, restricted: {}}
    - {at: 2026-02-05T09:00:00Z, lifted: {}}
    - {at: 2026-02-06T09:00:00Z, erased: []}
    - at: 2026-03-01T09:00:00Z
      choices:
        - {kind: given, purposes: [marketing.email], categories: [user.contact.email], notice: home@2}
        - {kind: refused, purposes: [marketing.email], channels: [email]}
  bea: {consent: given, age: teen}
  nobody:
tests:
  - name: one
    ask: {service: newsletter, subject: bea, field: customer.email, purpose: marketing.email}
    want: {effect: allow, mask: null, determining: [consented], ask: null, facts: {consent: given}}
  - name: several
    ask: {service: newsletter, facts: {consent: given}, fields: [mail, customer.diet], purpose: marketing.email}
    want: [allow, CONSENT_NOT_EXPLICIT]
  - name: to share
    ask:
      service: newsletter
      subject: bea
      field: customer.email
      purpose: marketing.email
      action: share
      recipient: grocer
      attributes: {premium: true, count: 3, region: eu, tags: [a, b]}
    want: deny
  - name: all
    matrix: {subjects: [all, stranger], services: newsletter, fields: [mail], purposes: [marketing.email]}
    attributes: {premium: false}
    expect:
      - {subjects: [bea], want: allow}
      - {subjects: [stranger], want: CONSENT_UNKNOWN}
"""


def _complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml12.read(text))]


@pytest.mark.parametrize("path", sorted(DEMO.glob("tests/*.yaml")), ids=lambda path: path.stem)
def test_the_demo_suites_are_as_their_schema_says(path: Path) -> None:
    """Each validates, and its first line leads an editor to the schema."""
    text = path.read_text("utf-8")
    target = path.parent / text.partition("\n")[0].removeprefix("# yaml-language-server: $schema=")

    assert [] == _complaints(text)
    assert suite_schema() == json.loads(target.read_text("utf-8"))


def test_everything_that_a_suite_can_say(tmp_path: Path) -> None:
    """The reader and the schema know the same words."""
    assert [] == found(tmp_path, FULL)
    assert [] == _complaints(FULL)


MISTAKES = {
    "a misspelt key": ("want: deny", "wnat: deny"),
    "an unknown answer": ("want: deny", "want: denied"),
    "allowed for a reason": ("want: deny", "want: ALLOWED"),
    "an unknown effect": ("effect: allow,", "effect: permit,"),
    "an unknown mask": ("mask: null", "mask: sha"),
    "an unknown age": ("age: teen", "age: old"),
    "a step without a time": ("at: 2026-01-01, ", ""),
    "a step that says two things": ("actor: guardian", "refused: {}"),
    "a step that says nothing of what": ("withdrawn: {}", "withdrawn: ~"),
    "a step that says nothing": ("withdrawn: {}, ", ""),
    "an unknown actor": ("actor: guardian", "actor: parent"),
    "an unknown kind": ("kind: refused", "kind: denied"),
    "an unknown trait": ("of_age_at", "born_at"),
    "an unknown dimension of a scope": ("channels: [email]", "chanels: [email]"),
    "an unknown dimension of a matrix": ("purposes: [marketing.email]}\n    attributes", "purpose: x}\n    attributes"),
    "a test without a name": ("  - name: to share\n    ask:", "  - ask:"),
    "a question without purpose": (", purpose: marketing.email}\n    want: [", "}\n    want: ["),
    "a matrix and an answer": ("    attributes: {premium: false}", "    want: deny"),
    "a question and what to expect": ("    want: [allow", "    expect: []\n    want: [allow"),
    "a list of lists": ("fields: [mail]", "fields: [[mail]]"),
    "no tests": (FULL[FULL.index("tests:") :], "tests: []\n"),
    "a person called stranger": ("  nobody:", "  stranger:"),
    "an attribute with parts": ("{premium: false}", "{premium: {a: 1}}"),
}


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(*row, id=name.replace(" ", "-")) for name, row in MISTAKES.items()]
)
def test_what_both_complain_of(tmp_path: Path, old: str, new: str) -> None:
    """A mistake that one file shows is seen while it is made, and refused when it is run."""
    assert old in FULL
    text = FULL.replace(old, new, 1)

    assert found(tmp_path, text)
    assert _complaints(text)


_SPOILERS = (
    *("", "{}", "[]", "true", "no", "~", "0", "2026-01-01", "text", "all", "[all]", "[mail]", "deny", "allow", "[ada]"),
    *("share", "grocer", "given", "{effect: deny}", "[deny, deny]", "hash", '"2026-01-01T00:00:00Z"', "guardian"),
)
_KEYS = ("want", "mask", "reason", "channel", "action", "actor", "explicit", "expires_at", "notice", "groups", "x")


def test_what_the_reader_accepts_the_schema_does_not_refuse(tmp_path: Path) -> None:
    """Of thousands of suites with one or two things spoilt, those that can still be read have no complaint."""
    accepted = refused = 0
    for seed in range(400):
        dice = Random(seed)
        value = yaml12.read(FULL)
        for _ in range(dice.randint(1, 2)):
            value = spoilt(value, dice, [Written(text) for text in _SPOILERS], _KEYS)
        text = dumped(value)
        if found(tmp_path, text):
            refused += 1
        else:
            accepted += 1
            assert [] == _complaints(text), text

    assert accepted > 30
    assert refused > 130


def test_the_small_suites_are_as_the_schema_says() -> None:
    """What other tests start from."""
    test = "tests: [{name: a, ask: {service: s, subject: ada, field: f, purpose: p}, want: allow}]\n"

    assert [] == _complaints(SUBJECTS + test)
