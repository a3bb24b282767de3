"""When a server that was overloaded answers as ever again."""

import pytest

from benchmarks.load.probe import Call, recovered

USUAL = 1_000.0


def calls(*each: tuple[float, float, str]) -> list[Call]:
    """Calls, by when they ended, microseconds and status."""
    return [Call(*one) for one in each]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(calls((10.05, 900, "OK")), 0.0, id="at-once"),
        pytest.param(calls((10.05, 5_000, "OK"), (10.15, 900, "OK")), 0.1, id="slow-at-first"),
        pytest.param(calls((10.05, 900, "RESOURCE_EXHAUSTED"), (10.25, 900, "OK")), 0.2, id="turned-away-at-first"),
        pytest.param(calls((10.05, 900, "UNAVAILABLE")), None, id="never"),
        pytest.param(calls((9.5, 900, "OK")), None, id="nobody-asked-afterwards"),
        pytest.param(calls((10.05, 200_000, "OK")), None, id="one-that-began-before-does-not-count"),
    ],
)
def test_recovery(seen: list[Call], expected: float | None) -> None:
    """The first tenth of a second after 10.0 without a failure, the middle call at most twice as long as usual."""
    found = recovered(seen, 10.0, usual=USUAL, window=0.1)

    assert expected is found is None or pytest.approx(expected) == found
