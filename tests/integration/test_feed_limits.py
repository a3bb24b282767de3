"""Slow readers, too many streams, and the end of the process: each stream ends with a clear status."""

from pathlib import Path

import grpc

from tests.integration.caller import ends_with, eventually
from tests.integration.consumers import (
    consumers,
    events,
    hanging,
    none_open,
    none_open_once_cut,
    reading_slowly,
    record_much,
    until_caught_up,
)


def test_a_slow_reader_is_cut_with_a_clear_status(tmp_path: Path) -> None:
    """It is told why, and where to go on; its place is free again, and others were never held up."""
    # A native listener has 4 MiB lie before anything notices: tests/integration/test_native.py.
    with consumers(tmp_path, transport="grpcio", watch_stall_seconds=0.1, watches=1) as feed:
        record_much(feed)
        with reading_slowly(feed) as slow:
            first = next(slow)
            eventually(lambda: none_open_once_cut(feed))
            text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(slow))
        after = until_caught_up(feed.watch("mail"))

        assert first.from_start
        assert "after_revision" in text
        assert 60 == len(events(after))


def test_a_stop_ends_a_stream_that_hangs(tmp_path: Path) -> None:
    """At once, and with a word, though its thread hears nothing."""
    with consumers(tmp_path, transport="grpcio", watch_stall_seconds=3_600) as feed:
        record_much(feed)
        with reading_slowly(feed) as slow:
            next(slow)
            eventually(lambda: hanging(feed))
            feed.served.sidecar.stop(3_600)
            ends_with(grpc.StatusCode.UNAVAILABLE, lambda: list(slow))


def test_one_stream_too_many_is_refused(tmp_path: Path) -> None:
    """And a reader that goes away gives its place back, without a change that would show it."""
    with consumers(tmp_path, watches=1) as feed:
        stream = feed.watch("mail")
        next(stream)
        text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: next(feed.watch("crm")))
        gauge = feed.served.sidecar.registry.get_sample_value("sidecar_watches_open")
        stream.cancel()
        eventually(lambda: none_open(feed))
        next(feed.watch("crm"))

    assert "limits.watches" in text
    assert 1.0 == gauge


def test_a_stop_ends_streams_with_unavailable(tmp_path: Path) -> None:
    """At once, though nothing changes: who follows tries again, at another sidecar or this one."""
    with consumers(tmp_path) as feed:
        stream = feed.watch("mail")
        until_caught_up(stream)
        feed.served.sidecar.stop(5)
        text = ends_with(grpc.StatusCode.UNAVAILABLE, lambda: list(stream))

    assert "draining" in text
