"""The author's schema, held against the vocabulary."""

from pathlib import Path

import pytest

from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, marked, problems, write

SCHEMA = """\
// as an author would write it
@doc("the states of consent")
entity Consent enum ["given", "withdrawn", "refused", "superseded", "expired", "unknown"];
entity Basis enum ["consent", "contract", "legal_obligation", "vital_interests", "public_interest",
  "legitimate_interests"];
entity AgeBand enum ["adult", "teen", "child", "unknown"];
entity Channel enum ["none", "email", "sms", "phone", "push", "post", "in_app", "voice", "device"];
entity Purpose in [Purpose] { @doc("inherited") direct_marketing: __cedar::Bool };
entity DataCategory, Recipient;
entity Service;
entity Field in DataCategory;
type Tags = Set<String>;
type Attributes = { premium?: Bool, @doc count?: Long, "region"?: String, tags?: Tags };
type Asked = {
  purpose: Purpose, channel: Channel, recipient: Recipient, basis: Basis, consent: Consent, explicit: Bool,
  by_guardian: Bool, objected: Bool, restricted: Bool, erased: Bool, age: AgeBand, attributes: Attributes,
};
action collect, "use" appliesTo { principal: [Service], resource: [Field], context: Asked };
action retain, share appliesTo { principal: Service, resource: Field, context: Asked } attributes {};
""".replace(
    "entity DataCategory, Recipient;", "entity DataCategory in [DataCategory];\nentity Recipient in [Recipient];"
)


def changed(old: str, new: str) -> str:
    """The schema with *new*, which has a mark, instead of *old*."""
    assert old in SCHEMA
    return SCHEMA.replace(old, new, 1)


def test_any_spelling_of_the_vocabulary(tmp_path: Path) -> None:
    """Order, layout, type names, quotes and annotations are the author's; the attributes are read through them."""
    bundle = load_bundle(write(tmp_path, {"schema.cedarschema": SCHEMA}))

    assert bundle.catalog.attributes == {"premium": "Bool", "count": "Long", "region": "String", "tags": "Set<String>"}


def test_an_attribute_named_like_a_keyword(tmp_path: Path) -> None:
    """What Cedar lets an author name is carried over, in quotes."""
    text = changed("premium?: Bool", '"if"?: Bool, premium?: Bool')

    assert found(tmp_path, {"schema.cedarschema": text}) == []


NOT_CEDAR = {
    "a word left out": changed("entity Service;", "entity ¦;"),
    "a second semicolon": changed("entity Service;", "entity Service;¦;"),
    "no end": SCHEMA.rstrip("};\n") + "¦}",
    "an open string": changed('"unknown"];\nentity Basis', '¦"unknown];\nentity Basis'),
    "an unknown type": changed("tags?: Tags", "tags?: ¦Tgas"),
    "a type declared twice": changed("entity Service;", "entity Service; entity ¦Service;"),
    "types in a circle": changed("type Tags = Set<String>;", "type ¦Tags = Set<Tags>;"),
    "a name of Cedar's own": changed("entity Service;", "entity Service; type ¦Bool = Long;"),
    "an action in a circle": changed("action retain, share", "action ¦retain, share in [retain]"),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name.replace(" ", "-")) for name, text in NOT_CEDAR.items()])
def test_what_is_not_a_schema(tmp_path: Path, text: str) -> None:
    """A schema that Cedar refuses is one error near its place, and it is said what was then not checked."""
    plain, place = marked(text)

    assert found(tmp_path, {"schema.cedarschema": plain}) == [
        "schema.cedarschema policy.unchecked",
        f"schema.cedarschema:{place} schema.parse",
    ]


