"""Lines of a decision log to replay: what one bundle decided."""

from collections.abc import Mapping
from dataclasses import replace

from msgspec.structs import replace as changed

from sidecar.authoring.replay.again import Flip, NotReplayable, Outcome, Replay, Skipped
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import FieldResult, Request
from sidecar.model.facts import Facts
from sidecar.telemetry.decisionlog.line import Line
from sidecar.telemetry.decisionlog.recording import Recorder
from tests.unit.policy.bundles import FILES
from tests.unit.telemetry.decisionlog.answers import FACTS, NOW, answered, request, small, snapshot

Files = Mapping[str, str | bytes | None]


def logged(asked: Request | None = None, facts: Facts = FACTS, under: Snapshot | None = None) -> Line:
    """The line about *asked*, a question about one field, as decided for a person of whom *facts* hold."""
    asked, under = asked or request(), under or small()
    (item,) = questions(asked, under.catalog)
    if not isinstance(item, FieldResult):
        verdict = under.verdicts.verdict(item, facts, NOW)
        item = FieldResult(
            field=item.field,
            effect=verdict.effect,
            reason=verdict.reason,
            determining=verdict.determining,
            mask=verdict.mask,
            facts=facts,
        )
    (line,) = Recorder().lines(answered(item, asked=asked, under=under))
    return line


def outcome(line: Line, changes: Files | None = None) -> Outcome:
    """What the small bundle with *changes* makes of *line*."""
    return Replay(snapshot(changes or {}).bundle).outcome(line)


def told(line: Line, changes: Files | None = None) -> str:
    """The same in a few words."""
    found = outcome(line, changes)
    match found:
        case Flip():
            old, new = (given.mask or given.reason for given in (found.old, found.new))
            return f"{found.change}: {old} -> {new}"
        case NotReplayable(why):
            return f"not replayable: {why}"
        case Skipped(reason):
            return f"skipped: {reason}"
        case _:
            return found


def edited(file: str, old: str, new: str) -> Files:
    """The change of one place in one file of the small bundle."""
    assert old in FILES[file]
    return {file: FILES[file].replace(old, new)}


__all__ = ["FACTS", "Files", "changed", "edited", "logged", "outcome", "replace", "request", "snapshot", "told"]
