"""What a log must do that several processes append to: whoever follows it sees everything, once and in order.

On a real server, which is killed, frozen and cut off.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import cast

import pytest

from sidecar.config import Nats
from sidecar.consent.ledger import ImportLine
from sidecar.consent.nats import feed as feeding
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.nats.removal import Removal
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.vocabulary import ConsentState
from tests.conformance.backends import ADA, BOB, append, erasure, following, ids
from tests.conformance.test_ledger import MINUTES, state
from tests.nats_log import PSEUDONYMS, SECONDS, eventually, fill, followed, opened, pseudonym, request, wait_for
from tests.nats_proxy import proxy
from tests.nats_server import NatsServer, keep
from tests.unit.consent.desk import NOW, Desk, no, yes

pytestmark = pytest.mark.nats

_APPENDER = """
import sys
from pathlib import Path
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import LogConflictError
from tests.conformance.backends import ADA, append
from tests.nats_log import PSEUDONYMS
from tests.nats_server import coordinates
from tests.unit.consent.desk import no
folder, name, count = sys.argv[1:]
log = NatsLog.open(coordinates(Path(folder)), PSEUDONYMS)
for number in range(int(count)):
    while True:
        try:
            append(log, ADA, no(f"{name}{number}"))
        except LogConflictError:
            continue
        break
