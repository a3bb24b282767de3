"""Questions that the sidecar and a peer must answer alike, before either is measured."""

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.peers.peer import Asked, Peer, Rules
from benchmarks.servers.sidecar import Sidecar
from benchmarks.worlds.bundle import FIELDS, PURPOSE, SERVICE, category_of
from benchmarks.worlds.people import AGREED
from benchmarks.worlds.questions import about
from sidecar.api.v1 import authorization_pb2, authorization_pb2_grpc, model_pb2
from sidecar.cli.demo import people

EMAIL: Final = "marketing.communications.email"
RULES: Final = Rules(
    uses={
        SERVICE: {"purposes": [PURPOSE], "categories": sorted({category_of(field) for field in FIELDS})},
        "newsletter": {"purposes": [EMAIL], "categories": ["user.contact.email"]},
    },
    marketing=(EMAIL,),
)

LEAST_ALIKE: Final = 20
"""Fields that all must have allowed, and denied."""

_BEYOND: Final = frozenset({"objected", "erased"})
"""What the policy of the peer has no rule for: who asks about such people asks no peer."""


def questions(people_asked: int) -> Iterator[tuple[authorization_pb2.CheckRequest, dict[str, str]]]:
    """Questions about some who are known, with the category of each field."""
    for subject in (AGREED, *map(people.subject_id, range(1, people_asked)), "nobody-knows"):
        fields = FIELDS[:10]
        yield about(fields, subject), {field: category_of(field) for field in fields}
        for service, purpose in (("newsletter", EMAIL), (SERVICE, EMAIL), ("newsletter", PURPOSE)):
            request = authorization_pb2.CheckRequest(
                service=service, subject=subject, fields=["customer.email"], purpose=purpose
            )
            yield request, {"customer.email": "user.contact.email"}


def answered(sidecar: Sidecar, transport: str, people_asked: int) -> Iterator[tuple[Asked, list[bool]]]:
    """Each question as a peer is asked it, and whether the sidecar allows each field.

    What the peer is told about a person is what Explain says they decided, so fields of one question that differ in
    it, and people of whom more is known than the peer's policy has rules for, are left out.
    """
    with sidecar.channel(transport) as channel:
        stub = authorization_pb2_grpc.AuthorizationServiceStub(channel)
        for request, categories in questions(people_asked):
            explained = stub.Explain(
                authorization_pb2.ExplainRequest(request=request), metadata=sidecar.operator, timeout=10
            )
            facts = {_facts(field.facts) for field in explained.fields}
            consent, restricted, age, beyond = facts.pop()
            if facts or beyond or age == "child":
                continue
            asked = Asked(
                service=request.service,
                purpose=request.purpose,
                categories=categories,
                consent=consent or "unknown",
                minor=age == "teen",
                restricted=restricted,
            )
            answer = stub.Check(request, timeout=10)
            yield asked, [result.effect == model_pb2.EFFECT_ALLOW for result in answer.results]


def _facts(facts: authorization_pb2.Facts) -> tuple[str, bool, str, bool]:
    return facts.consent, facts.restricted, facts.age_band, any(getattr(facts, name) for name in _BEYOND)


def require_equal(sidecar: Sidecar, transport: str, peers: Sequence[Peer], people_asked: int) -> int:
    """Stop unless all answer alike; how many fields they were asked about."""
    allowed = denied = 0
    for asked, ours in answered(sidecar, transport, people_asked):
        allowed, denied = allowed + sum(ours), denied + len(ours) - sum(ours)
        for peer in peers:
            theirs = peer.allowed(asked) if len(ours) <= peer.most_fields else ours
            if ours != theirs:
                sys.exit(f"`{asked.service}` for `{asked.purpose}`: the sidecar says {ours}, {peer.name} {theirs}")
    if min(allowed, denied) < LEAST_ALIKE:
        sys.exit(f"only {allowed} fields were allowed and {denied} denied: that does not compare much")
    return allowed + denied
