"""Which Cerbos is measured: what is named, and no other in its place."""

from pathlib import Path

import pytest

from benchmarks.peers.cerbos import program


def test_what_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its path."""
    named = tmp_path / "cerbos"
    named.touch(mode=0o755)
    monkeypatch.setenv("CERBOS", str(named))

    assert named == program()


def test_what_is_named_and_not_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then none is measured, and a line says so; it is not another that happens to be there."""
    other = tmp_path / "cerbos"
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CERBOS", str(tmp_path / "missing"))

    assert program() is None
