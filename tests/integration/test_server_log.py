"""LogService over real sockets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import log_pb2 as pb
from sidecar.consent.audit.standings import UNHELD, digest_due
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, ends_with
from tests.unit.consent.archive.copies import file_of, ignore


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A sidecar whose data folder is at hand."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """Who calls it."""
    with calling(served) as calls:
        yield calls


def exported(caller: Caller, **request: Any) -> list[bytes]:
    """The lines of an export."""
    parts = caller.log.ExportEntries(pb.ExportEntriesRequest(**request), metadata=caller.operator, timeout=10)
    return [line for part in parts for line in part.lines]


def check(caller: Caller, *pseudonyms: bytes) -> pb.CheckStandingsResponse:
    """What the view holds."""
    answer: pb.CheckStandingsResponse = caller.log.CheckStandings(
        pb.CheckStandingsRequest(pseudonyms=pseudonyms), metadata=caller.operator, timeout=5
    )
    return answer


def test_an_export_over_the_wire_is_that_of_the_log(caller: Caller, tmp_path: Path) -> None:
    """Whole, and from a revision on; with ids in the clear only if they are asked for."""
    first = caller.record("ada", choice("a", "GIVEN")).revision
    caller.record("bob", choice("b", "WITHDRAWN"))
    pseudonyms = Pseudonyms.load_or_create(tmp_path / "data" / "pseudonym.key")
    whole, increment, clear = exported(caller), exported(caller, after=first), exported(caller, subjects=True)
    (tmp_path / "x").write_bytes(b"".join(line + b"\n" for line in whole))
    (part,) = file_of(tmp_path / "x", pseudonyms).parts(ignore)

    assert [4, 3, 4] == [len(lines) for lines in (whole, increment, clear)]
    assert 2 == part.through
    assert b'"bob"' not in whole[2]
    assert b'"subject":"bob"' in clear[2]


def test_it_is_the_operators(caller: Caller) -> None:
    """Without the token there is neither."""
    request = pb.CheckStandingsRequest(pseudonyms=[bytes(16)])
    for call in (
        lambda: list(caller.log.ExportEntries(pb.ExportEntriesRequest(), timeout=5)),
        lambda: caller.log.CheckStandings(request, timeout=5),
    ):
        ends_with(grpc.StatusCode.UNAUTHENTICATED, call)


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (f"{'f' * 16}.1", "`after`: a revision of another log"),
        ("nonsense", "`after`: not a consent revision"),
    ],
)
def test_a_revision_that_cannot_be_gone_on_from_is_refused(caller: Caller, after: str, why: str) -> None:
    """With the field that is wrong."""
    assert why in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: exported(caller, after=after))


def test_standings_are_those_of_the_records(caller: Caller, served: Served) -> None:
    """Of people with a record, and of who has none; a grant whose time is up is read anew, so it is not compared."""
    caller.record("ada", choice("a", "WITHDRAWN"))
    clock = served.sidecar.world.clock
    assert isinstance(clock, FixedClock)
    expiring = choice("b", "GIVEN")
    expiring.submission.choices[0].expires_at.FromMicroseconds(clock.now + 5_000_000)
    caller.record("bob", expiring)
    of = served.sidecar.world.cache.pseudonym
    people = [of("ada"), of("bob"), of("nobody")]
    before = check(caller, *people)
    records = [served.ledger.record_of(subject)[1] for subject in ("ada", "bob")]
    due = [digest_due(record, now=clock.now) for record in (*records, EMPTY)]
    clock.advance(5)
    after = check(caller, *people)

    assert due == list(before.digests)
    assert [due[0], UNHELD, due[2]] == list(after.digests)
    assert (2, str(served.sidecar.world.cache.revision())) == (before.subjects, before.revision)
    assert 3 == len(set(due))


@pytest.mark.parametrize(
    ("pseudonyms", "why"),
    [
        ([], "`pseudonyms`"),
        ([bytes(16)] * 1_025, "`pseudonyms`"),
        ([bytes(16), bytes(15)], "`pseudonyms[1]`: must have 16 bytes"),
    ],
)
def test_what_is_no_pseudonym_is_refused(caller: Caller, pseudonyms: list[bytes], why: str) -> None:
    """With the field that is wrong."""
    assert why in ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: check(caller, *pseudonyms))


def test_a_log_that_cannot_be_read_ends_the_export_without_its_footer(caller: Caller, served: Served) -> None:
    """So that nobody takes it for whole."""
    caller.record("ada", choice("a", "GIVEN"))
    writer = served.sidecar._log._writer  # type: ignore[attr-defined] # that of SQLite
    writer.execute("UPDATE entries SET record = zeroblob(9)")
    parts = caller.log.ExportEntries(pb.ExportEntriesRequest(), metadata=caller.operator, timeout=5)
    lines: list[bytes] = []
    text = ends_with(grpc.StatusCode.UNAVAILABLE, lambda: lines.extend(line for part in parts for line in part.lines))

    assert "the consent log cannot be read" in text
    assert not any(line.startswith(b'{"through"') for line in lines)
