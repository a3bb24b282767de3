from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import grpc
import pytest

from sidecar.errors import NotReadyError, OverloadedError
from sidecar.transport.watches import Watch, Watches


class Context:
    """The part of a call's context that streams of changes use, without what grpc has below it."""

    def __init__(self) -> None:
        self.active = True

    def is_active(self) -> bool:
        """Whether the caller is there."""
        return self.active

    def cancel(self) -> None:
        """End the call."""
        self.active = False


def as_context(context: Context) -> grpc.ServicerContext:
    """What grpc would hand over."""
    return cast("grpc.ServicerContext", context)


@pytest.fixture
def watches() -> Watches:
    """Room for two, and no patience at all."""
    return Watches(2, stall_seconds=0)


def opened(watches: Watches, stack: ExitStack, context: Context) -> Watch:
    """A stream that is open as long as *stack*."""
    return stack.enter_context(watches.open(as_context(context), "mail"))


def test_streams_of_changes_are_capped(watches: Watches) -> None:
    """One too many is refused, and its place is there again when another ends."""
    with ExitStack() as stack:
        opened(watches, stack, Context())
        with watches.open(as_context(Context()), "crm"), pytest.raises(OverloadedError, match=r"limits\.watches"):
            opened(watches, stack, Context())

        assert 1 == len(watches)

        opened(watches, stack, Context())

        assert 2 == len(watches)

    assert 0 == len(watches)


def test_a_message_that_lies_too_long_ends_the_stream(watches: Watches, caplog: pytest.LogCaptureFixture) -> None:
    """The call is over for its reader, the operator hears of it, and the thread stops when it comes back."""
    context = Context()
    with ExitStack() as stack:
        watch = opened(watches, stack, context)
        messages = watch.each(iter([1, 2]))
        next(messages)
        watches.cut_stalled()
        watches.cut_stalled()  # once is enough
        with pytest.raises(OverloadedError, match="after_revision"):
            next(messages)

    assert not context.active
    assert ["a reader of changes is too slow and was cut"] == caplog.messages


def test_a_stream_that_waits_for_changes_is_not_slow(watches: Watches) -> None:
    """Only what was sent can lie."""
    context = Context()
    with ExitStack() as stack:
        watch = opened(watches, stack, context)
        watches.cut_stalled()

        assert watch.active
        assert [1, 2] == list(watch.each([1, 2]))


def test_patience_is_what_the_configuration_says() -> None:
    """A message that was just sent is not too slow."""
    context = Context()
    patient = Watches(2, stall_seconds=60)
    with ExitStack() as stack:
        messages = opened(patient, stack, context).each(iter([1, 2]))
        next(messages)
        patient.cut_stalled()

        assert 2 == next(messages)
        assert context.active


def test_a_stop_ends_a_stream_that_waits(watches: Watches) -> None:
    """By its own thread, which says why; and no other opens."""
    context = Context()
    with ExitStack() as stack:
        watch = opened(watches, stack, context)
        watches.end()

        assert context.active
        with pytest.raises(NotReadyError, match="draining"):
            assert watch.active
        with pytest.raises(NotReadyError, match="draining"):
            opened(watches, stack, Context())


def test_a_stop_ends_a_stream_that_hangs_at_once(watches: Watches) -> None:
    """Its thread hears nothing until then."""
    context = Context()
    with ExitStack() as stack:
        messages = opened(watches, stack, context).each(iter([1, 2]))
        next(messages)
        watches.end()

        assert not context.active
        with pytest.raises(NotReadyError):
            next(messages)


def test_a_reader_that_is_gone_ends_the_stream(watches: Watches) -> None:
    """Nobody is there to be told; its place is free again."""

    def messages(watch: Watch) -> Iterator[int]:
        while watch.active:
            yield 1

    context = Context()
    with watches.open(as_context(context), "mail") as watch:
        told = watch.each(messages(watch))
        next(told)
        context.cancel()

        assert [] == list(told)

    assert 0 == len(watches)
