"""All policies of a bundle from its files, checked against its schema and catalog."""

from collections.abc import Mapping

import cedarpy

from sidecar.policy.catalog.entries import Names
from sidecar.policy.cedar.checks import check_arithmetic, check_entities, check_schema
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.files import GUARDRAILS, Files
from sidecar.policy.problems import Problems


def read_policies(
    files: Files, attributes: Mapping[str, str] | None, names: Names, problems: Problems
) -> tuple[Policy, ...]:
    """Every policy that parses, with all that is wrong reported.

    *attributes* is ``None`` if the schema is unreadable; policies are then not held against it.
    """
    schema = None if attributes is None else cedarpy.Schema.from_str(schema_text(attributes))
    known = {
        "Service": names.services,
        "Field": names.fields,
        "DataCategory": names.categories,
        "Purpose": names.purposes,
        "Recipient": names.recipients,
    }
    policies: list[Policy] = []
    by_id: dict[str, Policy] = {}
    for path in files.policies():
        for piece in split(files.texts.get(path, ""), path):
            policy = parse_policy(piece, problems)
            if policy is None:
                continue
            policies.append(policy)
            first = by_id.setdefault(policy.id, policy)
            if policy.id and first is not policy:
                message = f'`@id("{policy.id}")` is there twice, first at {first.place_of("id")}'
                problems.error(policy.place_of("id"), "policy.id_duplicate", message, "give one of them another id")
            if path == GUARDRAILS and policy.tree.effect == "permit":
                message = f"a permit in {GUARDRAILS}, which only forbids"
                problems.error(policy.place, "policy.guardrail", message, "move it to another file")
            check_entities(policy, known, problems)
            check_arithmetic(policy, problems)
            if schema is not None:
                check_schema(policy, schema, problems)
    return tuple(policies)
