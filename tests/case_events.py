"""Steps of a timeline as events: of the model, and of the protocol."""

import json
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from sidecar.api.v1 import consent_pb2
from sidecar.consent.codec import event_from_json
from sidecar.model.event import Event

_CHOICES: Final = ("given", "refused", "withdrawn", "objected")
_SCOPE: Final = ("purposes", "categories", "channels", "recipients")
_DETAIL: Final = ("explicit", "expires_at", "notice")


def event_id(step: Mapping[str, Any], index: int) -> str:
    """The id that *step*, at place *index* of its timeline, names, or one made up for it."""
    return str(step.get("id", f"step-{index}"))


def model_event(step: Mapping[str, Any], id_: str) -> Event:
    """*step* by way of the JSON of import lines."""
    return event_from_json(json.dumps(_form(step, id_)))


def proto_event(step: Mapping[str, Any], id_: str) -> consent_pb2.Event:
    """*step* by way of the protocol's own JSON."""
    form = _form(step, id_)
    form["actor"] = f"ACTOR_{form['actor'].upper()}"
    for choice in form.get("submission", {}).get("choices", ()):
        choice["kind"] = f"CHOICE_KIND_{choice['kind'].upper()}"
        if "notice" in choice:
            key, _, version = choice["notice"].partition("@")
            choice["notice"] = {"key": key, "version": int(version)}
    return ParseDict(form, consent_pb2.Event())


def _form(step: Mapping[str, Any], id_: str) -> dict[str, Any]:
    form: dict[str, Any] = {"id": id_, "method": "case", **_act(step)}
    form["actor"] = step.get("actor", "operator" if "lifted" in step else "subject")
    if "occurred_at" in step:
        form["occurred_at"] = step["occurred_at"]
    return form


def _act(step: Mapping[str, Any]) -> dict[str, Any]:
    if "choices" in step:
        return {"submission": {"choices": [_choice(choice) for choice in step["choices"]]}}
    if "restricted" in step:
        return {"restriction": {"scope": dict(step["restricted"])}}
    if "lifted" in step:
        return {"lifting": {"scope": dict(step["lifted"])}}
    if "linked" in step:
        return {"link": {"other_subject": step["linked"]}}
    if "traits" in step:
        return {"traits": dict(step["traits"])}
    kind = next(kind for kind in _CHOICES if kind in step)
    detail = {key: step[key] for key in _DETAIL if key in step}
    return {"submission": {"choices": [_choice({"kind": kind, **step[kind], **detail})]}}


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    scope = {key: value for key, value in choice.items() if key in _SCOPE}
    return {"scope": scope, **{key: value for key, value in choice.items() if key not in _SCOPE}}
