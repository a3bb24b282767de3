"""Pages that show commands show what these print; and the harness that sees to it would notice."""

from pathlib import Path

import pytest

from sidecar.policy.cedar.policy import _KNOWN
from tests.documents import ROOT, CommandFailedError, differences, pages, refreshed


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    """Refresh it by ``python -m tests.documents --write PAGE``."""
    found = differences(page.read_text("utf-8"), str(page.relative_to(ROOT)), tmp_path)

    assert [] == list(map(str, found))


def _page(*blocks: str) -> str:
    return "\n".join(f"```{block}\n```\n" for block in blocks)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("console run\n$ echo one\none", id="one command"),
        pytest.param("console run\n$ echo one\none\n$ echo two\ntwo", id="two commands"),
        pytest.param("console run\n$ printf 'a\\nb\\n'\na\nb", id="two lines"),
        pytest.param("console run\n$ true", id="nothing"),
        pytest.param("console run\n$ echo one \\\n    two\none two", id="a long command"),
        pytest.param("console run\n$ echo 123 ms\n… ms", id="anything within a line"),
        pytest.param("console run\n$ seq 9\n1\n…\n9", id="any lines"),
        pytest.param("console run\n$ false  # exits 1", id="a failure that is told"),
        pytest.param("console run\n$ echo no >&2\nno", id="standard error"),
        pytest.param("console\n$ echo one\nanother", id="a block that is not run"),
    ],
)
def test_a_page_that_is_right(block: str, tmp_path: Path) -> None:
    """Nothing differs, and nothing is refreshed."""
    text = _page(block)

    assert [] == differences(text, "page.md", tmp_path / "checked")
    assert text == refreshed(text, "page.md", tmp_path / "written")


@pytest.mark.parametrize(
    ("block", "fresh"),
    [
        pytest.param("console run\n$ echo one\ntwo", "console run\n$ echo one\none", id="another line"),
        pytest.param("console run\n$ echo one", "console run\n$ echo one\none", id="a line too few"),
        pytest.param("console run\n$ true\none", "console run\n$ true", id="a line too many"),
        pytest.param("console run\n$ echo 12 s\n… ms", "console run\n$ echo 12 s\n12 s", id="beside the ellipsis"),
        pytest.param(
            "console run\n$ printf 'took 3 s\\nnew\\n'\ntook … s\nold",
            "console run\n$ printf 'took 3 s\\nnew\\n'\ntook … s\nnew",
            id="what an ellipsis still says stays",
        ),
        pytest.param("console run\n$ echo abc\na.c", "console run\n$ echo abc\nabc", id="no regular expressions"),
    ],
)
def test_a_page_that_is_stale(block: str, fresh: str, tmp_path: Path) -> None:
    """It is noticed, at its line, and can be refreshed."""
    (difference,) = differences("\n\n" + _page(block), "page.md", tmp_path / "checked")

    assert "page.md:3:" in str(difference)
    assert _page(fresh) == refreshed(_page(block), "page.md", tmp_path / "written")


@pytest.mark.parametrize("command", ["false", "true  # exits 1", "exit 3  # exits 1"])
def test_another_exit_code_ends_it(command: str, tmp_path: Path) -> None:
    """What follows would be about something else."""
    with pytest.raises(CommandFailedError, match=r"page\.md:1"):
        differences(_page(f"console run\n$ {command}"), "page.md", tmp_path)


def test_files_are_written_appended_to_patched_and_shown(tmp_path: Path) -> None:
    """Each kind of block, and `cd` lasts from one to the next."""
    text = _page(
        "console run\n$ mkdir shop\n$ cd shop",
        "yaml file=deep/one.yaml\na: 1",
        "yaml append=deep/one.yaml\nb: 2",
        "diff apply\n--- a/deep/one.yaml\n+++ b/deep/one.yaml\n@@ -1,3 +1,3 @@\n-a: 1\n+a: 3\n \n b: 2",
        "yaml shown=deep/one.yaml\na: 3\n\nb: 2",
        "console run\n$ ls ../policies/schema.cedarschema\n../policies/schema.cedarschema",
    )

    assert [] == differences(text, "page.md", tmp_path)


def test_a_misspelt_block_is_refused(tmp_path: Path) -> None:
    """A block that is meant to run, and does not, would show anything for ever."""
    with pytest.raises(ValueError, match="not rum"):
        differences(_page("console rum\n$ true"), "page.md", tmp_path)


def test_every_annotation_has_a_section() -> None:
    """What may stand above a policy is described, and nothing else is."""
    text = (ROOT / "docs" / "authors" / "annotations.md").read_text("utf-8")

    assert {f"`@{name}`" for name in _KNOWN} == {line[3:] for line in text.splitlines() if line.startswith("## ")}
