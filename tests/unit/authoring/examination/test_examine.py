"""The examination: what it says of good, bad, unchanged and missing bundles; and that the pieces make the whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.authoring.examination import examine as module
from sidecar.authoring.examination.examine import examine
from sidecar.authoring.examination.messages import Assembly, End, Ending, Looked, Order, Part, Piece
from sidecar.errors import Problem
from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import Reason
from sidecar.policy.bundle import load_bundle, read_draft
from sidecar.policy.cedar.compiled import Compiled, compile_policies
from sidecar.policy.fingerprint import fingerprint
from sidecar.policy.table import Row, VerdictTable
from tests.unit.policy.bundles import FILES, problems, write
from tests.unit.policy.test_evaluate import FACTS, QUESTION


def examined(folder: Path, serving: str = "", rows: Sequence[Row] = ()) -> list[object]:
    """Every message."""
    messages: list[object] = []
    examine(Order(source=str(folder), serving=serving, seconds=60), rows, messages.append)
    return messages


def test_a_good_bundle_comes_in_pieces_that_make_the_whole(tmp_path: Path) -> None:
    """Catalog and compiled policies are what loading makes of the same files."""
    folder = write(tmp_path)
    draft = read_draft(folder)
    looked, *pieces, end = examined(folder)
    parts = {part: Assembly() for part in Part}
    for piece in pieces:
        assert isinstance(piece, Piece)
        parts[piece.part].add(piece)
    seen = fingerprint(folder)

    assert Looked(revision=draft.files.revision, before=seen, after=seen) == looked
    assert draft.catalog == Catalog(**parts[Part.CATALOG].fields())
    assert compile_policies(draft.policies, draft.catalog) == Compiled(**parts[Part.COMPILED].fields())
    assert End(ending=Ending.GOOD) == end


def asked(folder: Path) -> tuple[Row, ...]:
    """What might have been asked of the bundle in *folder*; its catalog does not know the second question."""
    verdict = VerdictTable(load_bundle(folder).policies, capacity=10).verdict(QUESTION, FACTS, 0)
    return Row(QUESTION, FACTS, verdict), Row(replace(QUESTION, service="fraud"), FACTS, verdict)


def test_what_was_asked_is_decided_again(tmp_path: Path) -> None:
    """With the verdicts of the new bundle, behind the bundle itself; not what can no longer be asked."""
    rows = asked(write(tmp_path))
    closed = FILES["main.cedar"] + '@id("closed") forbid (principal, action, resource);'
    *_, row, end = examined(write(tmp_path, {"main.cedar": closed}), rows=rows)

    assert isinstance(row, Row)
    assert (rows[0].question, Reason.FORBIDDEN) == (row.question, row.verdict.reason)
    assert End(ending=Ending.GOOD) == end


def test_deciding_again_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload does not wait for what may as well be decided when it is asked."""
    monkeypatch.setattr(module, "WARM_SECONDS", -1.0)
    rows = asked(write(tmp_path))
    messages = examined(tmp_path, rows=rows[:1] * 3)

    assert 1 == sum(isinstance(message, Row) for message in messages)


def test_findings_of_a_good_bundle_are_told(tmp_path: Path) -> None:
    """A warning keeps nothing from being served."""
    messages = examined(write(tmp_path, {"notes.yml": "x"}))

    assert ["notes.yml"] == [message.file for message in messages if isinstance(message, Problem)]
    assert End(ending=Ending.GOOD) == messages[-1]


def test_every_problem_of_a_bad_bundle_is_told(tmp_path: Path) -> None:
    """All that loading would tell, and nothing to serve."""
    changes = {"main.cedar": FILES["main.cedar"] + "permit (", "catalog/fields.yaml": "a: {categories: [nope]}"}
    expected = problems(tmp_path, changes)
    _, *told, end = examined(tmp_path)

    assert len(expected) > 1
    assert list(expected) == told
    assert End(ending=Ending.BAD) == end


FAILING = FILES["tests/basics.yaml"].replace("deny", "allow")


def test_a_bundle_that_fails_its_own_tests_is_bad(tmp_path: Path) -> None:
    """Each test that fails is a problem at its place; findings are told too."""
    messages = examined(write(tmp_path, {"tests/basics.yaml": FAILING, "notes.yml": "x"}))
    told = [(m.file, m.line, m.code) for m in messages if isinstance(m, Problem)]

    assert [("notes.yml", 0, "bundle.unknown_file"), ("tests/basics.yaml", 6, "test.failed")] == told
    assert End(ending=Ending.BAD) == messages[-1]


def test_a_bundle_whose_tests_cannot_be_read_is_bad(tmp_path: Path) -> None:
    """A test that does not run proves nothing."""
    *_, problem, end = examined(write(tmp_path, {"tests/basics.yaml": FAILING.replace("want", "wamt")}))

    assert isinstance(problem, Problem)
    assert "tests/basics.yaml" == problem.file
    assert End(ending=Ending.BAD) == end


def test_what_is_served_is_not_examined_again(tmp_path: Path) -> None:
    """The revision says that nothing that matters changed."""
    folder = write(tmp_path)
    messages = examined(folder, serving=load_bundle(folder).revision)

    assert [Looked, End] == [type(message) for message in messages]
    assert End(ending=Ending.UNCHANGED) == messages[-1]


def test_a_missing_folder_is_a_bad_bundle(tmp_path: Path) -> None:
    """Its problem names it."""
    looked, problem, end = examined(tmp_path / "nowhere")

    assert isinstance(looked, Looked)
    assert "" == looked.revision
    assert isinstance(problem, Problem)
    assert ("bundle.missing", str(tmp_path / "nowhere")) == (problem.code, problem.file)
    assert End(ending=Ending.BAD) == end
