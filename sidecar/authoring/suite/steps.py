"""What people did, from the steps of a suite."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sidecar.authoring.suite.plain import plain
from sidecar.authoring.suite.suite import Step, Timeline
from sidecar.consent.codec import event_from_json
from sidecar.errors import RequestError
from sidecar.model.event import Event
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node, Scalar, Sequence
from sidecar.policy.problems import Place, Problems
from sidecar.policy.record import Record

ACTS: Final = ("given", "refused", "withdrawn", "objected", "choices", "restricted", "lifted", "traits", "erased")
"""What a step can be; it is exactly one of them."""

KEYS: Final = ("at", *ACTS, "explicit", "expires_at", "notice", "occurred_at", "actor", "imported", "error")

_CHOICES: Final = ("given", "refused", "withdrawn", "objected")
_SCOPE: Final = ("purposes", "categories", "channels", "recipients")
_DETAIL: Final = ("explicit", "expires_at", "notice")


def read_timeline(node: Sequence, problems: Problems) -> Timeline:
    """The timeline that *node* lists; steps that are wrong are reported and left out."""
    steps: list[Step] = []
    for number, item in enumerate(node.items):
        step = _step(item, f"step-{number}", problems)
        if step is None:
            continue
        if steps and step.at < steps[-1].at:
            message = "this step is earlier than the one before it"
            problems.error(step.place, "suite.order", message, "list the steps in the order in which they happened")
        steps.append(step)
    return Timeline(tuple(steps))


def event_form(step: Mapping[str, Any], id_: str) -> dict[str, Any]:
    """*step* in the form of import lines, without a subject."""
    form: dict[str, Any] = {"id": id_, "method": "case", **_act(step)}
    form["actor"] = step.get("actor", "operator" if "lifted" in step or "erased" in step else "subject")
    if "occurred_at" in step:
        form["occurred_at"] = step["occurred_at"]
    return form


def event_of(step: Mapping[str, Any], id_: str) -> Event:
    """*step* as an event; raises ``RequestError`` naming a path below ``event``."""
    return event_from_json(json.dumps(event_form(step, id_)))


def place_in(node: Node, field: str) -> Place:
    """Where in the step *node* the value stands that *field*, a path below ``event``, blames; else the step's place."""
    for word in reversed(re.findall(r"[a-z_]+", field)):
        found = _find(node, word)
        if found is not None:
            return found
    return node.place


def _find(node: Node, word: str) -> Place | None:
    if isinstance(node, Scalar):
        return None
    if isinstance(node, Sequence):
        return next((place for item in node.items if (place := _find(item, word)) is not None), None)
    for key, value in node.entries:
        if key.text == word:
            return value.place
    return next((place for _, value in node.entries if (place := _find(value, word)) is not None), None)


def _step(node: Node, id_: str, problems: Problems) -> Step | None:
    if not isinstance(node, MappingNode):
        problems.error(node.place, "suite.wrong_type", "a step must be a mapping", "`{at: 2026-01-31, given: {...}}`")
        return None
    record = Record(node, KEYS, problems, area="suite")
    record.require("at")
    acts = [act for act in ACTS if act in record]
    if len(acts) != 1:
        message = f"a step says one thing, this one {'nothing' if not acts else ' and '.join(map(_quoted, acts))}"
        problems.error(node.place, "suite.step", message, f"exactly one of {', '.join(map(_quoted, ACTS))}")
        return None
    at = record.instant("at")
    refused = record.text("error")
    written = {key.text: plain(value) for key, value in node.entries}
    try:
        event = event_of({key: value for key, value in written.items() if value is not None}, id_)
    except (RequestError, AttributeError, TypeError, StopIteration) as error:  # the last: an act without a value
        detail = error.detail if isinstance(error, RequestError) else f"`{acts[0]}` is not as it should be"
        place = place_in(node, error.field) if isinstance(error, RequestError) else record.place_of(acts[0])
        problems.error(place, "suite.step", detail, "docs/authors/testing.md lists what a step can say")
        return None
    return Step(at=at, event=event, place=node.place, imported=record.boolean("imported"), refused=refused)


def _quoted(word: str) -> str:
    return f"`{word}`"


def _act(step: Mapping[str, Any]) -> dict[str, Any]:
    match step:
        case {"choices": choices}:
            return {"submission": {"choices": [_choice(choice) for choice in choices]}}
        case {"restricted": scope}:
            return {"restriction": {"scope": dict(scope)}}
        case {"lifted": scope}:
            return {"lifting": {"scope": dict(scope)}}
        case {"traits": traits}:
            return {"traits": dict(traits)}
        case {"erased": categories}:
            return {"erasure": {"categories": sorted(set(categories))}}
    kind = next(kind for kind in _CHOICES if kind in step)
    detail = {key: step[key] for key in _DETAIL if key in step}
    return {"submission": {"choices": [_choice({"kind": kind, **step[kind], **detail})]}}


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    scope = {key: value for key, value in choice.items() if key in _SCOPE}
    return {"scope": scope, **{key: value for key, value in choice.items() if key not in _SCOPE}}
