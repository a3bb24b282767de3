"""The consent log of a configuration, made where there is none: empty, or to be filled with what was exported."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.app.consent import LOG_FILE, nats_log
from sidecar.app.datadir import make_data_dir
from sidecar.config import Config
from sidecar.consent.log import Draft
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.errors import ConsentLogError


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLog:
    """A log that was made just now, and its key."""

    log_id: str
    place: str  # for people
    key_id: str
    key_file: Path
    key_made: bool  # False: it was there already


def make_log(config: Config) -> MadeLog:
    """Make an empty log, and its key if there is none; raises ``ConsentLogError`` if there is a log.

    After an error all is as it was. Where a log in a file had a key there was a log, and an empty one would forget
    every no: that is refused too.
    """
    make_data_dir(config.data.dir)
    with _alone_in(config.data.dir):
        return _make_log(config)


def _make_log(config: Config) -> MadeLog:
    key_file = config.key_file
    if config.consent.log == "sqlite" and (config.data.dir / LOG_FILE).exists():
        raise ConsentLogError(
            f"consent log `{config.data.dir / LOG_FILE}`: there is one already; `sidecar serve` uses it"
        )
    pseudonyms = Pseudonyms.load_or_create(key_file)
    key_made = pseudonyms.found_in is None
    try:
        log_id = _make(config, pseudonyms)
    except BaseException:
        if key_made:  # left behind it would be in the way of the right one
            key_file.unlink(missing_ok=True)
        raise
    return MadeLog(
        log_id=log_id, place=place_of(config), key_id=pseudonyms.key_id, key_file=key_file, key_made=key_made
    )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let others who make a log with the same *folder* wait: the key that one takes back another may have used."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def draft_log(config: Config, pseudonyms: Pseudonyms) -> Draft:
    """A draft of the log; raises ``ConsentLogError`` if there is one."""
    if config.consent.log == "sqlite":
        make_data_dir(config.data.dir)
        return SqliteDraft.begin(config.data.dir / LOG_FILE, pseudonyms)
    return nats_log().draft(config.nats, pseudonyms)


def place_of(config: Config) -> str:
    """Where the log is, for people."""
    if config.consent.log == "sqlite":
        return str(config.data.dir / LOG_FILE)
    return f"stream {config.nats.stream} on {config.nats.servers}"


def _make(config: Config, pseudonyms: Pseudonyms) -> str:
    if config.consent.log == "sqlite":
        # As the first start does, so one that was cut short is made up for.
        log = SqliteLog.open(config.data.dir / LOG_FILE, pseudonyms)
        log.close()
        return log.log_id
    draft = nats_log().draft(config.nats, pseudonyms)
    try:
        return draft.finish()
    finally:
        draft.discard()
