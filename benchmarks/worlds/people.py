"""A log and a saved view of many people, made in seconds: what a sidecar of a benchmark starts from.

Two thousand are the invented people of the demo, imported through the ledger: their records are in the log. Everybody
beyond them is in the saved view alone, with the standing of one of those: a slot each, as much as anybody costs.
Whoever is asked about by name is in the log. ``AGREED`` agreed to all that is asked about in the benchmarks.
"""

from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.worlds.bundle import PURPOSE
from sidecar.app.clock import system_clock
from sidecar.app.consent import LOG_FILE
from sidecar.cli.demo import people
from sidecar.consent.codec import line_from_json
from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.profile import Standing
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import DAY, FILE, Snapshot
from sidecar.policy.bundle import load_bundle

KEY_FILE: Final = "pseudonym.key"
AGREED: Final = "agreed-to-all"
RECORDED: Final = 2_000
"""So many have a record; the others borrow from them."""

_EMAIL: Final = "marketing.communications.email"
_AT_ONCE: Final = 1_000
_AGREED_LINE: Final = (
    f'{{"subject":"{AGREED}","id":"agreed","occurred_at":"2026-01-01T00:00:00Z","submission":{{"choices":[{{"kind":"given",'
    f'"scope":{{"purposes":["{_EMAIL}","{PURPOSE}"],"categories":["*"]}},"explicit":true}}]}}}}\n'
).encode()


def borrowed_id(number: int) -> str:
    """The id of somebody who is in the saved view alone."""
    return f"somebody-{number:07}"


def somebody(number: int, subjects: int) -> str:
    """The id of the person *number*, from 0, of so many."""
    recorded = min(subjects, RECORDED)
    return people.subject_id(number + 1) if number < recorded else borrowed_id(number - recorded)


def make_world(folder: Path, bundle: Path, subjects: int) -> Path:
    """A data folder with *subjects* people who decided about what *bundle* has; returns *folder*."""
    folder.mkdir(parents=True, mode=0o700)
    pseudonyms = Pseudonyms.load_or_create(folder / KEY_FILE)
    log = SqliteLog.open(folder / LOG_FILE, pseudonyms)
    try:
        now = system_clock()
        snapshot = Snapshot(folder / FILE, log, pseudonyms, max_offline=DAY)
        view = Replica(log, pseudonyms, snapshot=snapshot)
        view.load(now=now)
        catalog = load_bundle(bundle).catalog
        ledger = Ledger(log, view, pseudonyms, catalog=lambda: catalog, clock=system_clock)
        _import(ledger, min(subjects, RECORDED))
        view.save(now=system_clock())
        if subjects > view.subjects:
            known = [view.lookup(pseudonyms.of(people.subject_id(number))) for number in range(1, RECORDED + 1)]
            _borrow(snapshot, view.revision(), pseudonyms, known, subjects - view.subjects)
    finally:
        log.close()
    return folder


def _import(ledger: Ledger, count: int) -> None:
    lines = enumerate(map(line_from_json, (_AGREED_LINE, *people.lines(count))), start=1)
    while together := [ImportLine(line=n, subject=s, event=e) for n, (s, e) in islice(lines, _AT_ONCE)]:
        outcome = ledger.import_lines(together)
        if outcome.rejections:
            raise RuntimeError(outcome.rejections[0][1])


def _borrow(saved: Snapshot, revision: Revision, pseudonyms: Pseudonyms, known: list[Standing], count: int) -> None:
    """Save the view again, with *count* people more."""
    restored = saved.read(now=system_clock())
    if restored is None:
        raise RuntimeError("what was saved cannot be read")
    for number in range(count):
        restored.slots.put(pseudonyms.of(borrowed_id(number)), known[number % len(known)])
    saved.write(
        restored.slots,
        revision,
        last_entry=restored.last_entry,
        now=system_clock(),
        resolved_at=lambda: restored.resolved_at,
    )
