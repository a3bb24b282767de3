"""What a million people cost: ``python -m benchmarks.bench_consent [--quick]``.

The invented people of the demo, ever more of them in one log, each with the events of a life: 1.8 on average. They are
imported through the ledger, a thousand lines at a time, as ``consent import`` does. At every size a process that did
nothing else opens the log and makes its view complete: from the snapshot that was saved, from the whole log in SQLite,
and from the whole log on NATS, which has the same entries, every one and not only the last of each subject. It tells
how long that took, how much of it on a core, and what it added to the memory that the kernel counts for the process,
once it was done (steady) and at most (peak): profiles, tables and all that Python's allocator keeps are in it.
Generating the people and filling the stream is not measured.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final, TypeAlias

from msgspec import msgpack
from nats.aio.client import Client

from benchmarks.chart import Chart, Line
from benchmarks.isolated import isolated, memory, watch_memory
from benchmarks.measure import ROOT, Series, arguments, draw, report
from sidecar.app.clock import system_ticks
from sidecar.app.garbage import undisturbed
from sidecar.cli.demo import people
from sidecar.config.nats import Nats
from sidecar.consent.codec import line_from_json
from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.log import ConsentLog
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.nats.names import Names
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.applier import Applier, Outside
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.loading import Load
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import Snapshot
from sidecar.model.catalog import Catalog
from sidecar.model.instant import DAY, Instant
from sidecar.policy.bundle import load_bundle
from tests.nats_server import nats_server

_SELECT_ROWS: Final = """
SELECT position, pseudonym, event, record, effective_at, accepted_at, sealed, code FROM entries WHERE position > ?
ORDER BY position
"""

NOW: Final[Instant] = people.TODAY + DAY
BATCH: Final = 1_000
BYTES_BAR: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many people, and how often each reading is repeated with all of them; with fewer there is one."""

    people: tuple[int, ...]
    repetitions: int


