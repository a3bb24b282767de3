"""Whatever was recorded, a log that is restored from its export is equal."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.view.replica import Replica
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure
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


@given(
    catalog=catalogs(),
    people=st.lists(st.sampled_from(PEOPLE), min_size=7, max_size=7),
    life=lives(),
    cut=st.integers(min_value=0, max_value=7),
    subjects=st.booleans(),
)
def test_a_restored_log_is_equal(
    *, catalog: Catalog, people: list[str], life: tuple[Step, ...], cut: int, subjects: bool
) -> None:
    """From one export or from several parts, with ids sealed or in the clear; and so is one restored from that."""
    now = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        with sqlite_log(folder) as log:
            ledger = Ledger(log, Replica(log, PSEUDONYMS), PSEUDONYMS, catalog=lambda: catalog, clock=lambda: now)
            for number, (subject, step) in enumerate(zip(people, life, strict=False)):
                if number == cut:
                    exported(log, folder / "first", subjects=subjects)
                    reached = log.last_position()
                now = step.accepted_at
                live(ledger, subject, step)
            parts = [folder / "first"] if cut < len(life) else []
            parts.append(exported(log, folder / "rest", after=reached if parts else 0, subjects=subjects))
            before = contents(log)
        with restored(folder / "new", *parts) as copy:
            again = exported(copy, folder / "again")
            after = contents(copy)
        with restored(folder / "newer", again) as second:
            twice = contents(second)

    assert before == after
    assert before == twice
