"""A small bundle as a dict of texts, to be changed and written by tests."""

from collections.abc import Mapping
from pathlib import Path

from sidecar.errors import BundleError, Problem
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.problems import Place

FILES = {
    "schema.cedarschema": schema_text({"premium": "Bool", "count": "Long", "region": "String", "tags": "Set<String>"}),
    "main.cedar": """\
// What consent allows.
@id("consented")
@title("what a person agreed to")
permit (principal, action, resource)
when { context.basis == Basis::"consent" && context.consent == Consent::"given" };

@id("operations")
@mask("hash")
permit (principal, action in [Action::"use", Action::"retain"], resource in DataCategory::"user")
when { context.purpose in Purpose::"essential" };

@id("objection")
@reason("OBJECTED")
forbid (principal, action, resource)
when { context.objected };
""",
    "guardrails.cedar": """\
@id("special-needs-explicit")
forbid (principal, action, resource in DataCategory::"user.health")
unless { context.explicit };
""",
    "catalog/categories.yaml": """\
user: {title: about a person}
user.contact: {title: how to reach a person}
user.contact.email: {title: email address}
user.health: {title: health}
""",
    "catalog/data_uses.yaml": """\
essential: {title: what must be}
essential.fraud: {title: finding fraud}
marketing: {title: marketing}
marketing.email: {title: marketing by email}
""",
    "catalog/purposes.yaml": """\
essential.fraud: {basis: legitimate_interests}
marketing: {direct_marketing: true}
marketing.email: {basis: consent, channels: [email], reask_after: 30d}
""",
    "catalog/fields.yaml": """\
customer.email: {title: Email address, categories: [user.contact.email]}
customer.diet: {title: Diet, categories: [user.health]}
""",
    "catalog/recipients.yaml": """\
grocer: {title: The grocer}
""",
    "catalog/notices.yaml": """\
- key: home
  version: 2
  title: Your home
  purposes: [marketing.email]
  categories: [user.contact]
  recipients: [grocer]
  reconsent: no
  valid_from: 2026-01-01
""",
    "catalog/services/newsletter.yaml": """\
title: Newsletter
owner: team-mail
may_use:
  - {purpose: marketing.email, fields: [customer.email, customer.diet], actions: [use]}
  - {purpose: marketing.email, fields: [customer.email], actions: [share], recipients: [grocer]}
""",
    "catalog/services/fraud.yaml": """\
title: Fraud
owner: team-safety
may_ask_for: [newsletter]
may_use:
  - {purpose: essential.fraud, fields: [customer.email], actions: [use, retain]}
""",
    "tests/basics.yaml": """\
suite: basics
now: 2026-06-01T12:00:00Z
tests:
  - name: nobody is written to who was not asked
    ask: {service: newsletter, subject: stranger, field: customer.email, purpose: marketing.email}
    want: {effect: deny}
""",
}


def write(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """The small bundle in *folder*, with *changes* (``None`` leaves a file out)."""
    files: dict[str, str | bytes | None] = {**FILES, **(changes or {})}
    for name, content in files.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def found(folder: Path, changes: Mapping[str, str | bytes | None]) -> list[str]:
    """Every problem of the small bundle with *changes*, as ``file:line:column code``, sorted by place."""
    return [f"{Place(p.file, p.line, p.column)} {p.code}" for p in problems(folder, changes)]


def problems(folder: Path, changes: Mapping[str, str | bytes | None]) -> tuple[Problem, ...]:
    """Every problem of the small bundle with *changes*; its findings, if it loads."""
    try:
        return load_bundle(write(folder, changes)).findings
    except BundleError as error:
        return error.problems


def marked(text: str) -> tuple[str, str]:
    """*text* without its mark ``¦``, and the place of what stood behind it, as ``line:column``."""
    before, mark, after = text.partition("¦")
    assert mark
    return before + after, f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
