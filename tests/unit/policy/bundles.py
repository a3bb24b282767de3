"""A small bundle as a dict of texts, to be changed and written by tests."""

from pathlib import Path

from sidecar.policy.cedar.vocabulary import schema_text

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
    "tests/basics.yaml": "suite: basics\n",
}


def write(folder: Path, changes: dict[str, str | bytes | None] | None = None) -> Path:
    """The small bundle in *folder*, with *changes* (``None`` leaves a file out)."""
    files: dict[str, str | bytes | None] = {**FILES, **(changes or {})}
    for name, content in files.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
