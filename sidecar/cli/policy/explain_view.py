"""How an inquiry looks."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

from sidecar.authoring.inquiry.changes import Change
from sidecar.authoring.inquiry.inquiry import Heard, Inquiry
from sidecar.cli.output import effect_text, show_line, show_pairs
from sidecar.cli.policy.place import path_of
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Effect
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.clauses import Truth, Weighed

_MARKS: Final = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.ERROR: "-"}


def show_inquiry(inquiry: Inquiry, draft: Draft) -> None:
    """Print the answer, then each policy, those that decide first, then what would change it."""
    result = inquiry.result
    mask = "" if result.mask is None else f" (mask: {result.mask})"
    show_line(Text.assemble(effect_text(result.effect.value), f"  {result.reason.value}{mask}: {inquiry.why}"))
    if result.facts is not None:
        show_pairs([("facts", facts_line(result.facts))])
    for heard in sorted(inquiry.policies, key=lambda heard: (not heard.determines, not heard.applies)):
        _show_policy(heard, draft)
    if inquiry.changes:
        show_line()
        show_line(f"it would be {'allowed' if result.effect is Effect.DENY else 'denied'}, all else the same, with")
        for change in inquiry.changes:
            show_line(f"  {change_line(change)}")
    elif inquiry.policies:
        show_line()
        show_line("nothing about the person would change that")
    for remedy in inquiry.remedies:
        show_line(f"would change it: {remedy}")


def facts_line(facts: Facts) -> str:
    """*facts* on one line; flags only where they hold."""
    flags = ("explicit", "by_guardian", "objected", "restricted", "erased")
    held = [flag.replace("_", " ") for flag in flags if getattr(facts, flag)]
    return ", ".join([f"consent {facts.consent}", *held, f"age {facts.age}", f"basis {facts.basis}"])


def change_line(change: Change) -> str:
    """*change* on one line."""
    return " and ".join(_fact(name, values) for name, values in change.facts)


def inquiry_to_plain(inquiry: Inquiry) -> dict[str, object]:
    """*inquiry* as JSON has it."""
    result = inquiry.result
    return {
        "effect": result.effect.value,
        "reason": result.reason.value,
        "mask": None if result.mask is None else result.mask.value,
        "why": inquiry.why,
        "facts": None if result.facts is None else result.facts._asdict(),
        "determining": list(result.determining),
        "policies": [_policy_to_plain(heard) for heard in inquiry.policies],
        "changes": [
            {"effect": change.effect.value, "facts": {name: list(values) for name, values in change.facts}}
            for change in inquiry.changes
        ],
        "remedies": list(inquiry.remedies),
    }


def _show_policy(heard: Heard, draft: Draft) -> None:
    policy = heard.policy
    if heard.determines:
        says = "applies, and decides"
    else:
        says = "applies, but does not decide" if heard.applies else "does not apply"
    show_line()
    show_line(Text.assemble(f"{policy.tree.effect} ", (policy.id, "bold"), f" {says}" + _title(heard)))
    for weighed in heard.clauses if heard.applies else heard.missing:
        clause = weighed.clause
        kind = "" if clause.kind == "head" else f"{clause.kind} "
        show_line(f"  {_MARKS[weighed.holds]:3}  {kind}{clause.text}  [{path_of(clause.place, draft)}]")
        for text, truth in weighed.parts if len(weighed.parts) > 1 else ():
            # What leans on a part before it is not looked at where that one decides.
            unseen = truth is Truth.ERROR and weighed.holds is not Truth.ERROR
            show_line(f"         {'-' if unseen else truth:5}  {text}")
    if not heard.clauses:
        show_line(f"  it has no conditions  [{path_of(policy.place, draft)}]")


def _title(heard: Heard) -> str:
    return f": {heard.policy.title}" if heard.policy.title else ""


def _fact(name: str, values: tuple[bool | str, ...]) -> str:
    if isinstance(values[0], bool):
        word = name.replace("_", " ")
        return word if values[0] else f"not {word}"
    *others, last = map(str, values)
    return f"{name} {', '.join(others)} or {last}" if others else f"{name} {last}"


def _policy_to_plain(heard: Heard) -> Mapping[str, object]:
    place = heard.policy.place
    return {
        "id": heard.policy.id,
        "effect": heard.policy.tree.effect,
        "title": heard.policy.title,
        "file": place.file,
        "line": place.line,
        "applies": heard.applies,
        "determines": heard.determines,
        "clauses": [_clause_to_plain(weighed) for weighed in heard.clauses],
    }


def _clause_to_plain(weighed: Weighed) -> Mapping[str, object]:
    clause = weighed.clause
    return {
        "kind": clause.kind,
        "text": clause.text,
        "file": clause.place.file,
        "line": clause.place.line,
        "column": clause.place.column,
        "holds": weighed.holds.value,
        "parts": [{"text": text, "is": truth.value} for text, truth in weighed.parts],
    }
