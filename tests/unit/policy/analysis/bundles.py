"""A small bundle without findings, to be changed by tests: in memory, loaded in milliseconds."""

from collections.abc import Mapping
from typing import Final

from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.problems import Problems
from tests.random_bundles import files_of

TEXTS: Final[Mapping[str, str]] = {
    "schema.cedarschema": schema_text({"amount": "Long"}),
    "catalog/categories.yaml": """\
user: {title: about a person}
user.contact: {title: how to reach a person}
user.contact.email: {title: email address}
user.health_and_medical: {title: health}
user.health_and_medical.genetic: {title: genes}
""",
    "catalog/data_uses.yaml": """\
essential: {title: what must be}
essential.fraud: {title: finding fraud}
essential.law: {title: what the law requires}
marketing: {title: marketing}
marketing.email: {title: marketing by email}
""",
    "catalog/purposes.yaml": """\
essential.fraud: {basis: legitimate_interests}
essential.law: {basis: legal_obligation, survives: [restriction, erasure]}
marketing: {direct_marketing: true}
marketing.email: {basis: consent, channels: [email]}
""",
    "catalog/fields.yaml": """\
mail: {title: Email address, categories: [user.contact.email]}
diet: {title: Diet, categories: [user.health_and_medical]}
""",
    "catalog/recipients.yaml": """\
grocer: {title: The grocer}
""",
    "catalog/notices.yaml": """\
- key: news
  version: 1
  title: Our news
  purposes: [marketing.email]
  categories: [user.contact]
  recipients: [grocer]
  reconsent: no
  valid_from: 2026-01-01
""",
    "catalog/services/letters.yaml": """\
title: Letters
owner: team-mail
may_use:
  - {purpose: marketing.email, fields: [mail, diet], actions: [use]}
  - {purpose: marketing.email, fields: [mail], actions: [share], recipients: [grocer]}
""",
    "catalog/services/fraud.yaml": """\
title: Fraud
owner: team-safety
may_use:
  - {purpose: essential.fraud, fields: [mail], actions: [use]}
""",
    "catalog/services/desk.yaml": """\
title: Desk
owner: team-care
may_use:
  - {purpose: essential.law, fields: [mail, diet], actions: [use, retain]}
""",
    "grounds.cedar": """\
@id("consent")
permit (principal, action, resource)
when { context.basis == Basis::"consent" && context.consent == Consent::"given" };

@id("law")
permit (principal, action, resource)
when { context.basis == Basis::"legal_obligation" };

@id("interests")
permit (principal, action, resource)
when { context.basis == Basis::"legitimate_interests" }
when { context.attributes has amount && context.attributes.amount > 9 };
""",
    "rights.cedar": """\
@id("objection")
@reason("OBJECTED")
forbid (principal, action, resource)
when { context.objected && context.purpose.direct_marketing };

@id("erasure")
@reason("ERASED")
forbid (principal, action, resource)
when { context.erased };

@id("restriction")
@reason("RESTRICTED")
forbid (principal, action, resource)
when { context.restricted };

@id("minors")
@reason("MINOR")
forbid (principal, action, resource)
when { context.purpose.direct_marketing && (context.age == AgeBand::"child" || context.age == AgeBand::"teen") };

@id("guardian")
forbid (principal, action, resource)
when { context.basis == Basis::"consent" && context.age == AgeBand::"child" }
unless { context.by_guardian };

@id("sensitive")
forbid (principal, action, resource in DataCategory::"user.health_and_medical")
when { context.basis != Basis::"legal_obligation" }
unless { context.consent == Consent::"given" && context.explicit };
""",
}


def draft(changes: Mapping[str, str] | None = None) -> Draft:
    """The small bundle with other texts in some of its files, or more files."""
    return check_files(files_of({**TEXTS, **(changes or {})}), Problems(), source="small")


def replaced(path: str, *pairs: tuple[str, str]) -> dict[str, str]:
    """The text at *path* with the first of each pair, which must be in it once, become the second."""
    text = TEXTS[path]
    for old, new in pairs:
        assert text.count(old) == 1, (path, old)
        text = text.replace(old, new)
    return {path: text}


def extended(path: str, more: str) -> dict[str, str]:
    """The text at *path* with *more* at its end."""
    return {path: TEXTS.get(path, "") + more}
