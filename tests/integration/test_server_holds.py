"""HoldService over real sockets: a hold stops everyone at once, a release lets them go on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2, consent_pb2, holds_pb2, holds_pb2_grpc, status_pb2
from sidecar.errors import ConsentLogError
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import CATEGORY, EMAIL, Caller, calling, choice, ends_with, question

ADDRESS = consent_pb2.Scope(categories=[CATEGORY])


@pytest.fixture
def served() -> Iterator[Served]:
    """A sidecar; a hold is on everyone, so each test has its own."""
    with serving(clock=FixedClock("2026-06-01T12:00:00Z")) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """A caller with the operator's token."""
    with calling(served) as calls:
        yield calls


def stub(caller: Caller) -> Any:
    """HoldService."""
    return holds_pb2_grpc.HoldServiceStub(caller.channel)


def place(caller: Caller, id_: str = "h", scope: consent_pb2.Scope = ADDRESS) -> holds_pb2.PlaceHoldResponse:
    """Place a hold."""
    request = holds_pb2.PlaceHoldRequest(id=id_, scope=scope, why="a breach")
    response: holds_pb2.PlaceHoldResponse = stub(caller).PlaceHold(request, metadata=caller.operator, timeout=5)
    return response


def release(caller: Caller, **which: Any) -> holds_pb2.ReleaseHoldResponse:
    """Release."""
    request = holds_pb2.ReleaseHoldRequest(id="r", **which)
    response: holds_pb2.ReleaseHoldResponse = stub(caller).ReleaseHold(request, metadata=caller.operator, timeout=5)
    return response


def listed(caller: Caller) -> list[str]:
    """The ids of the holds that stand."""
    answer = stub(caller).ListHolds(holds_pb2.ListHoldsRequest(), metadata=caller.operator, timeout=5)
    return [hold.id for hold in answer.holds]


def test_an_acknowledged_hold_is_seen_by_the_next_question_about_anybody(caller: Caller) -> None:
    """Agreeing again does not help; a release does, at once."""
    for subject in ("p1", "p2"):
        caller.record(subject, choice("yes", "GIVEN"))
    before = [caller.reason(question(subject)) for subject in ("p1", "p2")]
    placed = place(caller)
    caller.record("p1", choice("again", "GIVEN"))
    held = [caller.reason(question(subject, at_least_as_fresh=placed.revision)) for subject in ("p1", "p2", "nobody")]
    released = release(caller, hold_id="h")
    after = [caller.reason(question(subject)) for subject in ("p1", "p2", "nobody")]

    assert (["ALLOWED"] * 2, ["RESTRICTED"] * 3) == (before, held)
    assert ["h"] == [hold.id for hold in released.released]
    assert ["ALLOWED", "ALLOWED", "CONSENT_UNKNOWN"] == after


def test_explain_names_the_hold_and_since_when(caller: Caller) -> None:
    """Not why: that is what `ListHolds` tells; nor is anybody to be asked."""
    caller.record("p1", choice("yes", "GIVEN"))
    place(caller)
    request = authorization_pb2.ExplainRequest(request=question("p1"))
    (field,) = caller.authorization.Explain(request, metadata=caller.operator, timeout=5).fields
    (hold,) = [choice for choice in field.choices if choice.fact == "hold"]

    assert ("h", "operator", CATEGORY) == (hold.event_id, hold.actor, hold.category)
    assert "2026-06-01T12:00:00Z" == hold.effective_at.ToJsonString()
    assert "it is on hold for everyone, by an operator" == field.summary
    assert ["operation"] == [remedy.WhichOneof("change") for remedy in field.remedies]
    assert caller.check(question("p1")).results[0].held
    assert not caller.check(question("p1")).results[0].HasField("consent_to_ask")


