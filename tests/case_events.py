"""Steps of a timeline as events of the protocol; those of the model are what suites of bundles use too."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict

from sidecar.api.v1 import consent_pb2
from sidecar.authoring.suite.steps import event_form


def event_id(step: Mapping[str, Any], index: int) -> str:
    """The id that *step*, at place *index* of its timeline, names, or one made up for it."""
    return str(step.get("id", f"step-{index}"))


def proto_event(step: Mapping[str, Any], id_: str) -> consent_pb2.Event:
    """*step* by way of the protocol's own JSON."""
    form = event_form(step, id_)
    form["actor"] = f"ACTOR_{form['actor'].upper()}"
    for choice in form.get("submission", {}).get("choices", ()):
        choice["kind"] = f"CHOICE_KIND_{choice['kind'].upper()}"
        if "notice" in choice:
            key, _, version = choice["notice"].partition("@")
            choice["notice"] = {"key": key, "version": int(version)}
    return ParseDict(form, consent_pb2.Event())
