"""Making a log: once, with a key that nobody loses."""

from pathlib import Path
from threading import Thread

import pytest

from sidecar.app import log as module
from sidecar.app.log import MadeLog, make_log
from sidecar.config import Config, load
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError


def test_who_fails_does_not_take_the_key_of_who_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two make a log at once; the first has made the key, and takes it back: the other must not have used it."""
    config = load(flags={"data.dir": tmp_path / "data"})
    made: list[MadeLog] = []
    other = Thread(target=lambda: made.append(make_log(config)))
    make = module._make

    def failing(_config: Config, _pseudonyms: Pseudonyms) -> str:
        monkeypatch.setattr(module, "_make", make)
        other.start()
        other.join(0.2)  # if it does not wait it is done by then
        raise ConsentLogError("the stream is there already")

    monkeypatch.setattr(module, "_make", failing)
    with pytest.raises(ConsentLogError, match="there already"):
        make_log(config)
    other.join()

    assert [Pseudonyms.load(config.key_file).key_id] == [each.key_id for each in made]
