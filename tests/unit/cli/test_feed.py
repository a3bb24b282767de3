"""What ``consent watch`` tells while there is no stream."""

import grpc
import pytest

from sidecar.cli.feed import _Cuts
from sidecar.client import FeedError


def away(number: int) -> FeedError:
    """What a try that reached nobody ends with."""
    return FeedError(grpc.StatusCode.UNAVAILABLE, f"try {number}")


def warnings(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was warned of since this was asked last."""
    return [line.removeprefix("warning: ") for line in capsys.readouterr().err.splitlines()]


def test_a_sidecar_that_is_not_reached_is_told_once_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Not that a stream was cut: there was none."""
    cuts = _Cuts("127.0.0.1:9")
    for number in range(3):
        cuts.tell(away(number))
    (told,) = warnings(capsys)

    assert told.startswith("the sidecar at `127.0.0.1:9` is unavailable: try 0; it is tried again until it answers; ")
    assert "--address says where it listens" in told


def test_another_reason_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The sidecar runs now, and its log is away, say."""
    cuts = _Cuts("127.0.0.1:9")
    cuts.tell(away(0))
    cuts.tell(FeedError(grpc.StatusCode.UNAVAILABLE, "the consent log is away"))
    _, told = warnings(capsys)

    assert told.endswith("`sidecar status` says why")


def test_each_cut_is_told_and_that_nobody_is_reached_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Once for each stream that there was."""
    cuts = _Cuts("127.0.0.1:9")
    for _ in range(2):
        cuts.over()
        for number in range(3):
            cuts.tell(away(number))
    told = warnings(capsys)

    assert ["the stream was cut, and is taken up again: UNAVAILABLE: try 0", told[1]] * 2 == told
    assert "is unavailable: try 1" in told[1]