MEASUREMENT: Final = Size(people=(250_000, 500_000, 1_000_000), repetitions=5)
LOOK: Final = Size(people=(1_000, 5_000), repetitions=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A view that became complete in a process of its own."""

    seconds: float
    processor: float  # seconds that its process used a core
    subjects: int
    profiles: int
    steady: float  # bytes a subject
    peak: float


Starts: TypeAlias = dict[str, list[list[Start]]]
"""By kind, by size, by repetition."""


class Importer:
    """Puts people into the log in *folder*, ever more of them."""

    def __init__(self, folder: Path, catalog: Catalog, count: int) -> None:
        self._folder = folder
        self._catalog = catalog
        self._lines = _by_person(people.lines(count))
        self.people = 0
        self.events = 0
        self.rates: dict[int, float] = {}

    def add(self, count: int) -> None:
        """Import the next *count* people, and save the view of all.

        ``rates`` gets the events a second of every tenth, by how many are there.
        """
        pseudonyms = Pseudonyms.load_or_create(self._folder / "key")
        log = SqliteLog.open(self._folder / "consent.db", pseudonyms)
        try:
            cache = Replica(log, pseudonyms, snapshot=_snapshot(self._folder, log, pseudonyms))
            cache.load(now=NOW)
            ledger = Ledger(log, cache, pseudonyms, catalog=lambda: self._catalog, clock=lambda: NOW)
            for _ in range(10):
                lines = [line for person in islice(self._lines, count // 10) for line in person]
                began = time.perf_counter()
                for first in range(0, len(lines), BATCH):
                    parsed = map(line_from_json, lines[first : first + BATCH])
                    numbered = enumerate(parsed, start=first + 1)
                    outcome = ledger.import_lines([ImportLine(line=n, subject=s, event=e) for n, (s, e) in numbered])
                    if outcome.rejections:
                        raise RuntimeError(outcome.rejections[0][1])
                self.people += count // 10
                self.events += len(lines)
                self.rates[self.people] = len(lines) / (time.perf_counter() - began)
            cache.save(now=NOW)
        finally:
            log.close()


class Stream:
    """The log in *folder* once more, in a stream of a NATS server."""

    def __init__(self, folder: Path, settings: Nats) -> None:
        self._folder = folder
        self._settings = settings
        self._names: Names | None = None
        self._through = 0

    def catch_up(self) -> None:
        """Add what the log has and the stream has not: the columns are the same in both."""
        if self._names is None:
            draft = NatsLog.draft(self._settings, Pseudonyms.load_or_create(self._folder / "key"))
            self._names = Names(stream=self._settings.stream, log_id=draft.finish())
            draft.discard()
        asyncio.run(self._catch_up(self._names))

    async def _catch_up(self, names: Names) -> None:
        client = Client()
        await client.connect(self._settings.servers)
        stream = client.jetstream()
        with closing(sqlite3.connect(self._folder / "consent.db")) as database:
            cursor = database.execute(_SELECT_ROWS, (self._through,))
            while rows := cursor.fetchmany(BATCH):
                for number, (position, pseudonym, *others) in enumerate(rows, start=1):
                    subject, payload = names.entry(pseudonym), msgpack.encode(others)
                    if number < len(rows):
                        await client.publish(subject, payload)
                    else:  # the server drops what it has no room for, so it must not be far behind
                        await stream.publish(subject, payload, timeout=60)
                    self._through = position
        await client.close()


def _by_person(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines of each person together."""
    subject, together = b"", list[bytes]()
    for line in lines:
        head = line[: line.index(b",")]
        if head != subject and together:
            yield together
            together = []
        subject = head
        together.append(line)
    yield together


def _snapshot(folder: Path, log: ConsentLog, pseudonyms: Pseudonyms) -> Snapshot:
    return Snapshot(folder / "view.snapshot", log, pseudonyms, max_offline=DAY)


def whole_file(folder: Path) -> Start:
    """Start on the log in *folder* without a snapshot."""
    return _on_file(folder, Replica)


def warm(folder: Path) -> Start:
    """Start on the log in *folder* from the snapshot beside it, which has everything."""
    return _on_file(
        folder, lambda log, pseudonyms: Replica(log, pseudonyms, snapshot=_snapshot(folder, log, pseudonyms))
    )


def _on_file(folder: Path, replica: Callable[[SqliteLog, Pseudonyms], Replica]) -> Start:
    pseudonyms = Pseudonyms.load_or_create(folder / "key")
    watch = _Watch()
    log = SqliteLog.open(folder / "consent.db", pseudonyms)
    try:
        cache = replica(log, pseudonyms)
        with undisturbed():
            cache.load(now=NOW)
        return watch.started(cache)
    finally:
        log.close()


def whole_stream(folder: Path, settings: Nats) -> Start:
    """Start on the log on NATS without a snapshot."""
    pseudonyms = Pseudonyms.load_or_create(folder / "key")
    watch = _Watch()
    log = NatsLog.open(settings, pseudonyms)
    load = Load(system_ticks)
    cache = Replica(log, pseudonyms, contact=Contact(), load=load)
    applier = Applier(log, cache, load, Outside(clock=lambda: NOW, ticks=system_ticks, report=_tell))
    try:
        with undisturbed():
            applier.load()
        return watch.started(cache)
    finally:
        applier.stop()
        log.close()


def _tell(error: BaseException) -> None:
    print(f"waited out: {error}")


class _Watch:
    """Begins to measure what a start takes."""

    def __init__(self) -> None:
        self._resident = watch_memory().resident
        self._began, self._used = time.perf_counter(), time.process_time()

    def started(self, cache: Replica) -> Start:
        """What it took until *cache* was complete."""
        seconds, processor = time.perf_counter() - self._began, time.process_time() - self._used
        after = memory()
        return Start(
            seconds=seconds,
            processor=processor,
            subjects=cache.subjects,
            profiles=cache.profiles,
            steady=(after.resident - self._resident) / cache.subjects,
            peak=(after.peak - self._resident) / cache.subjects,
        )


def described(what: str, starts: Sequence[Start]) -> Iterator[Series]:
    """Time and memory of starts at one size."""
    subjects = f"{starts[0].subjects:,} people"
    yield Series(name=f"{what}, {subjects}", unit="s", values=tuple(one.seconds for one in starts))
    used = tuple(one.processor for one in starts)
    yield Series(name=f"{what}, {subjects}: of it on a core", unit="s", values=used)
    yield Series(name=f"{what}, {subjects}: steady", unit="bytes each", values=tuple(one.steady for one in starts))
    yield Series(name=f"{what}, {subjects}: peak", unit="bytes each", values=tuple(one.peak for one in starts))


def plot(rates: Mapping[int, float], starts: Mapping[str, Sequence[Sequence[Start]]]) -> None:
    """The import as it goes on, and time and memory of every kind of start by the number of people."""
    pace = Line(name="through the ledger", points=tuple((float(there), rate) for there, rate in rates.items()))
    draw("consent-import", Chart(title="Import of events", x="people there", y="events a second", lines=(pace,)))
    seconds = tuple(_line(what, sizes, lambda one: one.seconds) for what, sizes in starts.items())
    draw("consent-start", Chart(title="Until a view is complete", x="people", y="seconds", lines=seconds))
    peaks = tuple(_line(what, sizes, lambda one: one.peak) for what, sizes in starts.items())
    draw(
        "consent-memory",
        Chart(title="Memory of a view, at its peak", x="people", y="bytes each", lines=peaks, bar=BYTES_BAR),
    )


def _line(name: str, sizes: Sequence[Sequence[Start]], value: Callable[[Start], float]) -> Line:
    return Line(name=name, points=tuple((float(ones[0].subjects), median(map(value, ones))) for ones in sizes))


def measure(
    folder: Path, catalog: Catalog, size: Size, settings: Nats
) -> tuple[Importer, dict[str, list[list[Start]]]]:
    """An import, and the starts of every kind at every size."""
    importer, stream = Importer(folder, catalog, size.people[-1]), Stream(folder, settings)
    kinds: dict[str, Callable[[], Start]] = {
        "snapshot": lambda: isolated(warm, folder),
        "whole log in SQLite": lambda: isolated(whole_file, folder),
        "whole log on NATS": lambda: isolated(whole_stream, folder, settings),
    }
    starts: Starts = {what: [] for what in kinds}
    for count in size.people:
        importer.add(count - importer.people)
        stream.catch_up()
        for what, start in kinds.items():
            times = size.repetitions if count == size.people[-1] else 1
            starts[what].append([start() for _ in range(times)])
    return importer, starts


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    catalog = load_bundle(ROOT / "policies").catalog
    with tempfile.TemporaryDirectory() as name, nats_server(Path(name) / "nats") as server:
        importer, starts = measure(Path(name), catalog, size, server.settings(timeout_seconds=60))
        stored = (Path(name) / "consent.db").stat().st_size / importer.people
    series = [Series(name="import", unit="events/s", values=tuple(importer.rates.values()))]
    series += [one for what, sizes in starts.items() for ones in sizes for one in described(what, ones)]
    plot(importer.rates, starts)
    profiles = starts["whole log in SQLite"][-1][0].profiles
    more = {"events": importer.events, "profiles": profiles, "bytes_stored_each": round(stored)}
    method = f"median of {size.repetitions}, with fewer people once; of the import, of {len(importer.rates)} stretches"
    report("consent", method, series, quick=quick, more=more)


if __name__ == "__main__":
    main()
