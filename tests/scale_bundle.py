"""A large bundle, the same every time: what is claimed about scale is claimed of it.

200 services, 500 fields, 56 purposes over the demo's taxonomies, and as many policies as wanted, of the shapes that
people write: grounds and rights for all; masks for a service; fields and categories closed to all but some; purposes
closed to some ages, channels or recipients; thresholds of an attribute.

``python -m tests.scale_bundle FOLDER [POLICIES]`` writes one.
"""

import json
import sys
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any, Final

from sidecar.model.vocabulary import Action, Basis
from sidecar.policy.cedar.vocabulary import schema_text

SERVICES: Final = 200
FIELDS: Final = 500
PURPOSES: Final = 56
RECIPIENTS: Final = 20
POLICIES: Final = 500

_DEMO: Final = Path(__file__).resolve().parent.parent / "policies"
_COPIED: Final = ("catalog/categories.yaml",)
_IN_A_FILE: Final = 50
_GUARDRAILS: Final = 5
"""Of the last policies: with others beside them that do not keep what they forbid."""
_BASES: Final = (Basis.CONSENT, Basis.CONTRACT, Basis.LEGITIMATE_INTERESTS, Basis.LEGAL_OBLIGATION)
_ATTRIBUTES: Final = {"amount_cents": "Long", "region": "String", "urgent": "Bool", "tags": "Set<String>"}

_ALWAYS: Final = (
    (
        'permit (principal, action, resource)\nwhen { context.basis == Basis::"consent" && context.consent == '
        'Consent::"given" }'
    ),
    'permit (principal, action, resource)\nwhen { context.basis == Basis::"contract" }',
    'permit (principal, action, resource)\nwhen { context.basis == Basis::"legitimate_interests" }',
    (
        '@reason("OBJECTED")\nforbid (principal, action, resource)\nwhen { context.objected && '
        '(context.purpose.direct_marketing || context.basis == Basis::"legitimate_interests") }'
    ),
    'forbid (principal, action, resource in DataCategory::"user.health_and_medical")\nunless { context.explicit }',
    'permit (principal, action, resource)\nwhen { context.basis == Basis::"legal_obligation" }',
    '@reason("ERASED")\nforbid (principal, action, resource)\nwhen { context.erased }',
    '@reason("RESTRICTED")\nforbid (principal, action, resource)\nwhen { context.restricted }',
)
"""The first policies, in this order: five of them make a bundle that already decides."""


def scale_texts(policies: int = POLICIES) -> dict[str, str]:
    """The files of the bundle with so many policies, by path; the rest of it is the same whatever their number."""
    dice = Random("scale")
    categories = _keys("catalog/categories.yaml")
    purposes = _keys("catalog/data_uses.yaml")[:PURPOSES]
    fields = [f"domain{number % 25}.field{number}" for number in range(FIELDS)]
    services = [f"service-{number}" for number in range(SERVICES)]
    recipients = [f"partner-{number}" for number in range(RECIPIENTS)]
    texts = {path: (_DEMO / path).read_text(encoding="utf-8") for path in _COPIED}
    texts["schema.cedarschema"] = schema_text(_ATTRIBUTES)
    texts["catalog/data_uses.yaml"] = _yaml({key: {"title": key} for key in purposes})
    texts["catalog/purposes.yaml"] = _yaml({key: _purpose(key, dice) for key in purposes})
    texts["catalog/fields.yaml"] = _yaml(
        {key: {"title": key, "categories": dice.sample(categories, dice.choice((1, 1, 1, 2)))} for key in fields}
    )
    texts["catalog/recipients.yaml"] = _yaml({key: {"title": key} for key in recipients})
    for service in services:
        texts[f"catalog/services/{service}.yaml"] = _service(service, purposes, fields, recipients, dice)
    names = {"services": services, "fields": fields, "purposes": purposes, "recipients": recipients}
    return texts | _policies(policies, {**names, "categories": categories})


def write_scale_bundle(folder: Path, policies: int = POLICIES) -> Path:
    """The bundle in *folder*."""
    for path, text in scale_texts(policies).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def _keys(path: str) -> list[str]:
    """The keys of a file of the demo's catalog, parents before children."""
    lines = (_DEMO / path).read_text(encoding="utf-8").splitlines()
    return [line.partition(":")[0] for line in lines if line and not line.startswith(("#", " "))]


def _yaml(value: Mapping[str, Any]) -> str:
    """One entry a line, as people write it."""
    return "".join(f"{key}: {json.dumps(entry)}\n" for key, entry in value.items())


