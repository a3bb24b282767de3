"""What is held for everyone is denied, whatever the policies say: no author can forget it (ADR-0028)."""

from dataclasses import replace

from sidecar.model.decision import FieldResult
from sidecar.model.vocabulary import PRECEDENCE, Effect, Reason


def on_hold(result: FieldResult) -> FieldResult:
    """The deny of a field that is held, of which *result* is told otherwise; a deny that comes first stays."""
    if result.effect is Effect.DENY and PRECEDENCE[result.reason] < PRECEDENCE[Reason.RESTRICTED]:
        return result
    return FieldResult(
        field=result.field,
        effect=Effect.DENY,
        reason=Reason.RESTRICTED,
        facts=result.facts,
        others=None if result.others is None else replace(result.others, deny=False),
        held=True,
    )
