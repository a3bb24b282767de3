from tests.unit.cli.reference import FILE, START, reference


def test_the_reference_says_what_help_says() -> None:
    """docs/cli.md is written by ``python -m tests.unit.cli.reference``, and is fresh."""
    _, _, written = FILE.read_text(encoding="utf-8").partition(START)

    assert reference() == written
