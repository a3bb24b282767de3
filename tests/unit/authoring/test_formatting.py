"""Formatting the policy files of a folder."""

from pathlib import Path

import pytest

from sidecar.authoring.formatting import formatted_files, write_formatted
from sidecar.policy.problems import Problems

P = "permit (principal, action, resource)"


def _written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


def test_every_policy_file_is_formatted_whatever_else_is_missing(tmp_path: Path) -> None:
    """A folder that is no valid bundle yet can be formatted; what has no layout is reported, and only that."""
    _written(tmp_path, "a.cedar", f"{P};")
    _written(tmp_path, "b.cedar", "what;")
    _written(tmp_path, "c.cedar", f"{P};\n")
    (tmp_path / "d.cedar").write_bytes(b"\xff")
    problems = Problems()

    files = formatted_files(tmp_path, problems)

    assert [("a.cedar", True), ("c.cedar", False)] == [(file.path, file.changed) for file in files]
    assert [("b.cedar", "policy.parse"), ("d.cedar", "bundle.encoding")] == [
        (problem.file, problem.code) for problem in problems.sorted()
    ]


@pytest.mark.parametrize(
    ("before", "diff"),
    [
        pytest.param(f"{P};\n", "", id="nothing"),
        pytest.param(f" {P};\n", f"--- a/a.cedar\n+++ b/a.cedar\n@@ -1 +1 @@\n- {P};\n+{P};\n", id="a line"),
        pytest.param(
            f"{P};",
            f"--- a/a.cedar\n+++ b/a.cedar\n@@ -1 +1 @@\n-{P};\n\\ No newline at end of file\n+{P};\n",
            id="the last newline",
        ),
    ],
)
def test_a_diff_can_be_applied(tmp_path: Path, before: str, diff: str) -> None:
    """It is what `git apply` reads."""
    _written(tmp_path, "a.cedar", before)
    (file,) = formatted_files(tmp_path, Problems())

    assert diff == file.diff()


def test_writing_keeps_mode_and_link(tmp_path: Path) -> None:
    """The file behind a link is replaced, in its folder, and nothing is left beside it."""
    kept = tmp_path / ".kept"
    kept.mkdir()
    target = _written(kept, "a.cedar", f"{P};\r\n")
    target.chmod(0o640)
    (tmp_path / "a.cedar").symlink_to(Path(".kept", "a.cedar"))
    (file,) = formatted_files(tmp_path, Problems())

    write_formatted(tmp_path, file)

    assert f"{P};\n".encode() == target.read_bytes()
    assert 0o640 == target.stat().st_mode & 0o777
    assert (tmp_path / "a.cedar").is_symlink()
    assert [target] == list(kept.iterdir())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it cannot be put into its place, the old one stays, and nothing else."""
    target = _written(tmp_path, "a.cedar", f"{P};")
    (file,) = formatted_files(tmp_path, Problems())

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        write_formatted(tmp_path, file)

    assert f"{P};" == target.read_text("utf-8")
    assert [target] == list(tmp_path.iterdir())
