"""Findings: each is made where it should be, and not where somebody means what stands there."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sidecar.errors import Problem
from sidecar.policy.analysis.findings import find
from tests.unit.policy.analysis.bundles import draft, extended, replaced

GROUNDS = "grounds.cedar"
RIGHTS = "rights.cedar"
LETTERS = "catalog/services/letters.yaml"
PURPOSES = "catalog/purposes.yaml"
Texts = Mapping[str, str]


def _without(id_: str) -> dict[str, str]:
    """The small bundle without the forbid *id_*."""
    policies = draft().policies
    (policy,) = (one for one in policies if one.id == id_)
    return replaced(RIGHTS, (policy.piece.text, ""))


def _more(text: str) -> dict[str, str]:
    return {"more.cedar": text}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            _more('@id("x") permit (principal == Service::"fraud", action, resource == Field::"diet");'),
            "more.cedar:1:10 lint.unreachable: permit `x` can never apply: no service declares a use within its scope",
            id="the head of a policy that no use meets",
        ),
        pytest.param(
            _more('@id("x") forbid (principal, action == Action::"collect", resource);'),
            "more.cedar:1:10 lint.unreachable: forbid `x` can never apply: no service declares a use within its scope",
            id="an action that nobody declares",
        ),
        pytest.param(
            _more('@id("x") forbid (principal, action, resource) when { context.erased && context.by_guardian };'),
            "more.cedar:1:10 lint.unreachable: forbid `x` can never apply: no question that services declare meets its "
            "conditions, whoever is asked about",
            id="conditions that no person meets",
        ),
        pytest.param(
            _more(
                '@id("x") forbid (principal, action, resource)\n'
                'when { context.purpose == Purpose::"essential.law" && context.erased };'
            ),
            "more.cedar:1:10 lint.unreachable: forbid `x` can never apply",
            id="a purpose that survives what the policy is about",
        ),
        pytest.param(
            _more('@id("x") @mask("hash") permit (principal, action, resource) when { context.restricted };'),
            "more.cedar:1:24 lint.shadowed: permit `x` opens nothing: wherever it applies, `restriction` forbids",
            id="a permit that a forbid always overrules",
        ),
        pytest.param(
            _more('@id("x") permit (principal, action, resource) when { context.restricted || context.erased };'),
            "more.cedar:1:10 lint.shadowed: permit `x` opens nothing: wherever it applies, `erasure` and `restriction` "
            "forbid",
            id="a permit that several forbids overrule together",
        ),
        pytest.param(
            _more(
                '@id("x") permit (principal, action, resource)\nwhen { context.purpose in Purpose::"marketing" } '
                'unless { principal == Service::"letters" || context.consent != Consent::"given" };\n'
            ),
            "more.cedar:1:10 lint.unreachable: permit `x` can never apply",
            id="what only another service could ask",
        ),
        pytest.param(
            _more(
                '@id("x") permit (principal == Service::"letters", action, resource)\n'
                'when { [Purpose::"marketing.email", Purpose::"essential.law"].contains(context.purpose) &&\n'
                'context.consent == Consent::"given" };\n'
            ),
            'more.cedar:2:37 lint.broad_permit: permit `x` names `Purpose::"essential.law"`, for which no service '
            "declares anything that it permits",
            id="a permit for a purpose that the service has not declared",
        ),
        pytest.param(
            _more(
                '@id("x") permit (principal == Service::"desk", action in [Action::"use", Action::"collect"],\n'
                'resource in DataCategory::"user.contact");\n'
            ),
            'more.cedar:1:74 lint.broad_permit: permit `x` names `Action::"collect"`',
            id="a permit for an action that nobody has declared",
        ),
        pytest.param(
            _more(
                '@id("x") permit (principal == Service::"desk", action, resource)\n'
                'when { resource == Field::"mail" || context.recipient in Recipient::"third_party" };\n'
            ),
            'more.cedar:2:58 lint.broad_permit: permit `x` names `Recipient::"third_party"`',
            id="a permit for recipients that the service has not declared",
        ),
        pytest.param(
            _more(
                '@id("x") permit (principal == Service::"fraud", action, resource)\n'
                'when { resource in [DataCategory::"user.contact", DataCategory::"user.health_and_medical"] };\n'
            ),
            'more.cedar:2:51 lint.broad_permit: permit `x` names `DataCategory::"user.health_and_medical"`',
            id="a permit for a category that the service has no field of",
        ),
        pytest.param(
            extended("catalog/fields.yaml", "shoe: {title: Size of shoes, categories: [user]}\n"),
            "catalog/fields.yaml:3:1 lint.unused_field: no service uses the field `shoe`",
            id="a field that no service declares",
        ),
        pytest.param(
            extended("catalog/recipients.yaml", "broker: {title: A broker}\n"),
            "catalog/recipients.yaml:2:1 lint.unused_recipient: no service shares anything with `broker`",
            id="a recipient that no service declares",
        ),
        pytest.param(
            extended(PURPOSES, "essential: {basis: contract}\nmarketing.email.daily: {title: News, basis: consent}\n"),
            f"{PURPOSES}:6:1 lint.unused_purpose: no service uses data for `marketing.email.daily`, or for anything "
            "below it",
            id="a purpose with a basis that no service declares",
        ),
        pytest.param(
            extended(PURPOSES, "marketing.post: {title: News by post, channels: [post]}\n"),
            f"{PURPOSES}:5:1 lint.no_basis: `marketing.post` has no basis, nor has anything below it",
            id="a purpose whose basis was forgotten",
        ),
        pytest.param(
            extended(PURPOSES, "marketing.post: {title: News by post, basis_by_jurisdiction: {US: contract}}\n"),
            f"{PURPOSES}:5:1 lint.no_basis: `marketing.post` has no basis, nor has anything below it",
            id="a purpose with a basis somewhere only",
        ),
        pytest.param(
            replaced("catalog/notices.yaml", ("[marketing.email]", "[marketing.email, essential.fraud]"))
            | replaced("catalog/services/fraud.yaml", ("mail", "diet")),
            "catalog/notices.yaml:1:3 lint.idle_notice: notice `news@1` asks for `essential.fraud`, for which no "
            "service uses anything that it lists",
            id="a notice that asks for what nobody does",
        ),
        pytest.param(
            {"schema.cedarschema": draft().files.texts["schema.cedarschema"].replace("Long", 'Long, "tall"?: Bool')},
            "schema.cedarschema:10:37 lint.unused_attribute: no policy reads the attribute `tall`",
            id="an attribute that no policy reads",
        ),
        pytest.param(
            extended(RIGHTS, '\n@id("x") forbid (principal, action == Action::"retain", resource == Field::"diet");\n'),
            "catalog/services/desk.yaml lint.never_allowed: what `desk` declares is never allowed: `desk`: retain "
            "`diet` for `essential.law`",
            id="a declared use that nothing permits",
        ),
        pytest.param(
            replaced(RIGHTS, ("context.explicit }", 'context.consent != Consent::"refused" }')),
            "catalog/fields.yaml:2:1 lint.special_category: `diet` is in a special category, and its use is allowed "
            "without explicit consent; for example `letters`: use `diet` for `marketing.email` by email; consent "
            "given, not explicit, adult",
            id="a special category on any consent",
        ),
        pytest.param(
            replaced(GROUNDS, (' && context.consent == Consent::"given"', "")),
            f"{PURPOSES}:4:1 lint.without_consent: `marketing.email` rests on consent, and is allowed where none is "
            "given; for example `letters`: use `mail` for `marketing.email` by email; consent withdrawn, adult",
            id="the basis is consent, and nobody asks for it",
        ),
        pytest.param(
            _without("objection"),
            f"{PURPOSES}:4:1 lint.objection: `marketing.email` is direct marketing, and is allowed though the person "
            "objected; for example `letters`: use `diet` for `marketing.email` by email; consent given, explicit, "
            "objected, adult",
            id="nobody heeds an objection",
        ),
        pytest.param(
            replaced(RIGHTS, ("context.erased }", 'context.erased && context.basis == Basis::"consent" }')),
            f"{PURPOSES}:1:1 lint.erasure: `essential.fraud` does not survive erasure, and is allowed after it; for "
            "example `fraud`: use `mail` for `essential.fraud`; consent withdrawn, erased, adult, with amount=10",
            id="erasure stops only some",
        ),
        pytest.param(
            replaced(RIGHTS, ("context.restricted }", 'context.restricted && action == Action::"share" }')),
            f"{PURPOSES}:1:1 lint.restriction: `essential.fraud` does not survive restriction, and is allowed under it",
            id="restriction stops only sharing",
        ),
        pytest.param(
            replaced(RIGHTS, (' || context.age == AgeBand::"teen"', "")),
            f"{PURPOSES}:4:1 lint.minor: `marketing.email` is direct marketing, and is allowed to somebody under age; "
            "for example `letters`: use `diet` for `marketing.email` by email; consent given, explicit, teen",
            id="teenagers were forgotten",
        ),
        pytest.param(
            extended(PURPOSES, "essential: {basis: consent}\n")
            | extended(LETTERS, "  - {purpose: essential, fields: [mail], actions: [use]}\n")
            | _without("guardian"),
            f"{PURPOSES}:5:1 lint.guardian: `essential` rests on consent, and a child's own is enough; for example "
            "`letters`: use `mail` for `essential`; consent given, not explicit, child",
            id="a child agrees alone",
        ),
        pytest.param(
            replaced(PURPOSES, ("consent, ", "consent, basis_by_jurisdiction: {US: legitimate_interests}, "))
            | replaced(RIGHTS, ("context.objected &&", 'context.basis == Basis::"consent" && context.objected &&')),
            f"{PURPOSES}:4:1 lint.objection: `marketing.email` is direct marketing, and is allowed though the person "
            "objected; for example `letters`: use `diet` for `marketing.email` by email; consent given, explicit, "
            "objected, adult, with amount=10",
            id="only where the law is another",
        ),
    ],
)
def test_a_finding(changes: Texts, expected: str) -> None:
    """What an author is told first, where, and in which words."""
    problems = find(draft(changes)).problems

    assert any(expected == _shown(problem)[: len(expected)] for problem in problems), "\n".join(map(_shown, problems))
    assert all(problem.warning and problem.hint for problem in problems)
    assert len({problem.code for problem in problems}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="the small bundle"),
        pytest.param(
            {
                "guardrails.cedar": '@id("x") forbid (principal, action == Action::"collect", resource);\n'
                '@id("y") forbid (principal, action, resource) when { context.erased && context.by_guardian };\n'
            },
            id="a guardrail about what nobody does",
        ),
        pytest.param(
            _more('@id("x") forbid (principal, action, resource) when { context.erased && context.explicit };'),
            id="conditions that somebody meets: an explicit yes before an erasure",
        ),
        pytest.param(
            _more(
                '@id("x") @mask("hash") permit (principal, action, resource) when { context.consent == '
                'Consent::"given" && (context.restricted || context.basis == Basis::"consent") };'
            ),
            id="a permit that forbids overrule somewhere",
        ),
        pytest.param(
            _more(
                '@id("x") @mask("hash") permit (principal == Service::"letters", action, resource)\n'
                'when { context.purpose in Purpose::"marketing" && context.consent == Consent::"given" }\n'
                'unless { [Purpose::"essential.law"].contains(context.purpose) || context.recipient in '
                'Recipient::"third_party" };'
            ),
            id="a permit that names what it does not permit",
        ),
        pytest.param(extended(PURPOSES, "essential: {basis: contract}\n"), id="a purpose above one that is used"),
        pytest.param(
            replaced("catalog/notices.yaml", ("[user.contact]", "[user]"), ("[marketing.email]", "[marketing]")),
            id="a notice about what lies above",
        ),
        pytest.param(
            extended(
                "catalog/notices.yaml",
                "- {key: news, version: 2, title: t, purposes: [marketing.email], categories: [user], "
                "reconsent: no, valid_from: 2026-02-01, channels: [email]}\n",
            ),
            id="a later version of a notice",
        ),
    ],
)
def test_no_finding(changes: Texts) -> None:
    """Near misses."""
    found = find(draft(changes))

    assert ([], "") == (list(map(_shown, found.problems)), found.note)


def test_a_notice_of_the_past_is_left_alone() -> None:
    """Only what the latest version asks for can still be changed."""
    vain = "- {key: news, version: 0, title: t, purposes: [essential.fraud], categories: [user.contact], "
    before = extended("catalog/notices.yaml", vain.replace("0", "7") + "reconsent: no, valid_from: 2025-01-01}\n")
    ended = {"catalog/notices.yaml": before["catalog/notices.yaml"].replace("version: 1", "version: 8")}

    assert [] == [problem.code for problem in find(draft(ended)).problems]


def test_findings_of_the_loader_are_among_them() -> None:
    """Whatever was found on the way is told, too, in order of places."""
    changed = draft(extended("catalog/fields.yaml", "shoe: {title: s, categories: [user]}\n"))
    stray = Problem(file="a", line=0, column=0, code="bundle.unknown_file", message="m", warning=True)
    problems = find(replace(changed, findings=(stray,))).problems

    assert ["bundle.unknown_file", "lint.unused_field"] == [problem.code for problem in problems]


def test_without_diagrams_there_are_the_simple_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one note says how to get the others."""
    monkeypatch.setitem(sys.modules, "oxidd.bdd", None)
    more = '@id("x") permit (principal, action == Action::"collect", resource);'
    changes = _more(more) | _without("objection") | extended("catalog/recipients.yaml", "broker: {title: A broker}\n")
    found = find(draft(changes))

    assert ["lint.unused_recipient", "lint.unreachable"] == [problem.code for problem in found.problems]
    assert found.note == (
        "only the simpler findings: exact analysis needs decision diagrams: pip install 'consent-sidecar[analysis]'"
    )


