"""What the log on NATS makes of damage, and of answers that make no sense."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sidecar.config import Nats
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConsentLogError, LogConflictError
from tests.conformance.backends import ADA, BOB, append, following, ids
from tests.nats_log import followed, init, opened, pseudonym, request
from tests.nats_server import nats_server
from tests.unit.consent.desk import no, yes
from tests.unit.consent.nats.log.damaging import append_all, overwrite

pytestmark = pytest.mark.nats


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x91\x01"])
def test_an_entry_that_is_damaged_is_named(log: NatsLog, payload: bytes) -> None:
    """It is an error wherever it is read, not somebody unknown; a feed does not pass it over."""
    append(log, BOB, yes("a"))
    position = overwrite(log, log._life.names.entry(ADA), payload)
    calls: list[Any] = [
        lambda: log.head(ADA),
        lambda: log.history(ADA, after=0, limit=10),
        lambda: log.entries(after=0, limit=10),
        lambda: list(log.heads()),
    ]
    for call in calls:
        with pytest.raises(ConsentLogError, match=f"entry {position} is damaged"):
            call()
    with followed(log) as reader:
        for _ in range(2):
            with pytest.raises(ConsentLogError, match=f"entry {position} is damaged"):
                reader.until(lambda: False)

    assert 1 == len(reader.heads)


def test_an_entry_of_somebody_else_is_damaged(log: NatsLog) -> None:
    """What is said of one person must not be moved to another."""
    append(log, BOB, yes("a"))
    (stored,) = log._stream.walk(log._life.names.entry(BOB))
    overwrite(log, log._life.names.entry(ADA), stored.data)
    with pytest.raises(ConsentLogError, match="is damaged"):
        log.head(ADA)


def test_a_subject_that_is_nobodys_is_damage(log: NatsLog) -> None:
    """Where entries are only entries can be."""
    overwrite(log, log._life.names.entries.replace("*", "somebody"), b"")
    with pytest.raises(ConsentLogError, match="is no entry"):
        log.entries(after=0, limit=10)


def test_a_mark_that_is_damaged_is_told(log: NatsLog, settings: Nats) -> None:
    """With where it is."""
    marks = log._life.marks
    marks._stream.sequence(marks._stream.publish(log._life.names.mark("consumer", "mail"), b"{"))
    with pytest.raises(ConsentLogError, match=f"`{settings.stream}_MARKS` is damaged"):
        log.marks()


def test_a_server_whose_disk_is_full_says_so(tmp_path: Path) -> None:
    """Nothing is acknowledged, all that was can be read."""
    limits = f'jetstream {{ store_dir: "{tmp_path}/store", max_file_store: 1MB }}'
    with nats_server(tmp_path, limits, jetstream=False) as server:
        settings = server.settings()
        init(settings)
        with opened(settings) as log:
            entry = replace(following(None, ADA, yes("a")), sealed=b"s" * 50_000)
            acknowledged: list[int] = []

            def fill_up() -> None:
                for number in range(100):
                    with log.batch() as batch:
                        receipt = batch.append(replace(entry, pseudonym=pseudonym(number)))
                    acknowledged.append(receipt.position())

            with pytest.raises(ConsentLogError, match="full"):
                fill_up()
            kept = [each.position for each in log.entries(after=0, limit=200)]

    assert acknowledged == kept
    assert 5 < len(kept) < 100


def test_a_batch_of_which_some_conflict_is_a_conflict(log: NatsLog) -> None:
    """Unless something else failed too: then it is not known what is there."""
    append(log, ADA, yes("a"))
    late = following(None, ADA, no("b"))
    with pytest.raises(LogConflictError):
        append_all(log, late, following(None, BOB, yes("c")))
    large = replace(following(None, pseudonym(1), yes("d")), sealed=b"s" * 2_000_000)
    with pytest.raises(ConsentLogError, match="too large") as caught:
        append_all(log, late, large)

    assert not isinstance(caught.value, LogConflictError)
    assert ["a", "c"] == ids(log.entries(after=0, limit=10))


def test_an_answer_that_makes_no_sense_is_an_error(log: NatsLog) -> None:
    """Not an empty one."""
    answered = SimpleNamespace(result=lambda _: SimpleNamespace(data=b"?", status=""))
    with pytest.raises(ConsentLogError, match="makes no sense"):
        log._stream.read_state(answered)  # type: ignore[arg-type]


def test_a_refusal_that_nobody_knows_is_told_as_it_is(log: NatsLog, settings: Nats) -> None:
    """With what the server says."""
    with pytest.raises(ConsentLogError, match=r"the server refuses \(.+, code \d+\)"):
        log._stream.consume({"deliver_policy": "by_start_sequence", "opt_start_seq": 0, "ack_policy": "explicit"})
    request(log, f"STREAM.DELETE.{settings.stream}")
    with pytest.raises(ConsentLogError, match="there is no stream"):
        log._stream.consume({"ack_policy": "none"})


def test_an_intent_about_nobody_is_passed_over(log: NatsLog, settings: Nats) -> None:
    """It is nothing of ours."""
    overwrite(log, log._life.names.intents.replace("*", "somebody"), b"")
    with opened(settings) as other:
        other.ping()


def test_what_is_erased_already_is_erased(log: NatsLog, settings: Nats) -> None:
    """Two may finish the same erasure at once; but what is there and cannot be erased is an error."""
    position = append(log, ADA, yes("a"), no("b"))
    for sequence in (position, position, 10**6):
        log._stream.erase(sequence)
    (entry,) = log.history(ADA, after=0, limit=10)
    config = cast("dict[str, object]", request(log, f"STREAM.INFO.{settings.stream}")["config"])
    request(log, f"STREAM.UPDATE.{settings.stream}", config | {"sealed": True})
    with pytest.raises(ConsentLogError, match="the server refuses"):
        log._stream.erase(entry.position)

    assert "a" == entry.event.id