log.close()
"""


def test_a_feed_starts_with_the_last_entry_of_each_subject(log: NatsLog) -> None:
    """Nothing counts as given before all were; then comes what is appended."""
    append(log, ADA, yes("a"), no("b"))
    append(log, BOB, yes("c"))
    expected = [entry.position for entry in map(log.head, (ADA, BOB)) if entry]
    with followed(log) as reader:
        reader.reach(log.last_position())
        bootstrap = reader.positions
        later = append(log, ADA, yes("d"))
        reader.reach(later)

    assert expected == bootstrap
    assert [*expected, later] == reader.positions


def test_while_a_feed_starts_nothing_counts_as_given(log: NatsLog) -> None:
    """Of the subjects that have not come yet, not even what was long ago is known."""
    last = fill(log, range(2_500))[-1]
    with followed(log) as reader:
        reader.until(lambda: bool(reader.through))
        first = (reader.through[0], len(reader.heads) < 2_500)
        reader.reach(last)

    assert (0, True) == first
    assert [0] * (len(reader.through) - 1) == [through for through in reader.through if through < last]
    assert 2_500 == len({head.pseudonym for head in reader.heads})


def test_a_feed_goes_on_behind_a_position(log: NatsLog) -> None:
    """What is before is not given again, what is behind is given whole: not only the last of each subject."""
    after = append(log, ADA, yes("a"))
    append(log, ADA, no("b"), yes("c"))
    expected = [entry.position for entry in log.history(ADA, after=after, limit=10)]
    with followed(log, after) as reader:
        reader.reach(log.last_position())

    assert expected == reader.positions
    assert 2 == len(expected)


def test_a_feed_skips_what_was_erased(log: NatsLog) -> None:
    """The tombstone comes; that positions are missing is no gap."""
    after = append(log, ADA, yes("a"))
    append(log, ADA, no("b"))
    gone = append(log, ADA, erasure("gone"))
    with followed(log, after) as reader:
        reader.reach(log.last_position())

    assert [gone] == reader.positions


def test_a_feed_that_is_behind_the_log_is_refused(log: NatsLog) -> None:
    """Who has more than the log has followed another one."""
    with pytest.raises(LogLostError, match="ends at"):
        log.follow(after=log.last_position() + 1)


def test_a_quiet_feed_gives_nothing(log: NatsLog) -> None:
    """Silence is silence, and takes no longer than asked for."""
    with followed(log, log.last_position()) as reader:
        assert reader.feed.take(0) is None
        assert reader.feed.take(0.05) is None
    with pytest.raises(ConsentLogError, match="closed"):
        reader.feed.take(0)


def test_every_feed_gets_heartbeats_of_one_writer(settings: Nats) -> None:
    """Two that want to write one at once end up with one; old ones prove nothing."""
    with opened(settings) as one, opened(settings) as other:
        one.beat()
        one.beat()
        first = one.last_position()
        with followed(one) as here, followed(other) as there:
            here.reach(first)
            there.reach(first)
            old = (here.beats, there.beats)
            other.beat()  # both know of the last one by their feeds
            one.beat()
            there.until(lambda: there.beats > 0)
            here.until(lambda: here.beats > 0)
            messages = request(one, f"STREAM.INFO.{settings.stream}")["state"]

    assert (0, 0) == old
    assert isinstance(messages, dict)
    assert 3 == messages["messages"]  # the first, what the log is, and one heartbeat


def test_a_heartbeat_is_not_written_over_one_that_just_came(settings: Nats) -> None:
    """Who did not see it yet leaves it at that; the next time he knows."""
    with opened(settings) as one, opened(settings) as other:
        one.beat()
        other.beat()
        first = one.last_position()
        one.beat()
        second = one.last_position()
        one.beat()

        assert (first, first + 1) == (second, one.last_position())


def test_a_feed_survives_the_death_of_the_server(own: tuple[NatsServer, Nats]) -> None:
    """SIGKILL in the midst of appends: what was acknowledged comes once and in order, however the feed was cut off."""
    server, settings = own
    acknowledged: list[int] = []

    def write() -> None:
        for block in range(8):
            for number in range(block * 250, (block + 1) * 250):
                entry = following(None, pseudonym(number), yes("a"))

                def once(entry=entry) -> int:  # type: ignore[no-untyped-def] # noqa: ANN001
                    head = writer.head(entry.pseudonym)
                    if head is not None:
                        return head.position
                    with writer.batch() as batch:
                        return batch.append(entry).position()

                position = eventually(once)
                assert isinstance(position, int)
                acknowledged.append(position)

    with opened(settings) as writer, opened(settings) as log, followed(log) as reader:
        thread = Thread(target=write)
        thread.start()
        reader.until(lambda: len(reader.heads) > 500)
        server.kill()
        server.start()
        reader.until(lambda: not thread.is_alive())
        thread.join()
        reader.reach(acknowledged[-1])

    assert 2_000 == len(acknowledged)
    assert acknowledged == reader.positions


def test_a_feed_survives_a_server_that_is_frozen(own: tuple[NatsServer, Nats]) -> None:
    """Meanwhile it is silent, however long; whoever asks is told within the time limit."""
    server, settings = own
    with opened(settings) as log, followed(log) as reader:
        reader.reach(append(log, ADA, yes("a")))
        server.freeze()
        try:
            with pytest.raises(ConsentLogError, match="no answer within 2 s"):
                log.head(ADA)
            quiet = [reader.feed.take(0.1) for _ in range(10)]
        finally:
            server.thaw()
        later = eventually(lambda: append(log, ADA, no("b")))
        assert isinstance(later, int)
        reader.reach(later)

    assert [None] * 10 == [fed for fed in quiet if not (fed and not fed.heads)]
    assert later == reader.positions[-1]
    assert all(one < other for one, other in pairwise(reader.positions))


def test_a_feed_survives_a_broken_connection(
    settings: Nats, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came meanwhile is given as soon as there is another: it does not take silence to notice."""
    monkeypatch.setattr(feeding, "_SILENCE_SECONDS", 1e9)
    with proxy(server.port) as between, opened(settings) as writer:
        through = Nats(servers=between.url, stream=settings.stream, timeout_seconds=2.0)
        with opened(through) as log, followed(log) as reader:
            for number in range(5):
                between.cut()
                reader.reach(append(writer, ADA, yes(f"e{number}")))

    assert 5 == len(reader.positions)
    assert all(one < other for one, other in pairwise(reader.positions))


