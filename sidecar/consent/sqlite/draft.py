"""A SQLite log that is being made: a file under another name until it is finished."""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from sidecar.consent.pseudonym import Pseudonyms, sync_folder
from sidecar.consent.sqlite.batch import SqliteBatch, columns_of
from sidecar.consent.sqlite.file import SCHEMA, connect, hold, leftovers, saying_what
from sidecar.errors import ConsentLogError

RESTORING: Final = ".restoring"
"""Ends the name of the draft. Not that of a first start, which would be started again with an empty log."""


class SqliteDraft:
    """A ``Draft`` of the log at *path*, in one file, for one thread; what a cut one leaves is no log."""

    def __init__(self, path: Path, pseudonyms: Pseudonyms, *, held: int, connection: sqlite3.Connection) -> None:
        self._path = path
        self._draft = _draft_of(path)
        self._key_id = pseudonyms.key_id
        self._columns = columns_of(self._draft, pseudonyms)
        self._held: int | None = held
        self._connection = connection

    @classmethod
    def begin(cls, path: Path, pseudonyms: Pseudonyms) -> Self:
        """A draft of the log at *path*; ``ConsentLogError`` if there is a log, or a part of one, or it is in use.

        What an earlier draft left is removed. Nobody else can open or make the log until this one is finished.
        """
        draft = _draft_of(path)
        with saying_what(path), contextlib.ExitStack() as undo:
            held = hold(path)
            undo.callback(os.close, held)
            for there in (*((path,) if path.exists() else ()), *leftovers(path)):
                raise ConsentLogError(
                    f"consent log `{path}`: `{there}` is there, and is never written over; "
                    f"move it, and every other `{path.name}*` beside it, to another folder first"
                )
            # The draft of a first start would let the next start make an empty log, if this one is cut short.
            path.with_name(f"{path.name}.new").unlink(missing_ok=True)
            for old in (draft, *leftovers(draft)):
                old.unlink(missing_ok=True)
            undo.callback(draft.unlink, missing_ok=True)
            os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            connection = undo.enter_context(contextlib.closing(connect(draft)))
            connection.execute("PRAGMA journal_mode = MEMORY")  # a draft that is cut short is thrown away
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(SCHEMA)
            connection.execute("COMMIT")
            undo.pop_all()
            return cls(path, pseudonyms, held=held, connection=connection)

    @contextlib.contextmanager
    def batch(self) -> Iterator[SqliteBatch]:
        """One transaction: all of it or nothing."""
        with saying_what(self._draft):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteBatch(self._connection, self._draft, self._columns)
            with saying_what(self._draft):
                self._connection.execute("COMMIT")
        except BaseException:
            with saying_what(self._draft):
                if self._connection.in_transaction:  # some errors roll back by themselves
                    self._connection.execute("ROLLBACK")
            raise

    def finish(self, *, descends_from: tuple[str, ...] = ()) -> str:
        """Make it the log at its path, durable, and return its new id."""
        log_id = secrets.token_hex(8)
        meta = (("log_id", log_id), ("key_id", self._key_id), ("descends_from", " ".join(descends_from)))
        with saying_what(self._path):
            with self._connection:
                self._connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", meta)
            self._connection.execute("PRAGMA journal_mode = WAL")  # stays with the file
            self._connection.close()
            descriptor = os.open(self._draft, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._draft.rename(self._path)
            sync_folder(self._path.parent)
        self._release()
        return log_id

    def discard(self) -> None:
        """Leave nothing of it; after ``finish``, or again, it does nothing."""
        if self._held is None:
            return
        with saying_what(self._draft):
            self._connection.close()
            for file in (self._draft, *leftovers(self._draft)):
                file.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        assert self._held is not None
        os.close(self._held)
        self._held = None


def _draft_of(path: Path) -> Path:
    return path.with_name(path.name + RESTORING)