def test_what_is_held_is_listed_and_counted(caller: Caller, served: Served) -> None:
    """In the list with its scope and reason, in the status as a number; after a release not any more."""
    place(caller, scope=consent_pb2.Scope(purposes=[EMAIL], categories=[CATEGORY]))
    (hold,) = stub(caller).ListHolds(holds_pb2.ListHoldsRequest(), metadata=caller.operator, timeout=5).holds

    def counted() -> int:
        status = caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator, timeout=5)
        return int(status.consent.holds)

    assert ("h", "a breach", "2026-06-01T12:00:00Z") == (hold.id, hold.why, hold.since.ToJsonString())
    assert [(EMAIL, CATEGORY, "*", "*")] == [
        (held.purpose, held.category, held.channel, held.recipient) for held in hold.scopes
    ]
    assert (1, 1.0) == (counted(), served.sidecar.registry.get_sample_value("sidecar_held"))
    release(caller, scope=ADDRESS)
    assert (0, []) == (counted(), listed(caller))
    assert (1.0, 1.0) == tuple(
        served.sidecar.registry.get_sample_value("sidecar_events_total", {"kind": kind}) for kind in ("hold", "release")
    )


def test_repeating_is_safe(caller: Caller) -> None:
    """The first result comes again; another body under the same id does not."""
    first, again = place(caller), place(caller)
    release(caller, hold_id="h")

    assert (first.revision, True) == (again.revision, again.duplicate)
    assert release(caller, hold_id="h").duplicate
    ends_with(grpc.StatusCode.ALREADY_EXISTS, lambda: place(caller, scope=consent_pb2.Scope(categories=["*"])))


def test_what_was_held_already_is_told(caller: Caller) -> None:
    """With its reason, which is listed no more: it is one hold now, under the later id."""
    place(caller, "h1")
    (replaced,) = place(caller, "h2").replaced

    assert ("h1", "a breach", [CATEGORY]) == (replaced.id, replaced.why, [held.category for held in replaced.scopes])
    assert ["h2"] == listed(caller)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        pytest.param(lambda c: place(c, scope=consent_pb2.Scope()), "`scope`", id="nothing"),
        pytest.param(lambda c: place(c, scope=consent_pb2.Scope(purposes=["x"])), "`scope.purposes[0]`", id="unknown"),
        pytest.param(lambda c: place(c, id_=""), "`id`", id="no-id"),
        pytest.param(release, "`hold_id`", id="neither"),
        pytest.param(lambda c: release(c, hold_id="x"), "`hold_id`", id="no-such-hold"),
        pytest.param(lambda c: release(c, hold_id="x", why="w" * 257), "`why`", id="long-reason"),
        pytest.param(
            lambda c: stub(c).PlaceHold(holds_pb2.PlaceHoldRequest(id="h", scope=ADDRESS), metadata=c.operator),
            "`why`",
            id="no-reason",
        ),
    ],
)
def test_malformed_requests_name_their_field(caller: Caller, call: Callable[[Caller], object], field: str) -> None:
    """And nothing is held."""
    assert field in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(caller))
    assert [] == listed(caller)


def test_a_hold_outlives_a_restart(tmp_path: Path) -> None:
    """It is in the log like any other event."""
    settings: dict[str, object] = {"data.dir": tmp_path / "data"}
    with serving(settings=settings) as served, calling(served) as caller:
        place(caller)
    with serving(settings=settings) as served, calling(served) as caller:
        assert "RESTRICTED" == caller.reason(question("p1"))
        assert ["h"] == listed(caller)


def test_holds_that_cannot_be_read_deny(caller: Caller, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether something is held is then not known."""
    cache = served.sidecar.world.cache
    caller.record("p1", choice("yes", "GIVEN"))
    cache.distrust([cache.pseudonym("")])

    def unreadable(pseudonym: bytes, *, now: int) -> None:
        raise ConsentLogError(f"{pseudonym!r} cannot be read at {now}")

    with monkeypatch.context() as patch:
        patch.setattr(cache, "refresh", unreadable)
        assert "CONSENT_UNAVAILABLE" == caller.reason(question("p1"))
    assert "ALLOWED" == caller.reason(question("p1"))


def test_nobody_reaches_the_record_of_holds_as_a_person(caller: Caller) -> None:
    """An empty subject stays malformed everywhere else."""
    place(caller)
    lift = consent_pb2.Event(id="l", actor="ACTOR_OPERATOR", lifting=consent_pb2.Lifting())

    assert "`subject`" in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.record("", lift))
    assert ["h"] == listed(caller)