def test_a_feed_whose_consumer_is_gone_makes_another(log: NatsLog, settings: Nats) -> None:
    """The server may drop it; nobody tells who follows."""
    with followed(log) as reader:
        reader.reach(append(log, ADA, yes("a")))
        for consumer in cast("list[str]", request(log, f"CONSUMER.NAMES.{settings.stream}")["consumers"]):
            request(log, f"CONSUMER.DELETE.{settings.stream}.{consumer}")
        reader.reach(append(log, ADA, no("b")))

    assert 2 == len(reader.positions)


def test_no_update_of_several_processes_is_lost(log: NatsLog, settings: Nats, tmp_path: Path) -> None:
    """They append to the same subject, each starting again when another was first."""
    keep(settings, tmp_path)
    commands = [[sys.executable, "-c", _APPENDER, str(tmp_path), name, "40"] for name in ("x", "y")]
    processes = [subprocess.Popen(command) for command in commands]
    with followed(log) as reader:
        reader.until(lambda: len(reader.heads) == 80)
    codes = [process.wait(SECONDS) for process in processes]
    history = log.history(ADA, after=0, limit=100)

    assert [0, 0] == codes
    assert reader.positions == [entry.position for entry in history]
    assert {f"{name}{number}" for name in "xy" for number in range(40)} == set(ids(history))


def test_an_append_whose_answer_is_lost_is_found(settings: Nats, server: NatsServer) -> None:
    """Sent once by its caller it is there once, and acknowledged as what it is: no repetition."""
    with proxy(server.port) as between, opened(settings) as watcher, ThreadPoolExecutor() as threads:
        with opened(Nats(servers=between.url, stream=settings.stream)) as log:
            ledger = Desk(log, PSEUDONYMS).ledger
            ledger.record("ada", yes("a"))
            between.deaf_from = b"HPUB consent.log."  # its first append; reads are no such thing
            recording = threads.submit(ledger.record, "ada", no("b"))
            wait_for(lambda: 2 == len(watcher.entries(after=0, limit=10)))
            between.cut()
            recorded = recording.result(SECONDS)
            again = ledger.record("ada", no("b"))

        assert ["a", "b"] == ids(watcher.entries(after=0, limit=10))
    assert (False, True) == (recorded.duplicate, again.duplicate)
    assert (recorded.revision, recorded.effective_at) == (again.revision, again.effective_at)


def test_a_batch_whose_answers_are_lost_can_be_sent_again(settings: Nats, server: NatsServer) -> None:
    """What of it arrived is found by its ids, the rest is appended: everything once."""
    lines = [ImportLine(line=n, subject=f"s{n}", event=yes(f"e{n}", NOW - 1)) for n in range(1_000)]
    with proxy(server.port) as between, opened(settings) as watcher, ThreadPoolExecutor() as threads:
        with opened(Nats(servers=between.url, stream=settings.stream)) as log:
            ledger = Desk(log, PSEUDONYMS).ledger
            between.deaf_from = log._life.names.entry(PSEUDONYMS.of("s500")).encode() + b" "
            importing = threads.submit(ledger.import_lines, lines)
            wait_for(lambda: 500 < len(watcher.entries(after=0, limit=1_000)))
            between.cut()
            with pytest.raises(ConsentLogError, match="connection broke"):
                importing.result(SECONDS)
            arrived = len(watcher.entries(after=0, limit=1_000))
            again = ledger.import_lines(lines)

        assert [f"e{n}" for n in range(1_000)] == sorted(ids(watcher.entries(after=0, limit=2_000)), key=len_first)
    assert 500 < arrived
    assert (1_000 - arrived, arrived, ()) == (again.recorded, again.duplicates, again.rejections)


def len_first(text: str) -> tuple[int, str]:
    """Sorts numbers as numbers."""
    return len(text), text


