"""Exports of a log, and logs restored from them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent.archive.export import Export
from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import LogEntry
from sidecar.consent.revision import Revision
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.errors import ConsentLogError, LogLostError, RequestError
from sidecar.model.event import Event, Restriction, Traits
from tests.unit.consent.archive.copies import PSEUDONYMS, contents, exported, lines_of, restore, restored
from tests.unit.consent.desk import NOW, Desk, desk, no, yes
from tests.worlds import EMAIL, scope


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Desk]:
    """A log that has seen everything: many events, imports, erasures of both kinds, people who came back."""
    with desk(tmp_path) as one:
        for number in range(70):
            one.ledger.record("ada", yes(f"a{number}") if number % 2 else no(f"a{number}"))
        one.ledger.record("bob", Event(id="b1", act=Traits(of_age_at=NOW + 5, jurisdiction="DE")))
        one.ledger.record("bob", Event(id="b2", act=Restriction(scope=scope("marketing", "", "", "third_party"))))
        past = (("e1", 5), ("e2", 6))
        one.ledger.import_lines([ImportLine(line=1, subject="eve", event=yes(*one_of)) for one_of in past])
        one.ledger.erase("eve", "e3", ["user.contact"])
        one.ledger.record("cat", yes("c1"))
        one.ledger.record("cat", no("c2"))
        one.ledger.erase("cat", "c3")
        one.ledger.record("cat", yes("c4"))
        one.ledger.record("dan", yes("d1"))
        one.ledger.erase("dan", "d2")
        yield one


@pytest.mark.parametrize("subjects", [False, True])
def test_a_log_restored_from_its_export_is_equal(full: Desk, tmp_path: Path, *, subjects: bool) -> None:
    """Entries, their order, records, times and subjects; only positions may have fewer holes, and the id is another."""
    before = contents(full.log)
    file = exported(full.log, tmp_path / "export.jsonl", subjects=subjects)
    with restored(tmp_path / "new", file) as log:
        after = contents(log)
        log_id = log.log_id

    assert before == after
    assert full.log.log_id != log_id


def test_what_is_restored_goes_on_as_what_was_exported_would_have(full: Desk, tmp_path: Path) -> None:
    """Repeating an event is known as such, however old it is; the next event makes the same record on both."""
    file = exported(full.log, tmp_path / "export.jsonl")
    with restored(tmp_path / "new", file) as log:
        copy = Desk(log, PSEUDONYMS)
        repeated = [
            one.ledger.record(subject, no(event_id)).duplicate
            for one in (full, copy)
            for subject, event_id in (("ada", "a0"), ("cat", "c2"))
        ]
        for one in (full, copy):
            one.ledger.record("ada", yes("last"))
        old = Revision.parse(copy.ledger.record("ada", no("a68")).revision)
        places = {entry.event.id: entry.position for entry in log.history(PSEUDONYMS.of("ada"), after=0, limit=99)}

        assert contents(full.log) == contents(log)
    assert [True] * 4 == repeated
    assert Revision(log.log_id, places["a68"]) == old


def test_increments_make_the_same_log(full: Desk, tmp_path: Path) -> None:
    """A full export, then parts in files of their own or appended, in any order; an erasure between them holds."""
    first = exported(full.log, tmp_path / "1.jsonl")
    at = full.log.last_position()
    full.ledger.record("fay", yes("f1"))
    full.ledger.erase("ada", "a-erased")
    second = exported(full.log, tmp_path / "2.jsonl", after=at)
    at = full.log.last_position()
    full.ledger.record("fay", no("f2"))
    exported(full.log, second, after=at)
    exported(full.log, second, after=full.log.last_position())

    with restored(tmp_path / "new", second, first) as log:
        assert contents(full.log) == contents(log)
        assert 1 == len(log.history(PSEUDONYMS.of("ada"), after=0, limit=99))


def test_who_is_erased_while_the_export_runs_is_erased_in_it(tmp_path: Path) -> None:
    """The tombstone comes behind what was read before: a no that it removed is never missing beside an old yes."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        for number in range(300):
            one.ledger.record("bob", yes(f"b{number}"))
        one.ledger.record("ada", no("n"))
        parts = Export(one.log, PSEUDONYMS).part(after=0, subjects=False, now=NOW)
        lines = [*next(parts).lines, *next(parts).lines]
        one.ledger.erase("ada", "gone")
        lines += [line for part in parts for line in part.lines]
        (tmp_path / "x").write_bytes(b"".join(line + b"\n" for line in lines))
        ids = [json.loads(line)["event"]["id"] for line in lines[1:-1]]

        with restored(tmp_path / "new", tmp_path / "x") as log:
            assert contents(one.log) == contents(log)
    assert "a" in ids
    assert "n" not in ids
    assert "gone" == ids[-1]


