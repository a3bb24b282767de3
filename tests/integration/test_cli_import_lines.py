"""``consent import``: what is malformed is set aside, and the rest goes in."""

import json
from pathlib import Path

from tests.integration.shell import EMAIL, GOOD, Shell


def test_malformed_lines_are_set_aside_and_the_rest_goes_in(shell: Shell, tmp_path: Path) -> None:
    """Each refused line is kept as it was, below its reason; mended, the same file goes in."""
    file = tmp_path / "past.jsonl"
    bad = [
        "{not json",
        GOOD.format("lea").replace("submission", "submision"),
        GOOD.format("lea").replace('"marketing', '"x.marketing'),
        GOOD.format("lea").replace('"occurred_at":"2026-01-01T00:00:00Z",', ""),
        '{"subject":"lea","id":"e2","occurred_at":"2026-01-01T00:00:00Z","erasure":{}}',
        GOOD.format("\\u0000"),
    ]
    lines = ["# a comment", "", GOOD.format("mia"), *bad, GOOD.format("noa")]
    file.write_bytes("\n".join(lines).encode() + b'\n{"subject":"\xff"}\n')

    result = shell.run("consent", "import", str(file))
    rejected = (tmp_path / "past.jsonl.rejected").read_bytes().splitlines()

    assert 1 == result.exit_code
    assert "2 recorded, 0 known before, 7 refused" in result.stdout
    assert [*(line.encode() for line in bad), b'{"subject":"\xff"}'] == rejected[1::2]
    assert [f"# line {number}: ".encode() for number in (4, 5, 6, 7, 8, 9, 11)] == [
        reason[: reason.index(b": ") + 2] for reason in rejected[::2]
    ]
    for subject in ("mia", "noa"):
        assert 0 == shell.run(*EMAIL, "--subject", subject).exit_code

    mended = tmp_path / "mended.jsonl"
    mended.write_text("# line 5: mended\n" + GOOD.format("lea") + "\n")
    again = shell.run("consent", "import", str(mended), "--rejects", str(tmp_path / "none"))
    assert 0 == again.exit_code
    assert not (tmp_path / "none").exists()


def test_an_import_can_be_run_again(shell: Shell, tmp_path: Path) -> None:
    """From standard input; what was recorded before is not recorded twice, another body for the same id is refused."""
    first = shell.run("consent", "import", "-", stdin=GOOD.format("oli"))
    second = shell.run("consent", "import", "-", stdin=GOOD.format("oli"))

    assert "1 recorded, 0 known before, 0 refused" in first.stdout
    assert "0 recorded, 1 known before, 0 refused" in second.stdout

    rejects = tmp_path / "rejects"
    other = GOOD.format("oli").replace(":00Z", ":01Z")
    changed = shell.run("consent", "import", "-", "--rejects", str(rejects), stdin=other)
    reason, _ = rejects.read_text().splitlines()
    assert 1 == changed.exit_code
    assert "`e1` was used before with another body" in reason


def test_an_import_outcome_as_json(shell: Shell) -> None:
    """Counts, the revision that has it all, and where refused lines are."""
    outcome = shell.run("consent", "import", "-", "--output", "json", stdin=GOOD.format("pia"))

    parsed = json.loads(outcome.stdout)
    assert (1, 0, 0, None) == tuple(parsed[key] for key in ("recorded", "duplicates", "rejected", "rejects_file"))
    assert parsed["revision"]
