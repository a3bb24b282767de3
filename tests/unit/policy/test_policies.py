"""Policy files: what is wrong with them, and where."""

from pathlib import Path

import pytest

from sidecar.policy.bundle import load_bundle, read_draft
from sidecar.policy.cedar.lint import out_of_scope
from sidecar.policy.cedar.tokens import split

from .bundles import FILES, found, marked, problems, write

HEAD = '@id("x") forbid (principal, action, resource)'


def when(condition: str) -> str:
    """A forbid with a condition."""
    return f"{HEAD}\nwhen {{ {condition} }};\n"


PARSE = {
    "nothing to compare with": f"{HEAD} when {{ context.consent == ¦}} unless {{ context.explicit }};",
    "a comma left out": '@id("x") forbid (principal ¦action, resource);',
    "a semicolon left out": f"{HEAD}\npermit ¦(principal, action, resource);",
    "no end": '@id("x") forbid (principal, action, resource¦)',
    "a name left out, late": when("context.explicit && context.¦).x"),
    "an open string": when('context.attributes has region && context.attributes.region == ¦"eu'),
    "a string over two lines": '@id(¦"x\ny") forbid (principal, action, resource);',
    "a character of no meaning": f"{HEAD} ¦#;",
    "a control character": f"{HEAD} ¦\x1c;",
    "one equals sign": when("context.consent ¦= context.consent"),
    "an unknown effect": '@id("x") ¦grant (principal, action, resource);',
    "an unknown variable": '@id("x") forbid (¦user, action, resource);',
    "an unknown function": when("¦foo(1)"),
    "a reserved word": when("context.¦if"),
    "a number too large": when("1 == ¦99999999999999999999"),
    "two ids on one policy": '@id("x") @¦id("y") forbid (principal, action, resource);',
    "partial evaluation": when('unknown("x")').replace("forbid", "¦forbid"),
    "an unknown slot": '@id("x") ¦forbid (principal == ?who, action, resource);',
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name.replace(" ", "-")) for name, text in PARSE.items()])
def test_what_is_not_cedar(tmp_path: Path, text: str) -> None:
    """A policy that does not parse is one error, at the token where the parser gave up, or nearest to it."""
    plain, place = marked(text)

    assert found(tmp_path, {"x.cedar": plain}) == [f"x.cedar:{place} policy.parse"]


