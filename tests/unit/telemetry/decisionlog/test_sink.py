import errno
import os
import stat
from pathlib import Path

import pytest

from sidecar.errors import ConfigError
from sidecar.telemetry.decisionlog.sink import LineFile, StandardOutput


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 0600, whatever the umask allows."""
    path = tmp_path / "log"
    before = os.umask(0)
    try:
        LineFile(path).close()
    finally:
        os.umask(before)

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_lines_are_appended(tmp_path: Path) -> None:
    """To what is there; the mode of a file that is there is left alone."""
    path = tmp_path / "log"
    path.write_bytes(b"before\n")
    path.chmod(0o640)
    file = LineFile(path)
    file.write(b"one\ntwo\n")
    file.close()

    assert b"before\none\ntwo\n" == path.read_bytes()
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_a_file_that_was_moved_away_is_left(tmp_path: Path, told: bool) -> None:  # noqa: FBT001
    """The next lines go to a new one under the name: as after logrotate, with or without a signal."""
    path, moved = tmp_path / "log", tmp_path / "log.1"
    file = LineFile(path)
    file.write(b"one\n")
    path.rename(moved)
    if told:
        file.reopen()
    file.write(b"two\n")
    file.write(b"three\n")
    file.close()

    assert (b"one\n", b"two\nthree\n") == (moved.read_bytes(), path.read_bytes())


def test_a_file_that_was_replaced_or_removed_is_left(tmp_path: Path) -> None:
    """Somebody made another one under the name, or none."""
    path = tmp_path / "log"
    file = LineFile(path)
    path.rename(tmp_path / "old")
    path.write_bytes(b"new\n")
    file.write(b"one\n")

    assert b"new\none\n" == path.read_bytes()

    path.unlink()
    file.write(b"two\n")
    file.close()

    assert b"two\n" == path.read_bytes()


def test_a_file_that_was_cut_goes_on_at_its_end(tmp_path: Path) -> None:
    """As after logrotate's copytruncate: no hole."""
    path = tmp_path / "log"
    file = LineFile(path)
    file.write(b"one\n")
    os.truncate(path, 0)
    file.write(b"two\n")
    file.close()

    assert b"two\n" == path.read_bytes()


def test_where_no_file_can_be_the_setting_is_named(tmp_path: Path) -> None:
    """A folder that is not there, a folder, a pipe that nobody reads, a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path / "gone" / "log", tmp_path, pipe, Path("/dev/null")):
        with pytest.raises(ConfigError, match=r"`decision_log\.output`: cannot append to"):
            LineFile(path)


def test_a_name_that_cannot_be_opened_again_leaves_what_is_open(tmp_path: Path) -> None:
    """The write fails; once there is a place again, it goes there."""
    folder = tmp_path / "logs"
    folder.mkdir()
    file = LineFile(folder / "log")
    folder.rename(tmp_path / "away")
    with pytest.raises(OSError, match="No such file"):
        file.write(b"one\n")
    folder.mkdir()
    file.write(b"two\n")
    file.close()

    assert b"two\n" == (folder / "log").read_bytes()


def test_after_half_a_line_the_next_begins_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up within a line spoils that line only."""
    path, write = tmp_path / "log", os.write
    file = LineFile(path)
    left = [6]  # bytes that fit

    def full(descriptor: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, content[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"one\ntwo\n")
    left[0] = 100
    file.write(b"three\n")
    file.close()

    assert b"one\ntw\nthree\n" == path.read_bytes()


def test_standard_output_is_a_descriptor_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """Closing it leaves the process its own."""
    output = StandardOutput()
    output.write(b"one\n")
    output.reopen()
    output.close()
    os.write(1, b"two\n")

    assert "one\ntwo\n" == capfd.readouterr().out
