"""Files that are no export, or not a whole one: each is a clear error, and nothing comes of it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.consent.archive import lines
from sidecar.consent.archive.lines import Codes
from sidecar.consent.archive.plan import in_order
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.errors import ExportFileError
from tests.unit.consent.archive.copies import PSEUDONYMS, exported, file_of, ignore, restore, restored
from tests.unit.consent.desk import desk, no, sqlite_log, yes


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The export of a log with three entries."""
    (tmp_path / "log").mkdir()
    with desk(tmp_path / "log") as one:
        for event in (yes("a"), no("b"), yes("c")):
            one.ledger.record("ada", event)
        return exported(one.log, tmp_path / "export.jsonl")


def failure(*paths: Path, pseudonyms: Pseudonyms = PSEUDONYMS) -> str:
    """What reading the files at *paths* is refused with."""
    with pytest.raises(ExportFileError) as caught:
        in_order(part for path in paths for part in file_of(path, pseudonyms).parts(ignore))
    return str(caught.value)


def swapped(text: bytes) -> bytes:
    """*text* with its second and third line in the other order."""
    first, second, third, *rest = text.splitlines(keepends=True)
    return b"".join((first, third, second, *rest))


def without(number: int) -> Callable[[bytes], bytes]:
    """Takes a line away."""
    return lambda text: b"".join(line for at, line in enumerate(text.splitlines(keepends=True), 1) if at != number)


CODE = "its code does not fit: it was changed, lines before it are missing or moved, or the key is another"


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(lambda text: text.replace(b"withdrawn", b"objected"), f", line 3: {CODE}", id="edited"),
        pytest.param(swapped, f", line 2: {CODE}", id="moved"),
        pytest.param(without(3), f", line 3: {CODE}", id="line-missing"),
        pytest.param(without(1), ", line 1: the header before it is missing", id="beheaded"),
        pytest.param(
            lambda text: text.replace(b'"after":0', b'"after":1'), f", line 1: {CODE}", id="another-beginning"
        ),
        pytest.param(
            without(5),
            "` breaks off: its last line is missing, entries go up to position 3; find the whole file, or take what is"
            " there with --incomplete",
            id="without-footer",
        ),
        pytest.param(
            lambda text: text[:-1],
            ", line 5: the file breaks off there; --incomplete takes what is before it",
            id="cut-in-its-last-line",
        ),
        pytest.param(
            lambda text: text[: text.index(b"\n") + 30], ", line 2: the file breaks off there", id="cut-in-an-entry"
        ),
        pytest.param(lambda text: text[:100], "` breaks off in its first line, or that was changed", id="cut-at-once"),
        pytest.param(lambda _: b"", "` is empty", id="empty"),
        pytest.param(lambda _: b"\n", "` is no export", id="blank"),
        pytest.param(lambda _: b"{}\n", "` is no export", id="some-json"),
        pytest.param(lambda _: b"position,subject\n1,ada\n", "` is no export", id="not-json"),
        pytest.param(lambda _: bytes(range(256)), "` is no export", id="bytes"),
        pytest.param(gzip.compress, "` is no export of a consent log, it is compressed: unpack it", id="gzip"),
        pytest.param(
            lambda _: b'{"id":"e1","subject":"ada","submission":{"choices":[]}}\n',
            "` is no export of a consent log; if its lines are events, `sidecar consent import` takes it",
            id="events",
        ),
        pytest.param(
            lambda text: text + b"and more\n", ", line 6: it is no line of an export", id="more-behind-the-footer"
        ),
        pytest.param(
            lambda text: text.replace(b'"}\n', b'" }\n', 1), "` breaks off in its first line, or", id="reformatted"
        ),
        pytest.param(
            lambda text: text + b"x" * (lines.MAX_LINE_BYTES + 2), "line 6: it has more than 4194304 bytes", id="long"
        ),
    ],
)
def test_a_damaged_file_is_refused(export: Path, damage: Callable[[bytes], bytes], why: str) -> None:
    """It is named, with the line and what to do."""
    export.write_bytes(damage(export.read_bytes()))

    assert why in failure(export)
    assert f"`{export}`" in failure(export)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Its name and the system's reason."""
    assert f"`{tmp_path / 'x'}` cannot be read: No such file or directory" == failure(tmp_path / "x")


def test_another_key_is_refused_and_both_are_named(export: Path) -> None:
    """Under another key nobody would be found; forged under the other key it would not fit either."""
    other = Pseudonyms(bytes(32))

    message = failure(export, pseudonyms=other)

    assert f"exported under pseudonym key {PSEUDONYMS.key_id}, but the key here is {other.key_id}" in message
    export.write_bytes(export.read_bytes().replace(PSEUDONYMS.key_id.encode(), other.key_id.encode()))
    assert CODE in failure(export, pseudonyms=other)


def recoded(text: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """*text* with each line changed and given the code that then fits: only the key's owner can do that."""
    codes, result = Codes(PSEUDONYMS.authenticate), []
    for line in text.splitlines():
        body = change(line)[: -lines._TAIL]
        code = codes.next(body, first=body.startswith(b'{"format"'))
        result.append(body + lines._BEFORE_CODE + code.encode() + b'"}\n')
    return b"".join(result)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            b'"version":1',
            b'"version":2',
            "line 1: the export has version 2, this program knows 1; use the",
        ),
        (b'"position":2', b'"position":1', "line 3: it is not in its place"),
        (b'"through":3', b'"through":4', "line 5: it does not fit the entries before it"),
        (b'"entries":3', b'"entries":2', "line 5: it does not fit the entries before it"),
        (b'"pseudonym":"', b'"pseudonym":"g', r"line 2: Expected `str` matching regex"),
        (b'"position":1,', b'"position":1,"more":1,', "line 2: Object contains unknown field `more`"),
        (b'{"position":2', b'{"format":2', "line 3: Expected `str`, got `int`"),
    ],
)
def test_what_another_program_wrote_is_refused(export: Path, old: bytes, new: bytes, why: str) -> None:
    """Though its codes fit."""
    export.write_bytes(recoded(export.read_bytes(), lambda line: line.replace(old, new)))

    assert why in failure(export)


