"""Files that are written whole or not at all."""

import os
from pathlib import Path

import pytest

from sidecar.authoring.writing import write_whole


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """So does a device: `/dev/null` must not become a file, whoever writes to it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"x")
        assert b"x" == os.read(reader, 9)
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_the_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    """Not the one that was to become it."""
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "no" / "file", b"x")

    assert str(tmp_path / "no" / "file") == raised.value.filename


def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path: Path) -> None:
    """What is replaced is what the link points to."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)

    write_whole(link, b"new")

    assert (True, b"new", 0o640) == (link.is_symlink(), target.read_bytes(), target.stat().st_mode & 0o777)
    assert sorted([target, link]) == sorted(tmp_path.iterdir())
