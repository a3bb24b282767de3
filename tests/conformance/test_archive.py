"""What every draft of a log must do, and that a log restored from an export is equal, from each backend to each."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sidecar.consent.audit.heads import Heads
from sidecar.consent.audit.refold import Refolding
from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import ConsentLog, Draft
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.errors import ConsentLogError, LogConflictError
from tests.conformance.backends import ADA, BACKENDS, BOB, PARAMETERS, append, erasure, following, ids
from tests.nats_server import coordinates, keep, shared_server
from tests.unit.consent.archive.copies import PSEUDONYMS, contents, exported, restore
from tests.unit.consent.desk import Desk, no, yes
from tests.worlds import CATALOG


def _sqlite_draft(folder: Path) -> Draft:
    return SqliteDraft.begin(folder / "consent.db", PSEUDONYMS)


def _nats_draft(folder: Path) -> Draft:
    settings = coordinates(folder)
    if settings is None:
        settings = shared_server().settings()
        keep(settings, folder)
    return NatsLog.draft(settings, PSEUDONYMS)


DRAFTS: dict[str, Callable[[Path], Draft]] = {"sqlite": _sqlite_draft, "nats": _nats_draft}


@pytest.fixture(params=PARAMETERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each backend in turn."""
    return str(request.param)


@pytest.fixture
def draft(kind: str, tmp_path: Path) -> Iterator[Draft]:
    """A draft in the folder of the test, discarded in the end."""
    made = DRAFTS[kind](tmp_path)
    try:
        yield made
    finally:
        made.discard()


def test_a_draft_becomes_a_log(kind: str, draft: Draft, tmp_path: Path) -> None:
    """With its entries, a new id and its ancestors; that it is discarded then does nothing."""
    ancestors = ("0123456789abcdef", "fedcba9876543210")
    with draft.batch() as batch:
        first = batch.append(following(None, ADA, yes("a"))).position()
        assert batch.head(ADA) is not None
    with draft.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, no("b")))
        batch.append(following(None, BOB, yes("c")))
    log_id = draft.finish(descends_from=ancestors)
    draft.discard()
    with BACKENDS[kind].opened(tmp_path) as log:
        assert (log_id, ancestors) == (log.log_id, log.descends_from)
        assert ["a", "b", "c"] == ids(log.entries(after=0, limit=9))
        assert first == log.entries(after=0, limit=9)[0].position
        assert append(log, ADA, yes("d")) > first


def test_a_draft_that_is_not_finished_is_no_log(kind: str, draft: Draft, tmp_path: Path) -> None:
    """Nobody can open it; once it is discarded there can be another one, and that is empty."""
    with draft.batch() as batch:
        batch.append(following(None, ADA, yes("a")))
    if kind == "nats":  # a file would be made by the first start, unless there is a key
        with pytest.raises(ConsentLogError):
            BACKENDS[kind].open(tmp_path)
    draft.discard()
    draft.discard()
    again = DRAFTS[kind](tmp_path)
    again.finish()
    again.discard()

    with BACKENDS[kind].opened(tmp_path) as log:
        assert () == log.entries(after=0, limit=9)
        assert () == log.descends_from


def test_a_draft_is_never_made_over_a_log(kind: str, draft: Draft, tmp_path: Path) -> None:
    """The log stays as it was."""
    with draft.batch() as batch:
        batch.append(following(None, ADA, yes("a")))
    draft.finish()
    draft.discard()
    with pytest.raises(ConsentLogError, match="there"):
        DRAFTS[kind](tmp_path)

    with BACKENDS[kind].opened(tmp_path) as log:
        assert ["a"] == ids(log.entries(after=0, limit=9))


def test_a_draft_keeps_the_order_of_each_subject(kind: str, draft: Draft, tmp_path: Path) -> None:
    """An entry that does not follow the last one is a conflict; an erasure removes what came before."""

    def conflict() -> None:
        with draft.batch() as batch:
            batch.append(following(None, ADA, no("b")))

    with draft.batch() as batch:
        batch.append(following(None, ADA, yes("a")))
    with pytest.raises(LogConflictError):
        conflict()
    with draft.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, erasure("gone")))
    draft.finish()
    draft.discard()

    with BACKENDS[kind].opened(tmp_path) as log:
        assert ["gone"] == ids(log.entries(after=0, limit=9))


def fill(log: ConsentLog) -> Desk:
    """A desk over *log*, which has seen everything then."""
    one = Desk(log, PSEUDONYMS)
    for number in range(66):
        one.ledger.record("ada", yes(f"a{number}") if number % 2 else no(f"a{number}"))
    one.ledger.import_lines([ImportLine(line=1, subject="bob", event=event) for event in (yes("b1", 5), no("b2", 6))])
    one.ledger.erase("bob", "b3", ["user.contact"])
    one.ledger.record("cat", yes("c1"))
    one.ledger.erase("cat", "c2")
    one.ledger.record("cat", no("c3"))
    one.ledger.record("dan", yes("d1"))
    return one


def copy(kind: str, folder: Path, files: Sequence[Path]) -> str:
    """The id of the log of *kind* that *files* make in *folder*."""
    folder.mkdir()
    made = DRAFTS[kind](folder)
    try:
        restore(made, *files)
        return made.finish(descends_from=("0123456789abcdef",))
    finally:
        made.discard()


@pytest.mark.nats
@pytest.mark.parametrize(("one", "other"), [("sqlite", "nats"), ("nats", "nats"), ("nats", "sqlite")])
def test_a_log_restored_on_the_other_backend_is_equal(one: str, other: str, tmp_path: Path) -> None:
    """Also from increments with an erasure between them; each record is what the events make of it."""
    (tmp_path / "old").mkdir()
    with BACKENDS[one].opened(tmp_path / "old") as log:
        old = fill(log)
        files = [exported(log, tmp_path / "1")]
        reached = log.entries(after=0, limit=999)[-1].position
        old.ledger.erase("dan", "d2")
        old.ledger.record("ada", yes("last"))
        files.append(exported(log, tmp_path / "2", after=reached))
        before, old_id = contents(log), log.log_id
    new_id = copy(other, tmp_path / "new", files)
    heads = Heads()
    with BACKENDS[other].opened(tmp_path / "new") as log:
        after = contents(log)
        refolding = Refolding(CATALOG, heads)
        differences = [refolding.take(entry) for entry in log.entries(after=0, limit=999)]
        repeated = Desk(log, PSEUDONYMS).ledger.record("ada", no("a0"))
    heads.close()

    assert before == after
    assert old_id != new_id
    assert {None} == set(differences)
    assert repeated.duplicate