def test_an_entry_that_cannot_be_read_is_refused(export: Path, tmp_path: Path) -> None:
    """An event or a record of a later version, say; the message names its position."""
    export.write_bytes(recoded(export.read_bytes(), lambda line: line.replace(b'"given"', b'"dreamt"')))
    draft = SqliteDraft.begin(tmp_path / "consent.db", PSEUDONYMS)

    with pytest.raises(ExportFileError, match="the entry at position 1 cannot be read: `event"):
        restore(draft, export)
    draft.discard()


def test_parts_that_are_not_ended_or_not_begun_are_refused(export: Path) -> None:
    """A part in a part, and entries without a header."""
    text = export.read_bytes()
    header = text.splitlines(keepends=True)[0]
    for damaged, why in (
        (header + text, "line 2: a part begins before the one before it has ended"),
        (text + text.splitlines(keepends=True)[1], "line 6: its code does not fit"),
    ):
        export.write_bytes(damaged)
        assert why in failure(export)
    export.write_bytes(recoded(text + text.splitlines(keepends=True)[1], lambda line: line))
    assert "line 6: the header before it is missing" in failure(export)


@pytest.mark.parametrize(
    ("cut", "ids"),
    [
        (lambda text: text[: text.rindex(b'{"through"')], ["a", "b", "c"]),
        (lambda text: text[: text.rindex(b'{"through"') - 9], ["a", "b"]),
        (lambda text: text[: text.index(b"\n") + 1], []),
    ],
)
def test_what_is_there_of_a_file_that_breaks_off_can_be_taken(
    export: Path, tmp_path: Path, cut: Callable[[bytes], bytes], ids: list[str]
) -> None:
    """Only on demand; up to its last whole line."""
    export.write_bytes(cut(export.read_bytes()))

    with restored(tmp_path / "new", export, incomplete=True) as log:
        assert ids == [entry.event.id for entry in log.entries(after=0, limit=9)]


def test_a_file_that_changes_while_it_is_read_is_noticed(export: Path) -> None:
    """Between the first reading and the second."""
    file = file_of(export)
    (part,) = file.parts(ignore)
    export.write_bytes(export.read_bytes().replace(b"withdrawn", b"objected"))

    with pytest.raises(ExportFileError, match=re.escape(CODE)):
        list(file.entries(part, ignore))


def test_progress_is_told_in_bytes(export: Path) -> None:
    """Every byte of it, in both readings."""
    told: list[int] = []
    file = file_of(export)
    (part,) = file.parts(told.append)
    list(file.entries(part, told.append))

    assert 2 * export.stat().st_size == sum(told)


def of_a_copy(export: Path, folder: Path, log_id: str) -> Path:
    """An export of the log that was restored from *export*, which is of *log_id*."""
    folder.mkdir()
    draft = SqliteDraft.begin(folder / "consent.db", PSEUDONYMS)
    restore(draft, export)
    draft.finish(descends_from=(log_id,))
    with sqlite_log(folder) as log:
        return exported(log, folder / "copied.jsonl")


def test_exports_of_two_logs_do_not_mix(export: Path, tmp_path: Path) -> None:
    """Each is named with its log; if one was restored from the other, that is said."""
    (tmp_path / "other").mkdir()
    with desk(tmp_path / "other") as one:
        foreign = exported(one.log, tmp_path / "foreign.jsonl")
        other_id = one.log.log_id
    log_id = file_of(export).parts(ignore)[0].header.log_id
    copied = of_a_copy(export, tmp_path / "copy", log_id)

    assert f"is of log {log_id}, `" in failure(export, foreign) + failure(foreign, export)
    assert other_id in failure(export, foreign)
    assert "restore one log at a time" in failure(export, foreign)
    assert f"was restored from {log_id}: give only the exports of" in failure(export, copied)


def test_what_is_missing_between_files_is_said(export: Path, tmp_path: Path) -> None:
    """An increment without what it goes on from, and two with a gap between them."""
    with sqlite_log(tmp_path / "log") as log:
        second = exported(log, tmp_path / "second.jsonl", after=1)
        third = exported(log, tmp_path / "third.jsonl", after=3)
    text = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(text[:2]))
    beginning = file_of(export).parts(ignore, incomplete=True)

    assert f"`{second}` begins behind position 1; name the export that has what comes before it too" == failure(second)
    with pytest.raises(ExportFileError, match=r"ends at position 1, .*begins behind position 3, entries are missing"):
        in_order((*file_of(third).parts(ignore), *beginning))
    assert [0, 1] == [part.header.after for part in in_order((*file_of(second).parts(ignore), *beginning))]


def test_what_another_file_has_too_is_not_read_again(export: Path) -> None:
    """The same file twice is the same log."""
    parts = file_of(export).parts(ignore)

    assert parts == in_order((*parts, *parts))
