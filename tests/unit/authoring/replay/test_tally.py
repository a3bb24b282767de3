import pytest
from msgspec.structs import replace

from sidecar.authoring.replay import tally as module
from sidecar.authoring.replay.again import SAME, Change, Flip, Given, NotReplayable, Skipped
from sidecar.authoring.replay.lines import Numbered
from sidecar.authoring.replay.tally import Tally
from sidecar.model.vocabulary import Effect, Reason
from tests.unit.authoring.replay.logged import logged

DENIED = Given(Effect.DENY, Reason.NO_PERMIT, None)
ALLOWED = Given(Effect.ALLOW, Reason.ALLOWED, None)
OPENED = Flip(change=Change.NEWLY_ALLOWED, old=DENIED, new=ALLOWED)
CLOSED = Flip(change=Change.NEWLY_DENIED, old=ALLOWED, new=DENIED)


def test_every_line_is_counted_once() -> None:
    """Whatever came of it."""
    tally = Tally()
    for outcome in (SAME, OPENED, CLOSED, CLOSED, NotReplayable("why"), Skipped(Reason.STALE_CONSENT)):
        tally.add(logged(), outcome)
    tally.add_malformed(Numbered(7, None, "no"))

    assert (7, 1, 1, 1, 1, 1) == (
        tally.lines,
        tally.same,
        tally.skipped,
        tally.not_replayable,
        tally.malformed,
        tally.widened,
    )
    assert (1, 2) == (tally.flipped[Change.NEWLY_ALLOWED], tally.flipped[Change.NEWLY_DENIED])


def test_lines_alike_are_one_group_with_the_first_as_example() -> None:
    """What differs in person, time or place is alike; the most frequent first, what opens before all."""
    tally = Tally()
    for number in range(3):
        tally.add(replace(logged(), id=f"a.{number}", pseudonym=str(number)), CLOSED)
    for number in range(2):
        tally.add(replace(logged(), id=f"b.{number}", field="other"), OPENED)
    tally.add(replace(logged(), id="c.0"), OPENED)

    assert [("b.0", 2), ("c.0", 1), ("a.0", 3)] == [(group.example, group.count) for _, group in tally.groups()]


def test_kinds_without_end_are_counted_without_end_but_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers choose what they ask; memory is not theirs."""
    monkeypatch.setattr(module, "MAX_GROUPS", 3)
    tally = Tally()
    for number in range(10):
        tally.add(replace(logged(), field=f"f{number}"), CLOSED)
        tally.add(logged(), NotReplayable(f"why {number}"))
        tally.add_malformed(Numbered(number, None, "no"))

    assert (10, 10, 10) == (tally.flipped[Change.NEWLY_DENIED], tally.not_replayable, tally.malformed)
    assert (3, 3, 5, 14) == (len(tally.flips), len(tally.reasons), len(tally.named), tally.unlisted)
