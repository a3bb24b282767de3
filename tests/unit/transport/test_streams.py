from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import grpc
import pytest

from sidecar.errors import NotReadyError, OverloadedError
from sidecar.transport.lifecycle import DRAINING, STARTING, Lifecycle
from sidecar.transport.streams import Streams


class Context:
    """The part of a call's context that streams use."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        """End the call."""
        self.cancelled = True


def as_context(context: Context) -> grpc.ServicerContext:
    """What grpc would hand over."""
    return cast("grpc.ServicerContext", context)


def test_streams_are_capped() -> None:
    """One too many is refused, and its place is there again when another ends."""
    streams = Streams(2)
    with ExitStack() as stack:
        stack.enter_context(streams.open(as_context(Context())))
        with streams.open(as_context(Context())), pytest.raises(OverloadedError):
            stack.enter_context(streams.open(as_context(Context())))

        assert 1 == len(streams)

        stack.enter_context(streams.open(as_context(Context())))

    assert 0 == len(streams)


def test_a_stream_that_is_abandoned_gives_its_place_back() -> None:
    """Also when grpc drops the generator because the caller is gone."""
    streams = Streams(1)

    def answers() -> Iterator[int]:
        with streams.open(as_context(Context())) as stream:
            yield from stream.each([1, 2, 3])

    running = answers()
    next(running)
    del running

    assert 0 == len(streams)


def test_an_idle_stream_is_ended_at_once() -> None:
    """Its thread waits for a message and hears nothing else."""
    streams, context = Streams(1), Context()
    with streams.open(as_context(context)):
        streams.end()

    assert context.cancelled


def test_a_busy_stream_ends_after_its_answer() -> None:
    """The question it is at is answered, the next is not taken."""
    streams, context = Streams(1), Context()
    with streams.open(as_context(context)) as stream:
        messages = stream.each([1, 2])
        first = next(messages)
        streams.end()
        with pytest.raises(NotReadyError, match="draining"):
            next(messages)

    assert 1 == first
    assert not context.cancelled


def test_no_stream_opens_once_they_end() -> None:
    """A stream that came late would hold up the stop."""
    streams = Streams(1)
    streams.end()

    with pytest.raises(NotReadyError), streams.open(as_context(Context())):
        pass


def test_it_is_told_what_is_in_the_way_of_the_view() -> None:
    """How far it is while starting; a log that is lost later keeps nobody from asking, but nobody should."""
    outlook = "1 of 2"
    lifecycle = Lifecycle(lambda: outlook)
    told = [lifecycle.not_ready_because]
    lifecycle.begin()
    outlook = "lost"
    lifecycle.require_ready()
    told.append(lifecycle.not_ready_because)
    ready = lifecycle.ready
    outlook = ""
    told.append(lifecycle.not_ready_because)
    lifecycle.drain()
    outlook = "lost"
    told.append(lifecycle.not_ready_because)

    assert [f"{STARTING}: 1 of 2", "lost", "", DRAINING] == told
    assert not ready


def test_questions_are_answered_only_between_starting_and_draining() -> None:
    """A view that is not complete knows of no noes."""
    lifecycle = Lifecycle()
    with pytest.raises(NotReadyError, match="starting"):
        lifecycle.require_ready()

    assert STARTING == lifecycle.not_ready_because

    lifecycle.begin()
    lifecycle.require_ready()

    assert lifecycle.ready

    lifecycle.drain()
    with pytest.raises(NotReadyError, match="draining"):
        lifecycle.require_ready()
    lifecycle.begin()

    assert DRAINING == lifecycle.not_ready_because
    assert lifecycle.drained_within(0)
