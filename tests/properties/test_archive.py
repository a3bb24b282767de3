"""Whatever was recorded, a log that is restored from its export is equal."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.log import ConsentLog
from sidecar.consent.view.replica import Replica
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure
from tests.conformance.backends import BACKENDS
from tests.conformance.test_archive import copy
from tests.strategies import Step, catalogs, lives
from tests.unit.consent.archive.copies import PSEUDONYMS, contents, exported, restored
from tests.unit.consent.desk import sqlite_log

PEOPLE = ("ada", "bob", "cat")


def live(ledger: Ledger, subject: str, step: Step) -> None:
    """Record one step of the life of *subject*; what is refused changes nothing."""
    try:
        if isinstance(step.event.act, Erasure):
            ledger.erase(subject, step.event.id, step.event.act.categories)
        elif step.importing:
            ledger.import_lines([ImportLine(line=1, subject=subject, event=step.event)])
        else:
            ledger.record(subject, step.event)
    except RequestError:
        pass


@contextmanager
def lived(
    catalog: Catalog, people: Sequence[str], life: Iterable[Step], cut: int, folder: Path
) -> Iterator[ConsentLog]:
    """A log of *life*, each step that of one of *people*; ``first`` in *folder* is its export after *cut* of them."""
    now = 0
    with sqlite_log(folder) as log:
        ledger = Ledger(log, Replica(log, PSEUDONYMS), PSEUDONYMS, catalog=lambda: catalog, clock=lambda: now)
        exported(log, folder / "first")
        for number, (subject, step) in enumerate(zip(people, life, strict=False), start=1):
            now = step.accepted_at
            live(ledger, subject, step)
            if number == cut:
                (folder / "first").unlink()
                exported(log, folder / "first")
        yield log


def rest_of(log: ConsentLog, folder: Path, *, subjects: bool) -> list[Path]:
    """Files that have all of *log*: ``first``, and what came behind it."""
    through = json.loads((folder / "first").read_bytes().splitlines()[-1])["through"]
    return [folder / "first", exported(log, folder / "rest", after=through, subjects=subjects)]


LIFE = {
    "catalog": catalogs(),
    "people": st.lists(st.sampled_from(PEOPLE), min_size=7, max_size=7),
    "life": lives(),
    "cut": st.integers(min_value=0, max_value=7),
    "subjects": st.booleans(),
}


@given(**LIFE)
def test_a_restored_log_is_equal(
    *, catalog: Catalog, people: list[str], life: tuple[Step, ...], cut: int, subjects: bool
) -> None:
    """From an export and an increment, with ids sealed or in the clear; and so is one restored from that one's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with lived(catalog, people, life, cut, folder) as log:
            files = rest_of(log, folder, subjects=subjects)
            before = contents(log)
        with restored(folder / "new", *files) as copied:
            again = exported(copied, folder / "again")
            after = contents(copied)
        with restored(folder / "newer", again) as second:
            twice = contents(second)

    assert before == after
    assert before == twice


@pytest.mark.nats
@settings(max_examples=15)
@given(**LIFE)
def test_a_log_that_went_over_nats_is_equal(
    *, catalog: Catalog, people: list[str], life: tuple[Step, ...], cut: int, subjects: bool
) -> None:
    """Restored there, exported from there and restored in a file again."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with lived(catalog, people, life, cut, folder) as log:
            files = rest_of(log, folder, subjects=subjects)
            before = contents(log)
        copy("nats", folder / "nats", files)
        with BACKENDS["nats"].opened(folder / "nats") as there:
            again = exported(there, folder / "again")
            after = contents(there)
        with restored(folder / "back", again) as back:
            twice = contents(back)

    assert before == after
    assert before == twice