CHECKED = {
    "no id": ("¦forbid (principal, action, resource);", "id_missing"),
    "an empty id": ('@id("") ¦forbid (principal, action, resource);', "id_missing"),
    "an id with a blank": ('¦@id("a b") forbid (principal, action, resource);', "id"),
    "an id of another file": ('¦@id("consented") forbid (principal, action, resource);', "id_duplicate"),
    "a template": ('@id("x") forbid (principal == ¦?principal, action, resource);', "template"),
    "a reason of a permit": ('@id("x") ¦@reason("MINOR") permit (principal, action, resource);', "reason"),
    "a reason of nobody": ('@id("x") ¦@reason("minor") forbid (principal, action, resource);', "reason"),
    "a reason of the engine": ('@id("x") ¦@reason("STALE_CONSENT") forbid (principal, action, resource);', "reason"),
    "a reason about consent": ('@id("x") ¦@reason("CONSENT_UNKNOWN") forbid (principal, action, resource);', "reason"),
    "a reason to allow": ('@id("x") ¦@reason("ALLOWED") forbid (principal, action, resource);', "reason"),
    "a mask of a forbid": ('@id("x") ¦@mask("hash") forbid (principal, action, resource);', "mask"),
    "an unknown mask": ('@id("x") ¦@mask("hsh") permit (principal, action, resource);', "mask"),
    "an unknown service": ('@id("x") forbid (principal == ¦Service::"z", action, resource);', "unknown_entity"),
    "an unknown field": (when('resource in [¦Field::"z"]'), "unknown_entity"),
    "an unknown category": (when('resource in ¦DataCategory::"user.contct"'), "unknown_entity"),
    "an unknown purpose": (when('context.purpose == ¦Purpose::"z"'), "unknown_entity"),
    "an unknown recipient": (when('context.recipient in ¦Recipient::"z"'), "unknown_entity"),
    "an unknown entity with escapes": (
        '@id("x") ¦forbid (principal, action, resource in DataCategory::"us\\u{66}r");',
        "unknown_entity",
    ),
    "an unknown entity type": ('@id("x") forbid (principal is ¦Person, action, resource);', "schema"),
    "an unknown type with an id": (when('principal == ¦Person::"z"'), "schema"),
    "an unknown type with a path": (when('principal == ¦A::B::"z"'), "schema"),
    "an unknown action": ('@id("x") forbid (principal, action == ¦Action::"sell", resource);', "schema"),
    "no action for the resource": ('@id("x") ¦forbid (principal, action, resource is Service);', "schema"),
    "a state of consent misspelt": (when('context.consent == ¦Consent::"givn"'), "schema"),
    "a state of consent as a text": (when('context.consent == ¦"given"'), "schema"),
    "a fact misspelt": (when("context.¦objcted"), "schema"),
    "an attribute not declared": (when("context.attributes.¦admin"), "schema"),
    "an attribute not guarded": (when("context.attributes.¦premium"), "schema"),
    "a number compared with a flag": (when("¦context.explicit == 1").replace("¦", ""), "schema"),
    "an attribute of a purpose": (when("context.purpose.¦basis"), "schema"),
    "sum": (when("context.attributes has count && context.attributes.count ¦+ 1 > 2"), "arithmetic"),
    "difference": (when("context.attributes has count && context.attributes.count ¦- 1 > 2"), "arithmetic"),
    "product": (when("context.attributes has count && context.attributes.count ¦* 2 > 2"), "arithmetic"),
    "negation": (when("context.attributes has count && ¦-context.attributes.count > 2"), "arithmetic"),
    "date arithmetic": (
        when('datetime("2026-01-01").¦offset(duration("1d")) < datetime("2026-01-01")'),
        "arithmetic",
    ),
    "time between": (
        when('datetime("2026-01-01").¦durationSince(datetime("2026-01-02")) < duration("1d")'),
        "arithmetic",
    ),
    "a field in a purpose": (when('resource in ¦Purpose::"marketing"'), "never"),
    "a purpose in a category": (when('context.purpose in ¦DataCategory::"user"'), "never"),
    "a category among services": (when('principal in [Service::"fraud"] && principal in [¦resource]'), "never"),
    "a service in a category": (when('principal in ¦DataCategory::"user"'), "never"),
    "a state compared with a basis": (when('context.basis == ¦Consent::"given"'), "never"),
    "a state not equal to a basis": (when('context.basis != ¦Consent::"given"'), "never"),
    "a field in the purpose asked about": (when("resource in context.¦purpose"), "never"),
    "a field that is one in a purpose": (when('resource is Field in ¦Purpose::"marketing"'), "never"),
    "a field in a purpose by the head": (
        '@id("x") ¦forbid (principal, action, resource is Field in Purpose::"marketing");',
        "schema",
    ),
    "a decimal that is none": (when('decimal(¦"1.x") == decimal("1.0")'), "schema"),
    "an attribute that needs quotes": (when('context.attributes["a b"] == 1'), "schema"),
    "a service that is a field": (when("principal is ¦Field"), "never"),
    "tags": (when('principal.¦hasTag("x")'), "never"),
    "having a fact misspelt": (when("context has ¦consnt"), "never"),
    "having an attribute misspelt": (when("context has attributes.¦premum"), "never"),
    "having an attribute misspelt, by its record": (when("context.attributes has ¦premum"), "never"),
    "having something in a text": (when("¦context has attributes.region.size").replace("¦", ""), "schema"),
    "a channel having a name": (when("context has channel.¦name"), "never"),
    "a purpose having a basis": (when("context.purpose has ¦basis"), "never"),
    "a service having anything": (when("principal has ¦owner"), "never"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name.replace(" ", "-")) for name, case in CHECKED.items()])
def test_what_is_cedar_but_wrong(tmp_path: Path, case: tuple[str, str]) -> None:
    """Each mistake that Cedar itself would let pass, or would not place, is one error at its place."""
    text, code = case
    if "¦" not in text:  # what Cedar complains of without a name is placed at the policy
        text = text.replace("forbid", "¦forbid", 1)
    plain, place = marked(text)
    (problem,) = problems(tmp_path, {"x.cedar": plain})

    assert f"{problem.line}:{problem.column} {problem.code}" == f"{place} policy.{code}"
    assert problem.hint
    assert not problem.warning