def test_ids_are_sealed_unless_they_are_asked_for(full: Desk) -> None:
    """And those of erased people are not there at all, in no form."""
    sealed, clear = b"".join(lines_of(full.log)), b"".join(lines_of(full.log, subjects=True))
    tombstone = next(json.loads(line) for line in lines_of(full.log) if b'"d2"' in line)

    assert b'"ada"' not in sealed
    assert b'"sealed"' in sealed
    assert b'"subject":"ada"' in clear
    assert b'"sealed"' not in clear
    assert b'"dan"' not in clear
    assert {"subject", "sealed"}.isdisjoint(tombstone)
    assert PSEUDONYMS.of("dan").hex() == tombstone["pseudonym"]


def test_the_lines_say_what_they_are(full: Desk) -> None:
    """A header, entries with the event as an import has it and times that people can read, a footer."""
    first, *_, entry, last = map(json.loads, lines_of(full.log))

    assert {
        "format": "consent-log-export",
        "version": 1,
        "log_id": full.log.log_id,
        "key_id": PSEUDONYMS.key_id,
        "descends_from": [],
        "backend": "sqlite",
        "after": 0,
        "exported_at": "2027-01-15T08:00:00Z",
        "code": first["code"],
    } == first
    assert {"id": "d2", "actor": "operator", "erasure": {}} == entry["event"]
    assert "2027-01-15T08:00:00Z" == entry["accepted_at"]
    assert {"through": full.log.last_position(), "entries": 78, "code": last["code"]} == last


def test_an_export_of_an_empty_log_is_one_too(tmp_path: Path) -> None:
    """It restores to an empty log."""
    with desk(tmp_path) as one:
        file = exported(one.log, tmp_path / "x")
    with restored(tmp_path / "new", file) as log:
        assert 0 == log.last_position()
        assert () == log.entries(after=0, limit=9)


def test_revisions_to_go_on_from(tmp_path: Path) -> None:
    """An empty one is the beginning; one of another log, of nothing yet or that is none names its field."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        export = Export(one.log, PSEUDONYMS)

        assert [0, 1, 0] == [
            export.after(token, field="after") for token in ("", f"{one.log.log_id}.1", f"{one.log.log_id}.0")
        ]
        for token, why in (
            ("0123456789abcdef.1", "a revision of another log"),
            (f"{one.log.log_id}.2", "does not reach that far"),
            ("yesterday", "not a consent revision"),
        ):
            with pytest.raises(RequestError, match=f"`after`: .*{why}"):
                export.after(token, field="after")


def test_large_entries_go_in_several_messages(tmp_path: Path) -> None:
    """A message stays far below what clients take; progress is told along the way."""
    with desk(tmp_path) as one:
        for number in range(260):
            about = scope(f"{EMAIL} content", "user.contact user.contact.email user.contact.phone", "", "grocer ads")
            one.ledger.record(f"s{number}", yes("x", about=about))
        parts = list(Export(one.log, PSEUDONYMS).part(after=0, subjects=False, now=NOW))

        for number in range(56):  # so many that the last message is just full
            one.ledger.record(f"s{number}", yes("y", about=about))
        more = list(Export(one.log, PSEUDONYMS).part(after=158, subjects=False, now=NOW))

    assert [0, 158, 256, 260, 260] == [part.position for part in parts]
    assert [158, 316, 316] == [part.position for part in more]
    assert {260} == {part.last for part in parts}


class _Replaced(SqliteLog):
    """A log that becomes another one while it is read."""

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """Of the log that was there before."""
        found = super().entries(after=after, limit=limit)
        vars(self)["log_id"] = "f" * 16
        return found


def test_what_is_of_two_logs_is_no_export(tmp_path: Path) -> None:
    """It ends with an error, without a footer."""
    log = _Replaced.open(tmp_path / "consent.db", PSEUDONYMS)
    try:
        with pytest.raises(LogLostError):
            lines_of(log)
    finally:
        log.close()


def test_an_id_that_cannot_be_unsealed_ends_the_export(tmp_path: Path) -> None:
    """Rather than that somebody is missing from it."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        (entry,) = one.log.entries(after=0, limit=1)
        export = Export(one.log, PSEUDONYMS)

        with pytest.raises(ConsentLogError, match="sealed with another key"):
            export._line(replace(entry, sealed=b"x" * 40), subjects=True)


def test_what_was_restored_is_counted(full: Desk, tmp_path: Path) -> None:
    """Entries, subjects, and when the last entry was accepted: what is newer is missing."""
    file = exported(full.log, tmp_path / "export.jsonl")
    draft = SqliteDraft.begin(tmp_path / "new.db", PSEUDONYMS)
    restoring = restore(draft, file)
    draft.discard()

    assert (78, 5, NOW) == (restoring.entries, restoring.subjects, restoring.latest)


def test_what_an_erasure_removed_is_still_known_for_repeated(tmp_path: Path) -> None:
    """Its place is that of what came before it, if anything did: there is nothing to wait for."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        one.ledger.erase("ada", "gone")
        file = exported(one.log, tmp_path / "x")
    with restored(tmp_path / "new", file) as log:
        again = Desk(log, PSEUDONYMS).ledger.record("ada", yes("a"))

        assert again.duplicate
        assert f"{log.log_id}.0" == again.revision
