"""A folder with all that a sidecar is started from, gone at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.worlds.bundle import write_bundle
from benchmarks.worlds.people import make_world


class Place(NamedTuple):
    """Where things are."""

    folder: Path  # with room for more
    bundle: Path
    data: Path


@contextmanager
def place(subjects: int) -> Iterator[Place]:
    """A bundle, and data about so many people."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        bundle = write_bundle(folder / "bundle")
        yield Place(folder, bundle, make_world(folder / "data", bundle, subjects))