def test_what_is_not_certain_is_said() -> None:
    """A condition that no table holds is taken for true and for false; a finding that hangs on it may be wrong."""
    schema = draft().files.texts["schema.cedarschema"].replace("Long", 'Long, "tags"?: Set<String>')
    objected = "context.objected && context.purpose.direct_marketing"
    lifted = '!(context.attributes has tags && context.attributes.tags.contains("a"))'
    changes = {"schema.cedarschema": schema, **replaced(RIGHTS, (objected, f"{objected} && {lifted}"))}
    found = find(draft(changes))

    assert ["lint.objection"] == [problem.code for problem in found.problems]
    assert found.note.startswith("not certain where it hangs on a condition that no table holds")
    assert "contains" in found.note


def _shown(problem: Problem) -> str:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
    return f"{place} {problem.code}: {problem.message}"


def test_each_permit_that_names_too_much_is_told() -> None:
    """Also where another one has named the same."""
    permit = '@id("{id}") permit (principal == Service::"desk", action in [Action::"use", Action::"collect"], '
    permit += 'resource in DataCategory::"user.contact");\n'
    problems = find(draft(_more(permit.format(id="x") + permit.format(id="y")))).problems
    broad = [problem.message for problem in problems if problem.code == "lint.broad_permit"]

    assert ["permit `x` names", "permit `y` names"] == [message[: len("permit `x` names")] for message in broad]
