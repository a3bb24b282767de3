"""What h2load prints, read; and that a failed call is never taken for an answer."""

from pathlib import Path

import pytest

from benchmarks.load.h2load import Counted, Load, LoadError, Outcome, command, framed, parse, parse_log

SAID = """\
starting benchmark...
spawning thread #0: 1 total client(s). 50000 total requests
Application protocol: h2c
progress: 100% done

finished in 1.35s, 37051.47 req/s, 5.48MB/s
requests: 50000 total, 50000 started, 50000 done, 50000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 50000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 7.39MB (7750072) total, 97.67KB (100012) headers (space savings 94.74%), 5.96MB (6250000) data
                     min         max         mean         sd        +/- sd
time for request:      271us      8.07ms      1.67ms       805us    64.49%
"""


def outcome(*, calls: int = 10, succeeded: int = 10, data_bytes: int) -> Outcome:
    """What came of so many calls."""
    counted = Counted(calls=calls, succeeded=succeeded, seconds=1.0, rate=float(calls), data_bytes=data_bytes)
    return Outcome(counted=counted, microseconds=(1, 3))


def test_the_end_of_the_output_is_read() -> None:
    """Calls, those with an answer, seconds, calls a second and bytes of messages."""
    expected = Counted(calls=50_000, succeeded=50_000, seconds=1.35, rate=37_051.47, data_bytes=6_250_000)

    assert expected == parse(SAID)


@pytest.mark.parametrize(
    ("written", "seconds"), [("1.24ms", 0.00124), ("250us", 0.00025), ("61.20s", 61.2)], ids=["ms", "us", "s"]
)
def test_times_are_in_seconds_whatever_their_unit(written: str, seconds: float) -> None:
    """h2load writes short times in other units."""
    assert pytest.approx(seconds) == parse(SAID.replace("finished in 1.35s", f"finished in {written}")).seconds


def test_answers_with_another_http_status_do_not_succeed() -> None:
    """Those that were refused before gRPC."""
    refused = SAID.replace("50000 2xx, 0 3xx, 0 4xx", "49990 2xx, 0 3xx, 10 4xx")

    assert 49_990 == parse(refused).succeeded


def test_calls_that_broke_off_do_not_succeed() -> None:
    """For example because the server went away."""
    broken = SAID.replace("50000 done, 50000 succeeded, 0 failed", "50000 done, 49000 succeeded, 1000 failed")

    assert 49_000 == parse(broken).succeeded


@pytest.mark.parametrize("said", ["", "h2load: cannot connect", SAID.replace("finished in", "ended after")])
def test_an_output_without_counts_is_an_error(said: str) -> None:
    """Never a number that nobody printed."""
    with pytest.raises(LoadError, match="did not say what it counted"):
        parse(said)


def test_each_answered_call_of_the_file_is_read() -> None:
    """Start, HTTP status, microseconds; what had no answer has another status."""
    assert (1064, 1873) == parse_log("1795531810757637\t200\t1064\n1795531810757602\t200\t1873\n1795531810\t-1\t9\n")


def test_answers_of_the_right_size_are_answers() -> None:
    """Ten messages of 100 to 120 bytes, each behind five bytes more."""
    outcome(data_bytes=1_100).require_answers(least=100, most=120)


@pytest.mark.parametrize(
    "came",
    [
        pytest.param(outcome(data_bytes=945), id="one-without-a-message"),
        pytest.param(outcome(data_bytes=1_300), id="longer-than-any-answer"),
        pytest.param(outcome(data_bytes=1_100, succeeded=9), id="one-without-status-200"),
    ],
)
def test_a_failed_call_is_no_answer(came: Outcome) -> None:
    """An error of gRPC has HTTP status 200 and no message."""
    with pytest.raises(LoadError, match="so some failed"):
        came.require_answers(least=100, most=120)


def test_a_message_is_framed() -> None:
    """Not compressed, behind its length."""
    assert b"\x00\x00\x00\x00\x03abc" == framed(b"abc")


def test_the_command_names_socket_and_method(tmp_path: Path) -> None:
    """As the manual of h2load has them."""
    load = Load(socket=Path("/s.sock"), method="/a.B/C", message=b"", in_flight=64, connections=2)
    words = command(load, tmp_path / "body", 1_000, tmp_path / "log")

    assert ["h2load", "-n", "1000", "-c", "2", "-m", "64"] == words[:7]
    assert ["-B", "unix:/s.sock", "--log-file", f"{tmp_path}/log", "http://localhost/a.B/C"] == words[-5:]


def test_a_paced_load_is_spread_over_connections(tmp_path: Path) -> None:
    """All of them together make so many calls a second."""
    load = Load(socket=Path("/s.sock"), method="/a.B/C", message=b"").paced(5_000)
    words = command(load, tmp_path / "body", 1_000, None)

    assert ["-c", "10"] == words[3:5]
    assert ["--rps", "500", "-r", "1", "--rate-period", "1ms"] == words[-7:-1]


def test_the_mean_is_of_the_calls_that_were_recorded() -> None:
    """Not h2load's own, which it rounds."""
    assert 2.0 == outcome(data_bytes=0).mean
