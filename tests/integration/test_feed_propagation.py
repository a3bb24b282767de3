"""Whether a change has reached the consumers: who waits is told, and the lag is seen."""

import grpc
import pytest

from sidecar.consent.log import Follower, Mark
from sidecar.model.instant import SECOND
from sidecar.testing import FixedClock
from tests.integration.caller import choice, ends_with
from tests.integration.consumers import FOREIGN, NOON, Consumers


def test_who_has_applied_a_change_is_told(feed: Consumers) -> None:
    """This sidecar, and each consumer by what it acknowledged; by revision, and by event."""
    first = feed.caller.record("p1", choice("e1", "GIVEN"))
    second = feed.caller.record("p1", choice("e2", "WITHDRAWN"))
    feed.ack("mail", first.revision)
    for name, at in (("alive", NOON - 890 * SECOND), ("dead", NOON - 910 * SECOND), ("this", NOON)):
        feed.served.sidecar._log.mark(Mark(kind=Follower.SIDECAR, name=name, position=1, at=at))
    about = {
        "first": feed.propagation(subject="p1", event_id="e1"),
        "second": feed.propagation(revision=second.revision),
    }
    found = {
        name: [
            (status.kind, status.name, status.applied, status.silent, status.revision) for status in answer.followers
        ]
        for name, answer in about.items()
    }

    assert [first.revision, second.revision] == [answer.revision for answer in about.values()]
    assert about["first"].HasField("accepted_at")
    assert [
        ("sidecar", "this", True, False, second.revision),
        ("sidecar", "alive", True, False, first.revision),
        ("sidecar", "dead", True, True, first.revision),
        ("consumer", "crm", False, False, ""),
        ("consumer", "mail", True, False, first.revision),
    ] == found["first"]
    assert [("alive", False), ("dead", False), ("crm", False), ("mail", False)] == [
        (name, applied) for _, name, applied, _, _ in found["second"][1:]
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"revision": FOREIGN, "subject": "p1"},
        {"revision": FOREIGN, "event_id": "e1"},
        {"subject": "p1"},
        {"event_id": "e1"},
        {"subject": "p1", "event_id": "absent"},
    ],
)
def test_a_change_is_named_in_one_way(feed: Consumers, request_: dict[str, str]) -> None:
    """Neither in none nor in two, and it must be there."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: feed.propagation(**request_))


def test_the_lag_of_every_consumer_is_seen(feed: Consumers) -> None:
    """0 on an empty log; the age of what is not acknowledged; 0 again once all is; also of one that never came."""
    clock = feed.served.sidecar.world.clock
    assert isinstance(clock, FixedClock)
    empty = [feed.lag("mail"), feed.lag("crm")]
    recorded = feed.caller.record("p1", choice("e1", "WITHDRAWN"))
    clock.advance(90)
    behind = [feed.lag("mail"), feed.lag("crm")]
    feed.ack("mail", recorded.revision)

    assert ([0.0, 0.0], [90.0, 90.0]) == (empty, behind)
    assert [0.0, 90.0] == [feed.lag("mail"), feed.lag("crm")]
    assert feed.lag("absent") is None
