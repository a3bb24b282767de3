"""An export that grows: what of a part came before the sidecar was gone is not left in the file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.api.v1 import log_pb2
from sidecar.cli.consentlog.follower import GrowingExport
from sidecar.cli.failure import CommandError, Failure


class _Cut:
    """A connection that breaks off in the middle of a part."""

    def __init__(self, code: str) -> None:
        self._code = code

    def listen(self, *_: object) -> Iterator[log_pb2.ExportEntriesResponse]:
        """An entry, then nothing more."""
        yield log_pb2.ExportEntriesResponse(lines=[b'{"position":3}'] * 10_000)
        raise CommandError(Failure(code=self._code, message="it is gone"))


@pytest.mark.parametrize("code", ["unavailable", "log_lost"])
def test_a_part_that_breaks_off_leaves_the_file_as_it_was(code: str, tmp_path: Path) -> None:
    """Whether it is tried again or not: the file stays an export that can be restored."""
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"all that was before\n")
    growing = GrowingExport(_Cut(code), file, subjects=False, told=lambda _: None)  # type: ignore[arg-type]
    if code == "unavailable":
        assert "r" == growing._go_on("r")
    else:
        with pytest.raises(CommandError, match="gone"):
            growing._go_on("r")

    assert b"all that was before\n" == file.read_bytes()