FINE = {
    "has before use": when("context has attributes.premium && context.attributes.premium"),
    "comments with anything in them": f'// forbid; "\n{HEAD} // ; "\n;',
    "an entity with escapes": '@id("x") forbid (principal, action, resource in DataCategory::"us\\u{65}r");',
    "a string with a semicolon and a quote": '@id("x") @title("a; \\" b") forbid (principal, action, resource);',
    "a set of attributes": when('context has attributes.tags && context.attributes.tags.contains("x")'),
    "a negative number": when("context has attributes.count && context.attributes.count > -5"),
    "an attribute that callers must quote": when('context.attributes has "premium"'),
    "a record of one's own": when("{a: context.explicit} has a"),
    "a record in a record": when("{a: context.purpose}.a has direct_marketing"),
    "a field in the category of another": when("resource in [resource] || context.purpose in [context.purpose]"),
    "a purpose of either kind": when(
        '(if context.explicit then Purpose::"marketing" else Purpose::"essential") == context.purpose'
    ),
    "a type that is": when('resource is Field in DataCategory::"user" && {a: resource}.a is Field'),
    "what is not followed": when('{a: resource}.a in Purpose::"marketing"'),
    "an action by name": when('action == Action::"use" || action in [Action::"share"]'),
    "windows lines": f"{HEAD}\r\nwhen {{ context.objected }};\r\n",
    "no policy at all": "// later\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name.replace(" ", "-")) for name, text in FINE.items()])
def test_what_is_right(tmp_path: Path, text: str) -> None:
    """What an author may well write is no problem, nor a finding."""
    assert found(tmp_path, {"x.cedar": text}) == []


def test_guardrails_only_forbid(tmp_path: Path) -> None:
    """A permit among the guardrails is an error at its place."""
    text = FILES["guardrails.cedar"] + '@id("x")\npermit (principal, action, resource);\n'

    assert found(tmp_path, {"guardrails.cedar": text}) == ["guardrails.cedar:5:1 policy.guardrail"]


@pytest.mark.parametrize(
    ("annotation", "hint"),
    [
        pytest.param('maks("hash")', "did you mean `mask`?", id="a-mask-misspelt"),
        pytest.param('Mask("hash")', "did you mean `mask`?", id="a-mask-with-a-capital"),
        pytest.param('resaon("MINOR")', "did you mean `reason`?", id="a-reason-misspelt"),
        pytest.param("owner", "one of `id`, `mask`, `reason`, `title`", id="a-note-of-ones-own"),
    ],
)
def test_unknown_annotations_are_errors(tmp_path: Path, annotation: str, hint: str) -> None:
    """An annotation that means nothing may be a misspelt one: a mask must not vanish without anybody noticing."""
    (problem,) = problems(tmp_path, {"x.cedar": f'@id("x")\n@{annotation} permit (principal, action, resource);'})
    name = annotation.partition("(")[0]

    assert str(problem) == (
        f"x.cedar:2:1: error: annotation `@{name}` means nothing here [policy.annotation]\n    {hint}"
    )


def test_every_policy_of_a_file_is_read(tmp_path: Path) -> None:
    """One broken policy hides no other one, neither its mistakes nor its id."""
    text = 'forbid (principal action, resource);\n@id("consented") forbid (principal, action, resource);\nforbid (x);'

    assert found(tmp_path, {"x.cedar": text}) == [
        "x.cedar:1:19 policy.parse",
        "x.cedar:2:1 policy.id_duplicate",
        "x.cedar:3:9 policy.parse",
    ]


def test_no_policy_is_lost_in_a_comment(tmp_path: Path) -> None:
    """To Cedar a carriage return alone ends a comment; a forbid behind it must not be overlooked."""
    text = f'// nothing to see here\r{HEAD};\n@id("y") permit (principal, action, resource);\n'

    assert found(tmp_path, {"x.cedar": text}) == ["x.cedar:1:1 policy.split"]


def test_pieces_cover_a_file() -> None:
    """Every token of a file is in exactly one piece, in order, and the last needs no semicolon."""
    pieces = split('@id("a;") permit(principal, action, resource);\n// b;\nforbid', "x.cedar")

    assert [piece.text for piece in pieces] == ['@id("a;") permit(principal, action, resource);', "forbid"]
    assert [tuple(piece.place) for piece in pieces] == [("x.cedar", 1, 1), ("x.cedar", 3, 1)]


def test_titles_and_ids(tmp_path: Path) -> None:
    """Policies are known by their ids, and by a title if they have one."""
    policies = load_bundle(write(tmp_path)).policies

    assert policies.ids == ("consented", "objection", "operations", "special-needs-explicit")
    assert policies.titles["consented"] == "what a person agreed to"
    assert policies.titles["objection"] == ""


def test_policies_out_of_reach(tmp_path: Path) -> None:
    """A policy whose head no declared use meets is out of scope, but for a guardrail."""
    heads = [
        'principal == Service::"fraud", action == Action::"share", resource',
        'principal, action in [Action::"collect"], resource',
        'principal in Service::"fraud", action, resource == Field::"customer.diet"',
        'principal, action == Action::"retain", resource is Field in DataCategory::"user.health"',
        'principal is Service, action == Action::"use", resource is Field in DataCategory::"user.health"',
        'principal, action, resource == Field::"customer.diet"',
    ]
    policies = "".join(f'@id("x{number}") forbid ({head});\n' for number, head in enumerate(heads))
    guardrail = FILES["guardrails.cedar"] + f'@id("y") forbid ({heads[0]});\n'

    draft = read_draft(write(tmp_path, {"x.cedar": policies, "guardrails.cedar": guardrail}))

    assert ["x0", "x1", "x2", "x3"] == [policy.id for policy in out_of_scope(draft.policies, draft.catalog)]


def test_a_byte_order_mark_is_called_by_its_name(tmp_path: Path) -> None:
    """Some editors write one at the start of a file, where nobody sees it."""
    (problem,) = problems(tmp_path, {"x.cedar": "\ufeff// nothing\n"})

    assert ("x.cedar", 1, 1) == (problem.file, problem.line, problem.column)
    assert "save the file as UTF-8 without a byte order mark (U+FEFF)" == problem.hint