DIFFERENT = {
    "a fact as a text": (changed("consent: Consent", "¦consent: String"), "closed_vocabulary"),
    "a basis as a text": (changed("basis: Basis", "¦basis: String"), "closed_vocabulary"),
    "an age as a text": (changed("age: AgeBand", "¦age: String"), "closed_vocabulary"),
    "a channel as a text": (changed("channel: Channel", "¦channel: String"), "closed_vocabulary"),
    "an attribute with the name of a fact": (changed("premium?: Bool", "¦consent?: String"), "closed_vocabulary"),
    "a vocabulary that is open": (
        changed('entity AgeBand enum ["adult", "teen", "child", "unknown"]', "entity ¦AgeBand"),
        "closed_vocabulary",
    ),
    "a value left out": (changed('entity AgeBand enum ["adult", ', "entity ¦AgeBand enum ["), "missing"),
    "a value too many": (changed("entity AgeBand enum [", 'entity ¦AgeBand enum ["old", '), "extra"),
    "a fact of another type": (changed("explicit: Bool", "¦explicit: Long"), "type"),
    "a fact that may be absent": (changed("explicit: Bool", "¦explicit?: Bool"), "type"),
    "a fact left out": (changed("type Asked = {", "type Asked = ¦{").replace("explicit: Bool,", ""), "missing"),
    "a fact too many": (changed("explicit: Bool", "¦mood: String, explicit: Bool"), "extra"),
    "an entity left out": ("¦" + SCHEMA.replace("Channel", "Chanel"), "missing"),
    "an entity too many": (changed("entity Service;", "entity Service; entity ¦Person;"), "extra"),
    "an action left out": ("¦" + SCHEMA.replace('collect, "use"', '"use"'), "missing"),
    "an action too many": (
        SCHEMA + "action ¦sell appliesTo { principal: Service, resource: Field, context: Asked };",
        "extra",
    ),
    "an action for others": (changed("principal: [Service]", "principal: [Service, Field]"), "extra"),
    "an action on others": (changed("resource: [Field]", "resource: [Purpose]"), "extra"),
    "an action without context": (
        SCHEMA.replace("action retain, share", "action retain")
        + "action ¦share appliesTo { principal: Service, resource: Field };",
        "type",
    ),
    "an action of nobody": (SCHEMA.replace("retain, share", "retain") + "action ¦share;", "missing"),
    "an action in a group": (
        changed("action retain, share app", 'action ¦retain in ["use"] app').replace(
            "type Asked", "action share appliesTo { principal: Service, resource: Field, context: Asked };\ntype Asked"
        ),
        "extra",
    ),
    "an action in a group by its type": (
        changed("action retain, share app", 'action ¦retain in Action::"use" app').replace(
            "type Asked", "action share appliesTo { principal: Service, resource: Field, context: Asked };\ntype Asked"
        ),
        "extra",
    ),
    "actions with other attributes": (
        SCHEMA.replace("retain, share", "retain")
        + "action ¦share appliesTo { principal: Service, resource: Field, context: "
        + "{purpose: Purpose, channel: Channel, recipient: Recipient, basis: Basis, consent: Consent, explicit: Bool, "
        + "by_guardian: Bool, objected: Bool, restricted: Bool, erased: Bool, age: AgeBand, attributes: {}} };",
        "type",
    ),
    "a parent too many": (changed("entity Service;", "entity ¦Service in [Field];"), "extra"),
    "a parent left out": (changed("entity Field in DataCategory", "entity ¦Field"), "missing"),
    "tags": (changed("entity Service;", "entity ¦Service tags String;"), "extra"),
    "an entity with attributes": (changed("entity Service;", "entity Service = { ¦owner: String };"), "extra"),
    "a purpose without its flag": (
        changed(
            'entity Purpose in [Purpose] { @doc("inherited") direct_marketing: __cedar::Bool }',
            "entity ¦Purpose in [Purpose]",
        ),
        "missing",
    ),
    "a purpose with a flag of another type": (
        changed('@doc("inherited") direct_marketing: __cedar::Bool', "¦direct_marketing: String"),
        "type",
    ),
    "a namespace": (SCHEMA + "¦namespace More { entity Person = { name: String }; }\ntype Last = Long;", "extra"),
    "an attribute that is required": (changed("premium?: Bool", "¦premium: Bool"), "type"),
    "an attribute of a record": (changed("premium?: Bool", "¦premium?: {since: Long, level?: Long}"), "type"),
    "an attribute of an entity": (changed("premium?: Bool", "¦premium?: Service"), "type"),
    "an attribute with a blank": (changed("premium?: Bool", '¦"is premium"?: Bool'), "type"),
    "attributes that may be absent": (changed("attributes: Attributes", "¦attributes?: Attributes"), "type"),
    "attributes that are none": (changed("attributes: Attributes", "¦attributes: Bool"), "type"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name.replace(" ", "-")) for name, case in DIFFERENT.items()])
