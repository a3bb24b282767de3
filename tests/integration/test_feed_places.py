"""Where consumers go on: where they acknowledged, or say themselves, or from the start."""

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from sidecar.consent.log import Follower, Mark
from tests.integration.caller import choice, ends_with
from tests.integration.consumers import FOREIGN, Consumers, consumers, events, until_caught_up


def test_a_named_consumer_goes_on_where_it_acknowledged(tmp_path: Path) -> None:
    """After a cut, and after a restart of the sidecar; not where it only read."""
    with consumers(tmp_path) as feed:
        first = feed.caller.record("p1", choice("e1", "GIVEN"))
        feed.caller.record("p1", choice("e2", "WITHDRAWN"))
        until_caught_up(feed.watch("mail"))
        kept = feed.ack("mail", first.revision, consumer="mail")
        again = until_caught_up(feed.watch("mail"))
        other = until_caught_up(feed.watch("crm"))
    with consumers(tmp_path) as feed:
        after = until_caught_up(feed.watch("mail"))
        start = until_caught_up(feed.watch("mail", from_start=True))

    assert first.revision == kept
    assert [["e2"], ["e1", "e2"], ["e2"], ["e1", "e2"]] == [events(each) for each in (again, other, after, start)]
    assert [False, True, False, True] == [each[0].from_start for each in (again, other, after, start)]


def test_a_reader_says_itself_where_to_go_on(feed: Consumers) -> None:
    """The operator too, of whom nothing is kept; behind the last change nothing is repeated."""
    revisions = [feed.caller.record("p1", choice(f"e{n}", "GIVEN")).revision for n in range(3)]
    told = [events(until_caught_up(feed.watch("", after_revision=revision))) for revision in revisions]

    assert [["e1", "e2"], ["e2"], []] == told


def test_acknowledging_is_safe_to_repeat_and_never_goes_back(feed: Consumers) -> None:
    """What is kept is the latest, for each consumer its own."""
    revisions = [feed.caller.record("p1", choice(f"e{n}", "GIVEN")).revision for n in range(3)]
    kept = [feed.ack("mail", revisions[n]) for n in (1, 1, 0, 2)]

    assert [revisions[n] for n in (1, 1, 1, 2)] == kept
    assert revisions[0] == feed.ack("crm", revisions[0])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda feed, token: next(feed.watch("mail", after_revision=token)), id="watch"),
        pytest.param(lambda feed, token: feed.ack("mail", token), id="ack"),
        pytest.param(lambda feed, token: feed.propagation(revision=token), id="propagation"),
    ],
)
def test_a_revision_that_means_nothing_here_is_refused(
    feed: Consumers, call: Callable[[Consumers, str], object]
) -> None:
    """Of another log: start over. No revision at all, or one that is not reached: an error of the caller."""
    recorded = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    ahead = f"{recorded.partition('.')[0]}.2"
    text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: call(feed, FOREIGN))
    ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(feed, "yesterday"))
    with pytest.raises(grpc.RpcError):
        call(feed, ahead)

    assert "from_start" in text


def test_a_place_is_said_once(feed: Consumers) -> None:
    """The start and a revision contradict each other."""
    revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    ends_with(
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda: next(feed.watch("mail", after_revision=revision, from_start=True)),
    )


def test_an_acknowledged_place_that_the_log_lost_means_to_start_over(feed: Consumers) -> None:
    """The file of the log was put back to an older state: what came in between is not known."""
    log = feed.served.sidecar._log
    log.mark(Mark(kind=Follower.CONSUMER, name="mail", position=5, at=0))
    text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: next(feed.watch("mail")))

    recorded = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    anew = until_caught_up(feed.watch("mail", from_start=True))

    assert "from_start" in text
    assert (True, ["e1"]) == (anew[0].from_start, events(anew))
    assert recorded == feed.ack("mail", recorded)


def test_who_never_acknowledged_is_not_waited_for_everywhere(tmp_path: Path) -> None:
    """Only the marks in the log are known to all sidecars: without one erasures may be forgotten behind its back."""
    with consumers(tmp_path, tombstone_days=40) as feed:
        revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
        feed.caller.record("p2", choice("e2", "GIVEN"))
        soon = events(until_caught_up(feed.watch("mail", after_revision=revision)))
        feed.clock.advance(41 * 86_400)
        text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: next(feed.watch("mail", after_revision=revision)))
        feed.ack("mail", revision)

        assert (["e2"], True) == (soon, "forgotten" in text)
        assert ["e2"] == events(until_caught_up(feed.watch("mail", after_revision=revision)))


def test_who_begins_anew_and_is_killed_begins_anew_again(feed: Consumers) -> None:
    """What was acknowledged before is nothing that it still has."""
    first = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    second = feed.caller.record("p2", choice("e2", "GIVEN")).revision
    feed.ack("mail", second)
    next(feed.watch("mail", from_start=True))
    again = until_caught_up(feed.watch("mail"))
    feed.ack("mail", first)

    assert (True, ["e1", "e2"]) == (again[0].from_start, events(again))
    assert ["e2"] == events(until_caught_up(feed.watch("mail")))
