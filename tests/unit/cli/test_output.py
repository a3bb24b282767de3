import io

import pytest
from rich.text import Text

from sidecar.cli.failure import Failure
from sidecar.cli.output import console, effect_text, line_width, printable, show_failure, show_line, show_table


class _Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _environ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def _coloured(stream: io.StringIO) -> bool:
    console(stream).print(effect_text("deny"), style="red")
    return "\x1b[" in stream.getvalue() and "31" in stream.getvalue()


def test_a_terminal_has_colours() -> None:
    """A deny is red."""
    assert _coloured(_Terminal())


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns every escape off, on a terminal too: colours and bold."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = _Terminal()

    console(terminal).print(Text("bold", style="bold"), effect_text("deny"))

    assert "bold DENY\n" == terminal.getvalue()


def test_a_pipe_has_no_colours() -> None:
    """What is not a terminal gets plain text."""
    assert not _coloured(io.StringIO())


def test_a_table_in_a_pipe_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    """One row is one line, however long, and brackets are no markup."""
    show_table(["name", "value"], [["[bold]", "x" * 500]])

    *_, row = capsys.readouterr().out.splitlines()
    assert ["[bold]", "x" * 500] == row.split()


def test_a_line_to_copy_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A command is never broken in two."""
    show_line(Text("sidecar " + "x" * 500))

    assert "sidecar " + "x" * 500 + "\n" == capsys.readouterr().out


def test_nothing_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What others wrote cannot clear the screen, in tables, lines or errors."""
    evil = "a\x1b[2Jb"
    show_table(["x"], [[evil]])
    show_line(evil)
    show_failure(Failure(code="x", message=f"one\n{evil}", hint=evil), as_json=False)

    out, err = capsys.readouterr()
    assert "a\N{REPLACEMENT CHARACTER}[2Jb" == printable(evil)
    assert "\x1b" not in out + err
    assert "one\n" in err


def test_no_cell_of_a_table_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a narrow terminal it goes on in the next line: two keys may differ in their ends only."""
    terminal = _Terminal()
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", terminal)

    show_table(("purpose", "number"), [("marketing.communications.email.weekly", "1")])

    assert "\N{HORIZONTAL ELLIPSIS}" not in terminal.getvalue()
    assert "weekly" in terminal.getvalue()
    assert 30 == line_width(100)