def test_what_differs_from_the_vocabulary(tmp_path: Path, case: tuple[str, str]) -> None:
    """Whatever is missing, too much or of another type is an error at its place, with what to write instead."""
    text, code = case
    plain, place = marked(text if "¦" in text else text.replace("action collect", "action ¦collect"))
    wrong = problems(tmp_path, {"schema.cedarschema": plain})

    assert f"{place} schema.{code}" in [f"{problem.line}:{problem.column} {problem.code}" for problem in wrong]
    assert {problem.file for problem in wrong} == {"schema.cedarschema"}
    assert all(problem.hint for problem in wrong)


def test_an_empty_schema(tmp_path: Path) -> None:
    """An empty schema lacks every entity and every action, each with the line to add."""
    wrong = [one for one in problems(tmp_path, {"schema.cedarschema": ""}) if one.code == "schema.missing"]

    assert len(wrong) == 9 + 4
    assert "add `entity Purpose in [Purpose] = {direct_marketing: Bool};`" in [problem.hint for problem in wrong]


def mistakes_of_policies(folder: Path, schema: str, *conditions: str) -> list[tuple[str, str]]:
    """What is found wrong with forbids of *conditions*, next to a *schema* that is wrong: code and message."""
    text = "".join(
        f'@id("x{number}") forbid (principal, action, resource) when {{ {condition} }};\n'
        for number, condition in enumerate(conditions)
    )
    wrong = problems(folder, {"schema.cedarschema": schema, "x.cedar": text})

    assert any(problem.code.startswith("schema.") for problem in wrong)
    return [(problem.code, problem.message) for problem in wrong if not problem.code.startswith("schema.")]


def test_policies_are_held_against_the_vocabulary_all_the_same(tmp_path: Path) -> None:
    """A schema that calls a closed vocabulary a text does not make a misspelt value right."""
    policy = '@id("x") forbid (principal, action, resource) when { context.consent == "givn" };'
    changes = {"schema.cedarschema": changed("consent: Consent", "consent: String"), "x.cedar": policy}

    assert [line.partition(" ")[2] for line in found(tmp_path, changes)] == [
        "schema.closed_vocabulary",
        "policy.schema",
    ]
    assert FILES["schema.cedarschema"] != SCHEMA


def test_one_attribute_of_a_wrong_type_hides_nothing_else(tmp_path: Path) -> None:
    """Policies are held against the other attributes; that the wrong one is missing is not said a second time."""
    schema = changed("premium?: Bool", 'other?: decimal, "an other"?: Long, premium?: Bool')
    wrong = mistakes_of_policies(
        tmp_path,
        schema,
        "context.objcted",
        "context.attributes.premium",
        "context.attributes.admin",
        "context.attributes has premum",
        'context.attributes has other && context.attributes.other == decimal("1.0")',
        'context.attributes["an other"] == context.attributes.other',
    )

    assert wrong == [
        ("policy.schema", "attribute `objcted` in context not found"),
        (
            "policy.schema",
            "unable to guarantee safety of access to optional attribute `attributes.premium` in context",
        ),
        ("policy.schema", "attribute `attributes.admin` in context not found"),
        ("policy.never", "nothing has an attribute `premum` here, so this is always the same"),
    ]


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(changed("entity Service;", "entity ;"), id="not-cedar"),
        pytest.param(changed("attributes: Attributes", "attributes: Bool"), id="without-attributes"),
    ],
)
def test_a_schema_that_tells_no_attributes(tmp_path: Path, schema: str) -> None:
    """Policies are held against everything but the caller's attributes, and one line says so."""
    wrong = mistakes_of_policies(
        tmp_path,
        schema,
        "context.objcted",
        "context.attributes.premium",
        "context has attributes.premium",
        "context has consnt",
    )

    assert wrong == [
        ("policy.unchecked", "what policies say of the caller's attributes was not checked against the schema"),
        ("policy.schema", "attribute `objcted` in context not found"),
        ("policy.never", "nothing has an attribute `consnt` here, so this is always the same"),
    ]
