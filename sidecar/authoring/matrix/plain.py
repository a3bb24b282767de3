"""A matrix as JSON has it, for programs."""

from collections.abc import Mapping
from typing import Any

from sidecar.policy.analysis.boxes import Box
from sidecar.policy.analysis.dimensions import FACT_VALUES, USES
from sidecar.policy.analysis.matrix import Answer, Matrix
from sidecar.policy.analysis.words import Words
from sidecar.policy.cedar.tabulate import Value


def plain(matrix: Matrix) -> dict[str, Any]:
    """*matrix*: blocks of uses, each with its answers and, for each of these, when it is given."""
    words = Words(matrix.analysis)
    return {
        "revision": matrix.analysis.sides[0].draft.files.revision,
        "exact": matrix.analysis.exact,
        "inexact": [{"condition": one.text, "policies": list(one.policies)} for one in matrix.inexact],
        "situations": matrix.situations,
        "counts": {str(shade): count for shade, count in matrix.shades().items()},
        "blocks": [
            {
                "basis": block.law.bases[0],
                "jurisdictions": list(block.law.jurisdictions),
                "uses": [dict(zip(USES, use.values, strict=True)) for use in block.uses],
                "answers": [_answer(answer, words) for answer in block.answers],
            }
            for block in matrix.blocks
        ],
    }


def _answer(answer: Answer, words: Words) -> dict[str, Any]:
    (outcome,) = answer.outcomes
    return {
        "effect": outcome.effect,
        "reason": outcome.reason,
        "mask": outcome.mask,
        "situations": answer.situations,
        "when": [{"words": words.box(box), "person": _person(box)} for box in answer.boxes],
    }


def _person(box: Box) -> Mapping[str, list[Value]]:
    """The facts that matter, each with the values that it may have."""
    return {
        name: [FACT_VALUES[name][number] for number in sorted(numbers)]
        for name, numbers in box.items()
        if name in FACT_VALUES
    }
