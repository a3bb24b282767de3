"""One field that several people are in: allowed only if it is allowed for each; who stands in the way is never told."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sidecar.model.decision import FieldResult, Others
from sidecar.model.vocabulary import PRECEDENCE, Effect, Mask

_STRICTNESS: Final = {mask: rank for rank, mask in enumerate(Mask)}


def together(result: FieldResult, others: Sequence[FieldResult]) -> FieldResult:
    """The answer about the subject, whose own is *result*, and about the co-subjects, whose own are *others*.

    Where the subject does not allow it, the answer is theirs. Where only co-subjects do not, its reason is the first in
    precedence among theirs, and no consent is asked for: whom to ask would say who they are.
    """
    facts = tuple(sorted(other.facts for other in others if other.facts is not None))
    if result.effect is Effect.DENY:
        return replace(result, others=Others(facts=facts, deny=False))
    denied = [other for other in others if other.effect is Effect.DENY]
    if denied:
        reason = min((other.reason for other in denied), key=PRECEDENCE.__getitem__)
        return FieldResult(
            field=result.field,
            effect=Effect.DENY,
            reason=reason,
            determining=_determining(other for other in denied if other.reason is reason),
            facts=result.facts,
            others=Others(facts=facts, deny=True),
        )
    masks = [one.mask for one in (result, *others) if one.mask is not None]
    return replace(
        result,
        effect=Effect.ALLOW_WITH_OBLIGATIONS if masks else Effect.ALLOW,
        determining=_determining((result, *others)),
        mask=min(masks, key=_STRICTNESS.__getitem__, default=None),
        others=Others(facts=facts, deny=False),
    )


def _determining(results: Iterable[FieldResult]) -> tuple[str, ...]:
    return tuple(sorted({policy for result in results for policy in result.determining}))