def _purpose(key: str, dice: Random) -> dict[str, Any]:
    purpose: dict[str, Any] = {"basis": dice.choice(_BASES)}
    if key.startswith("marketing"):
        purpose["direct_marketing"] = True
    if dice.randrange(5) == 0:
        purpose["channels"] = dice.sample(("email", "sms", "push", "post"), 2)
    return purpose


def _service(key: str, purposes: list[str], fields: list[str], recipients: list[str], dice: Random) -> str:
    uses: list[dict[str, Any]] = [
        {
            "purpose": purpose,
            "fields": dice.sample(fields, dice.randint(3, 15)),
            "actions": dice.sample((Action.COLLECT, Action.USE, Action.RETAIN), dice.randint(1, 2)),
        }
        for purpose in dice.sample(purposes, dice.randint(2, 6))
    ]
    if dice.randrange(3) == 0:
        shared: dict[str, Any] = {"purpose": dice.choice(purposes), "fields": dice.sample(fields, 5)}
        uses.append({**shared, "actions": [Action.SHARE], "recipients": dice.sample(recipients, 2)})
    lines = "".join(f"  - {json.dumps(use)}\n" for use in uses)
    return f"title: {key}\nowner: team-{dice.randrange(30)}\nmay_use:\n{lines}"


def _policies(total: int, names: Mapping[str, list[str]]) -> dict[str, str]:
    dice = Random("policies")
    bodies = [*_ALWAYS, *(_SHAPES[number % len(_SHAPES)](names, dice) for number in range(total))]
    files: dict[str, list[str]] = {}
    for number, body in islice(zip(count(), bodies, strict=False), total):
        text = f'// Number {number}.\n@id("policy-{number}")\n@title("the reason for number {number}")\n{body};\n'
        guards = total == POLICIES and number >= total - _GUARDRAILS and "permit (" not in body
        path = "guardrails.cedar" if guards else f"policies-{number // _IN_A_FILE:02}.cedar"
        files.setdefault(path, []).append(text)
    return {path: "\n".join(texts) for path, texts in files.items()}


def _one(type_: str, keys: list[str], dice: Random) -> str:
    return f'{type_}::"{dice.choice(keys)}"'


def _some(type_: str, keys: list[str], dice: Random) -> str:
    return "[" + ", ".join(f'{type_}::"{key}"' for key in dice.sample(keys, dice.randint(2, 5))) + "]"


_SHAPES: Final = (
    lambda names, dice: (
        f'@mask("hash")\npermit (principal == {_one("Service", names["services"], dice)}, action, '
        f"resource in {_one('DataCategory', names['categories'], dice)})\n"
        'when { context.consent == Consent::"given" }'
    ),
    lambda names, dice: (
        f'forbid (principal, action in [Action::"share", Action::"retain"], '
        f"resource == {_one('Field', names['fields'], dice)})\nunless {{ context.explicit }}"
    ),
    lambda names, dice: (
        f'@reason("MINOR")\nforbid (principal, action, resource)\n'
        f"when {{ context.purpose in {_one('Purpose', names['purposes'], dice)} }}\n"
        'unless { context.age == AgeBand::"adult" || context.age == AgeBand::"unknown" }'
    ),
    lambda names, dice: (
        f"forbid (principal == {_one('Service', names['services'], dice)}, action, "
        f"resource in {_one('DataCategory', names['categories'], dice)})\n"
        f"unless {{ context.attributes has amount_cents && context.attributes.amount_cents >= {dice.randrange(9)}000 }}"
    ),
    lambda names, dice: (
        f"forbid (principal, action, resource)\nwhen {{ resource in {_some('DataCategory', names['categories'], dice)}"
        f" && context.purpose in {_some('Purpose', names['purposes'], dice)} && !context.explicit }}"
    ),
    lambda names, dice: (
        f'forbid (principal, action == Action::"share", resource)\n'
        f"when {{ {_some('Recipient', names['recipients'], dice)}.contains(context.recipient) && "
        f"principal == {_one('Service', names['services'], dice)} }}"
    ),
    lambda names, dice: (
        f"forbid (principal, action, resource in {_one('DataCategory', names['categories'], dice)})\n"
        'when { context.channel == Channel::"sms" || context.channel == Channel::"push" }\n'
        'unless { context.attributes has region && context.attributes.region like "eu-*" }'
    ),
)


if __name__ == "__main__":
    write_scale_bundle(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