def test_nothing_is_sent_late_that_was_given_up(own: tuple[NatsServer, Nats]) -> None:
    """What waits for a server that is away is dropped when its caller is told that it failed."""
    server, settings = own
    with opened(settings) as log:
        position = append(log, ADA, yes("a"))
        server.kill()
        wait_for(lambda: log._connection.number == 0)
        with pytest.raises(ConsentLogError, match="no server can be reached"), log.batch() as batch:
            batch.append(following(None, BOB, yes("b")))
        server.start()
        eventually(log.ping)
        append(log, ADA, no("c"))

        assert ["a", "c"] == ids(log.entries(after=position - 1, limit=10))


def test_an_erasure_that_was_cut_short_is_finished(
    log: NatsLog, settings: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever opens the log next, or goes on with it; what was appended since stays."""
    append(log, ADA, yes("a"), no("b"))
    monkeypatch.setattr(Removal, "finish_all", unreachable)
    append(log, ADA, erasure("gone"), yes("c"))
    before = ids(log.history(ADA, after=0, limit=10))
    monkeypatch.undo()
    with opened(settings) as other:
        after = ids(other.history(ADA, after=0, limit=10))
        left = request(other, f"STREAM.INFO.{settings.stream}", {"subjects_filter": log._life.names.intents})

    assert ["a", "b", "gone", "c"] == before
    assert ["gone", "c"] == after
    assert "subjects" not in cast("dict[str, object]", left["state"])


def unreachable(*_: object) -> None:
    """Stands for a server that went away."""
    raise ConsentLogError("no server can be reached")


def test_an_erasure_that_was_cut_short_is_finished_by_the_next_heartbeat(
    log: NatsLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not wait for a start."""
    append(log, ADA, yes("a"))
    monkeypatch.setattr(Removal, "finish_all", unreachable)
    append(log, ADA, erasure("gone"))
    monkeypatch.undo()
    log.beat()

    assert ["gone"] == ids(log.history(ADA, after=0, limit=10))


def test_an_intent_without_an_erasure_removes_nothing(log: NatsLog, settings: Nats) -> None:
    """It was cut short before the tombstone; so the person was never told that it happened."""
    append(log, ADA, yes("a"), no("b"))
    log._life.removal.intend(ADA)
    with opened(settings) as other:
        assert ["a", "b"] == ids(other.history(ADA, after=0, limit=10))
        append(other, ADA, erasure("gone"))

        assert ["gone"] == ids(other.history(ADA, after=0, limit=10))


def test_an_erasure_of_who_was_erased_before_is_finished(
    log: NatsLog, settings: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another process finishes what it finds between the intent and its tombstone: the old one is not meant."""
    append(log, ADA, yes("a"), erasure("gone"), yes("b"), no("c"))
    log._life.removal.intend(ADA)
    with opened(settings) as other:
        between = ids(other.history(ADA, after=0, limit=10))
    monkeypatch.setattr(Removal, "intend", lambda *_: None)  # that was before
    append(log, ADA, erasure("gone again"))

    assert ["gone", "b", "c"] == between
    assert ["gone again"] == ids(log.history(ADA, after=0, limit=10))


def test_withdrawals_of_two_sidecars_take_effect_whatever_their_clocks(settings: Nats) -> None:
    """Ten minutes apart in both directions: the last word counts, by the order of the log."""
    with opened(settings) as here, opened(settings) as there:
        ahead = Desk(here, PSEUDONYMS, now=NOW + 10 * MINUTES)
        behind = Desk(there, PSEUDONYMS, now=NOW)
        states = []
        for grants, withdraws, name in ((ahead, behind, "ada"), (behind, ahead, "bob")):
            for number in range(3):
                grants.ledger.record(name, yes(f"yes{number}"))
                states.append(state(withdraws, name))
                withdraws.ledger.record(name, no(f"no{number}"))
                states += [state(desk, name) for desk in (grants, withdraws)]

    assert [ConsentState.GIVEN, ConsentState.WITHDRAWN, ConsentState.WITHDRAWN] * 6 == states
