"""All policies of a bundle from its files, checked against its schema and catalog."""

import cedarpy

from sidecar.policy.catalog.entries import Names
from sidecar.policy.cedar.checks import check_arithmetic, check_schema
from sidecar.policy.cedar.policy import Policy, forms_of, parse_policy
from sidecar.policy.cedar.schema import CallerAttributes
from sidecar.policy.cedar.silent import check_entities, check_possible
from sidecar.policy.cedar.tokens import split
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.files import GUARDRAILS, SCHEMA, Files
from sidecar.policy.problems import Place, Problems


def read_policies(files: Files, attributes: CallerAttributes, names: Names, problems: Problems) -> tuple[Policy, ...]:
    """Every policy that parses, with all that is wrong reported.

    Policies are always held against the vocabulary. Where the schema leaves *attributes* in doubt, what is said of
    those is taken for right.
    """
    if attributes.doubtful is None:
        message = "what policies say of the caller's attributes was not checked against the schema"
        problems.warning(Place(SCHEMA), "policy.unchecked", message, "correct the schema, then check again")
    schema = cedarpy.Schema.from_str(schema_text(attributes.types))
    known = {
        "Service": names.services,
        "Field": names.fields,
        "DataCategory": names.categories,
        "Purpose": names.purposes,
        "Recipient": names.recipients,
    }
    policies: list[Policy] = []
    for path in files.policies():
        found = _parse(files.texts.get(path, ""), path, problems)
        policies.extend(found)
        for policy in found:
            if path == GUARDRAILS and policy.tree.effect == "permit":
                message = f"a permit in {GUARDRAILS}, which only forbids"
                problems.error(policy.place, "policy.guardrail", message, "move it to another file")
            check_entities(policy, known, problems)
            check_arithmetic(policy, problems)
            check_schema(policy, schema, attributes.doubtful, problems)
            check_possible(policy, attributes.names, problems)
    _check_unique(policies, problems)
    return tuple(policies)


def _parse(text: str, path: str, problems: Problems) -> tuple[Policy, ...]:
    pieces = split(text, path)
    policies = tuple(policy for piece in pieces if (policy := parse_policy(piece, problems)) is not None)
    if len(policies) == len(pieces) and forms_of(text) != tuple(policy.json for policy in policies):
        # A net under `split`: what it would lose (behind a carriage return alone, say) must not go unnoticed.
        message = "the file reads differently as a whole than policy by policy"
        problems.error(Place(path, 1, 1), "policy.split", message, "remove control characters, above all from comments")
    return policies


def _check_unique(policies: list[Policy], problems: Problems) -> None:
    by_id: dict[str, Policy] = {}
    for policy in policies:
        first = by_id.setdefault(policy.id, policy)
        if policy.id and first is not policy:
            message = f'`@id("{policy.id}")` is there twice, first at {first.place_of("id")}'
            problems.error(policy.place_of("id"), "policy.id_duplicate", message, "give one of them another id")
