"""What is particular to the draft of a SQLite log; what every draft must do is in ``tests/conformance``."""

import sqlite3
import stat
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from sidecar.consent.log import NewEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.errors import ConsentLogError, LogConflictError
from sidecar.model.event import Erasure, Event
from tests.unit.consent.desk import KEY, no, sqlite_log, yes
from tests.unit.consent.sqlite.test_log import ADA, append, entry


def begin(folder: Path) -> SqliteDraft:
    """A draft of the log in *folder*."""
    return SqliteDraft.begin(folder / "consent.db", Pseudonyms(KEY))


def append_all(draft: SqliteDraft, entries: Iterable[NewEntry]) -> None:
    """Append *entries* in one batch."""
    with draft.batch() as batch:
        for one in entries:
            batch.append(one)


def names(folder: Path) -> list[str]:
    """The files in *folder*."""
    return sorted(path.name for path in folder.iterdir())


def test_it_is_private_and_under_another_name_until_it_is_finished(tmp_path: Path) -> None:
    """Nothing of it can be taken for a log; when it is finished nothing is left but the log and its lock."""
    draft = begin(tmp_path)
    with draft.batch() as batch:
        batch.append(entry(yes("a")))
    before = names(tmp_path)
    draft.finish()

    assert ["consent.db.lock", "consent.db.restoring"] == before
    assert ["consent.db", "consent.db.lock"] == names(tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / "consent.db").stat().st_mode)


@pytest.mark.parametrize("there", ["consent.db", "consent.db-wal", "consent.db-journal"])
def test_it_is_never_made_over_a_log_or_a_part_of_one(tmp_path: Path, there: str) -> None:
    """The message names what is in the way, and says to move it away."""
    (tmp_path / there).write_bytes(b"somebody's noes")

    with pytest.raises(ConsentLogError, match=rf"`{tmp_path / there}` is there, and is never written over; move it"):
        begin(tmp_path)
    assert b"somebody's noes" == (tmp_path / there).read_bytes()
    assert "consent.db.restoring" not in names(tmp_path)


def test_no_server_starts_while_it_is_made_and_one_that_was_cut_is_begun_again(tmp_path: Path) -> None:
    """What a cut draft left is gone with the next one; till then the key without a log is refused as always."""
    draft = begin(tmp_path)
    with pytest.raises(ConsentLogError, match="another process uses it"):
        SqliteLog.open(tmp_path / "consent.db", Pseudonyms(KEY))
    draft._connection.close()  # as when the process is killed
    draft._release()
    (tmp_path / "consent.db.new").touch()  # of a first start that was cut short before
    again = begin(tmp_path)
    again._connection.close()
    again._release()
    (tmp_path / "pseudonym.key").write_bytes(KEY)
    found = Pseudonyms.load_or_create(tmp_path / "pseudonym.key")

    assert "consent.db.new" not in names(tmp_path)  # else the next start would make an empty log
    with pytest.raises(ConsentLogError, match="missing, but its key"):
        SqliteLog.open(tmp_path / "consent.db", found)
    third = begin(tmp_path)
    third.finish()
    with sqlite_log(tmp_path) as log:
        assert 0 == log.last_position()


def test_a_draft_without_its_ids_is_no_log(tmp_path: Path) -> None:
    """Not even under the name of one."""
    draft = begin(tmp_path)
    draft._connection.close()
    draft._release()
    (tmp_path / "consent.db.restoring").rename(tmp_path / "consent.db")

    with pytest.raises(ConsentLogError, match="damaged"):
        SqliteLog.open(tmp_path / "consent.db", Pseudonyms(KEY))


def test_what_it_erases_is_overwritten(tmp_path: Path) -> None:
    """Increments of an export bring a tombstone after entries that the full one still had."""
    draft = begin(tmp_path)
    with draft.batch() as batch:
        at = batch.append(entry(yes("marker-of-a-person"))).position()
    with draft.batch() as batch:
        batch.append(entry(Event(id="gone", act=Erasure()), at))
    draft.finish()

    assert b"marker-of-a-person" not in (tmp_path / "consent.db").read_bytes()


def test_a_disk_that_is_full_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    """The message says to make room; after ``discard`` it can be begun again."""
    draft = begin(tmp_path)
    pages = draft._connection.execute("PRAGMA page_count").fetchone()[0]
    draft._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ConsentLogError, match="the disk is full"):
        append_all(draft, [entry(yes("x" * 1_000), number or None) for number in range(1_000)])
    draft.discard()
    draft.discard()

    assert ["consent.db.lock"] == names(tmp_path)
    begin(tmp_path).discard()


def test_what_failed_in_a_batch_is_not_in_it(tmp_path: Path) -> None:
    """A conflict leaves the batches before it, and nothing of its own."""
    draft = begin(tmp_path)
    with draft.batch() as batch:
        batch.append(entry(yes("a")))
    with pytest.raises(LogConflictError):
        append_all(draft, [entry(no("b"), 1), entry(no("c"), 1)])
    draft.finish()

    with sqlite_log(tmp_path) as log:
        assert ["a"] == [found.event.id for found in log.history(ADA, after=0, limit=9)]


def test_the_log_knows_what_it_descends_from(tmp_path: Path) -> None:
    """And its own new id; ids that are none are damage."""
    log_id = begin(tmp_path).finish(descends_from=("0123456789abcdef", "fedcba9876543210"))
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))
        known = log.log_id, log.descends_from
    with closing(sqlite3.connect(tmp_path / "consent.db")) as connection, connection:
        connection.execute("UPDATE meta SET value = 'somewhere' WHERE key = 'descends_from'")

    assert (log_id, ("0123456789abcdef", "fedcba9876543210")) == known
    with pytest.raises(ConsentLogError, match=r"damaged \(its ids\)"), sqlite_log(tmp_path):
        pass
