"""What is proved of a bundle's guardrails, in words and as JSON."""

from collections.abc import Iterator

from sidecar.policy.analysis.guardrails import Proof, Violation
from sidecar.policy.analysis.words import Words, law_text, uses_text


def proof_lines(proof: Proof) -> Iterator[tuple[int, str]]:
    """*proof* line by line, each with its depth: 0 for a guardrail, then what hangs below it."""
    words = Words(proof.analysis)
    for guardrail in proof.guardrails:
        violations = [one for one in proof.violations if one.guardrail is guardrail]
        title = f" ({guardrail.title})" if guardrail.title else ""
        yield 0, f"{'violated' if violations else 'holds'}: `{guardrail.id}`{title}, {guardrail.place}"
        for violation in violations:
            yield from _lines(violation, words)
    for one in proof.inexact:
        yield 0, f"not exact: `{one.text}` in {', '.join(one.policies)} was taken for true and for false"


def _lines(violation: Violation, words: Words) -> Iterator[tuple[int, str]]:
    law = f", {law_text(violation.law)}" if violation.law.jurisdictions else ""
    yield 1, f"{violation.combinations} combinations that the other policies allow{law}"
    for use in uses_text(violation.uses):
        yield 2, use
    for box in violation.boxes:
        yield 2, f"if {words.box(box)}"
    permits = ", ".join(f"`{id_}`" for id_ in violation.allowed_by)
    seen = f"permitted by {permits}" if permits else "permitted only if the conditions below come as it needs them"
    yield 2, f"for example {violation.example}: {seen}"


def proof_to_plain(proof: Proof) -> dict[str, object]:
    """*proof* as JSON has it."""
    words = Words(proof.analysis)
    return {
        "holds": proof.holds,
        "exact": not proof.inexact,
        "inexact": [{"condition": one.text, "policies": list(one.policies)} for one in proof.inexact],
        "guardrails": [{"id": one.id, "title": one.title, "place": str(one.place)} for one in proof.guardrails],
        "violations": [_plain(violation, words) for violation in proof.violations],
    }


def _plain(violation: Violation, words: Words) -> dict[str, object]:
    return {
        "guardrail": violation.guardrail.id,
        "uses": list(uses_text(violation.uses)),
        "law": law_text(violation.law),
        "when": list(map(words.box, violation.boxes)),
        "combinations": violation.combinations,
        "example": violation.example.to_plain(),
        "permitted_by": list(violation.allowed_by),
    }
