import gzip
import io

import pytest

from sidecar.authoring.replay.lines import MAX_BYTES, DamagedError, read_lines
from sidecar.telemetry.decisionlog.audience import AudienceLine
from sidecar.telemetry.decisionlog.line import Line, encode
from tests.unit.authoring.replay.logged import logged
from tests.unit.telemetry.decisionlog.test_audience import AUDIENCE, PSEUDONYMS

LINE = encode(logged())


def read(content: bytes) -> list[tuple[int, bool]]:
    """Number of each line of *content*, and whether it is one."""
    return [(one.number, one.line is not None) for one in read_lines(io.BytesIO(content))]


def test_lines_are_numbered_and_empty_ones_passed_over() -> None:
    """The last needs no line break."""
    assert [(1, True), (3, False), (4, True)] == read(LINE + b"\n\n{}\n" + LINE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"nonsense", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[" * 200_000, id="too deep"),
        pytest.param(LINE[:100], id="half a line"),
        pytest.param(LINE.replace(b'"allow"', b'"perhaps"'), id="no effect"),
        pytest.param(b'{"id": "' + b"x" * MAX_BYTES + b'"}', id="too long"),
    ],
)
def test_what_is_no_line_is_told_and_passed_over(text: bytes) -> None:
    """The lines after it are read."""
    (first, second) = read_lines(io.BytesIO(text + b"\n" + LINE + b"\n"))

    assert (1, None, True) == (first.number, first.line, bool(first.malformed))
    assert isinstance(second.line, Line)
    assert (2, logged().id) == (second.number, second.line.id)


def test_a_line_far_too_long_is_never_held_whole() -> None:
    """Its rest is passed over, several limits of it."""
    assert [(1, False), (2, True)] == read(b"x" * (3 * MAX_BYTES + 7) + b"\n" + LINE)
    assert [(1, False)] == read(b"x" * (2 * MAX_BYTES + 2))


def test_a_compressed_log_is_read_like_another() -> None:
    """Several that were put together too, as `cat` does with rotated files."""
    assert [(1, True), (2, True), (3, True)] == read(gzip.compress(LINE + b"\n" + LINE + b"\n") + gzip.compress(LINE))


def test_a_compressed_log_that_is_damaged_is_an_error() -> None:
    """Cut off, or changed: what was read before is told by its number."""
    packed = gzip.compress(b"\n".join([LINE] * 3))
    for damaged in (packed[:-12], packed[:40] + b"\0\0\0\0" + packed[44:], packed[:-8] + b"\0" * 8):
        with pytest.raises(DamagedError, match=r"after line \d"):
            read(damaged)


def test_progress_adds_up_to_the_size() -> None:
    """Of what is read, not of what it unpacks to."""
    for content in (LINE * 3, gzip.compress(LINE), b""):
        counts: list[int] = []
        for _ in read_lines(io.BytesIO(content), counts.append):
            pass

        assert len(content) == sum(counts)


def test_a_line_about_an_audience_is_known() -> None:
    """It is no decision about anybody, and not malformed."""
    (numbered,) = read_lines(io.BytesIO(AUDIENCE.line(PSEUDONYMS)))

    assert isinstance(numbered.line, AudienceLine)
    assert (1, "") == (numbered.number, numbered.malformed)
