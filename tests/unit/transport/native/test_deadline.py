import pytest

from sidecar.transport.native.deadline import seconds_of


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"2H", 7_200),
        (b"3M", 180),
        (b"4S", 4),
        (b"200m", 0.2),
        (b"5u", 5e-6),
        (b"7n", 7e-9),
        (b"99999999S", 99_999_999),
    ],
)
def test_a_timeout_is_told_in_seconds(value: bytes, seconds: float) -> None:
    """Every unit of the protocol."""
    assert pytest.approx(seconds) == seconds_of(value)


@pytest.mark.parametrize(
    "value",
    [None, "ipv4:127.0.0.1:40000", b"", b"S", b"1", b"1s", b"-1S", b"1.5S", b"123456789S", b"1S ", b" 1S", b"\xff1S"],
)
def test_what_is_no_timeout_bounds_nothing(value: bytes | str | None) -> None:
    """As if there were none; without the header the front names the peer."""
    assert seconds_of(value) is None
