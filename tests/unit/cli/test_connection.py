"""What is told of a call that failed, and what to do about it."""

import grpc
import pytest

from sidecar.cli.connection import failure_of_status


@pytest.mark.parametrize(
    ("detail", "hint"),
    [
        pytest.param("Connection refused", "is it running?", id="nobody-there"),
        pytest.param("the consent log cannot be read or written", "`sidecar status`", id="it-has-said-so-itself"),
        pytest.param("the consent log was lost or replaced", "`sidecar status`", id="lost"),
    ],
)
def test_whether_it_runs_is_asked_only_where_nobody_answered(detail: str, hint: str) -> None:
    """A sidecar whose log is away has answered; both name the address and the reason."""
    failure = failure_of_status(grpc.StatusCode.UNAVAILABLE, detail, "127.0.0.1:7070")

    assert "unavailable" == failure.code
    assert hint in failure.hint
    assert [] == [part for part in ("`127.0.0.1:7070`", detail) if part not in failure.message]
