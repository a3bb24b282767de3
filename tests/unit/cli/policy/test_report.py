"""Reports that commands write."""

from pathlib import Path

import click
import pytest

from sidecar.cli.policy.report import STDOUT, ReportFile, check_printed_once


def test_a_shell_completes_files() -> None:
    """As for any other option that names one."""
    items = ReportFile().shell_complete(click.Context(click.Command("x")), click.Option(["--csv"]), "re")

    assert [("file", "re")] == [(item.type, item.value) for item in items]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "it is empty"),
        (".", "`.` is a folder: name a file in it"),
        ("nowhere/report.md", "there is no folder `nowhere`: make it first"),
        ("main.cedar", "`main.cedar` would be a file of a bundle: give a report another ending"),
        ("policies.yml", "`policies.yml` would be a file of a bundle: give a report another ending"),
    ],
)
def test_what_is_no_place_for_a_report(name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before any work is done."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(click.BadParameter) as refused:
        ReportFile().convert(name, None, None)

    assert said == refused.value.message


def test_what_is_one(tmp_path: Path) -> None:
    """A file that is there, or will be, a device, and `-`."""
    for path in (tmp_path / "report", Path("/dev/null"), STDOUT):
        assert path == ReportFile().convert(str(path), None, None)


def test_two_things_do_not_go_to_one_place() -> None:
    """Neither to standard output nor to a file; what is left out goes nowhere."""
    check_printed_once("table", STDOUT, Path("x"))
    check_printed_once("json", Path("x"), None, None)
    for output, reports in (("json", (STDOUT,)), ("table", (STDOUT, STDOUT)), ("table", (Path("x"), Path("x")))):
        with pytest.raises(click.UsageError):
            check_printed_once(output, *reports)
