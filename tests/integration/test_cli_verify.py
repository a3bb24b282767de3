"""``consent verify`` against a real sidecar: nothing is found in a log that is whole, and everything that is broken."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from sidecar.api.v1 import consent_pb2
from sidecar.cli.consentlog.audit import Audit
from sidecar.cli.program import sidecar
from sidecar.consent.columns import Columns
from sidecar.consent.log import LogEntry, NewEntry
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import Record
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice

BUNDLE = Path("policies")


@dataclass(frozen=True)
class Place:
    """A sidecar, who calls it, and the key of its log."""

    served: Served
    caller: Caller
    pseudonyms: Pseudonyms

    def verify(self, *words: str) -> Result:
        """The outcome of one command."""
        environ = {"SIDECAR_ADDRESS": self.served.address, "SIDECAR_TOKEN_FILE": str(self.served.token_file)}
        return CliRunner().invoke(sidecar, ["consent", "verify", *words], env=environ, prog_name="sidecar")

    def json(self, *words: str) -> dict[str, Any]:
        """What it prints for programs."""
        parsed: dict[str, Any] = json.loads(self.verify(*words, "--output", "json").stdout)
        return parsed

    def found(self) -> list[tuple[int, str]]:
        """Positions and codes of what differs."""
        return [(int(one["revision"].split(".")[1]), one["code"]) for one in self.json()["found"]]

    def sql(self, statement: str, *values: object) -> None:
        """Change the log behind its back."""
        self.served.sidecar._log._writer.execute(statement, values)  # type: ignore[attr-defined] # that of SQLite

    def recode(self, position: int, change: Callable[[LogEntry], LogEntry]) -> None:
        """Change an entry of the log, and give it the code that then fits: only the owner of the key can do that."""
        (entry,) = self.served.sidecar._log.entries(after=position - 1, limit=1)
        changed = change(entry)
        row = Columns("", self.pseudonyms.authenticate, remedy="").new(
            NewEntry(
                pseudonym=changed.pseudonym,
                expected=None,
                event=changed.event,
                record=changed.record,
                effective_at=changed.effective_at,
                accepted_at=changed.accepted_at,
                sealed=changed.sealed,
            )
        )
        self.sql("UPDATE entries SET record = ?, code = ? WHERE position = ?", row[2], row[-1], position)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Ada: yes, no, yes (1, 2, 5). Bob: no (3). Eve: erased (4, removed; 6). Dan: yes, the last one (7)."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        for subject, event_id, kind in (
            *(("ada", "a1", "GIVEN"), ("ada", "a2", "WITHDRAWN"), ("bob", "b1", "WITHDRAWN"), ("eve", "e1", "GIVEN")),
            ("ada", "a3", "GIVEN"),
        ):
            caller.record(subject, choice(event_id, kind))
        erase = consent_pb2.EraseRequest(subject="eve", id="e2")
        caller.consent.Erase(erase, metadata=caller.operator, timeout=5)
        caller.record("dan", choice("d1", "GIVEN"))
        yield Place(served, caller, Pseudonyms.load(tmp_path / "data" / "pseudonym.key"))


def without_noes(record: Record) -> Record:
    """*record* as if the person had said yes only."""
    return structs.replace(record, entries=tuple(one for one in record.entries if one.kind == "given"))


def test_nothing_is_found_in_a_log_that_is_whole(place: Place) -> None:
    """Exit code 0; counts of everything that was looked at, for people and for programs."""
    text = place.verify()
    plain = place.json()
    log_id = place.served.sidecar.world.cache.log_id

    assert 0 == text.exit_code, text.stderr
    assert {
        "log_id": log_id,
        "verified_through": f"{log_id}.7",
        "entries": 6,
        "subjects": 4,
        "renamed": 0,
        "not_verifiable": 0,
        "not_verifiable_because": [],
        "compared": 4,
        "read_before_use": 0,
        "unsettled": 0,
        "differences": 0,
        "found": [],
        "bundle": plain["bundle"],
    } == plain
    assert f"entries      6, everything through {log_id}.7, made again under" in text.stdout
    assert "people       4 compared" in text.stdout


def test_a_record_that_was_changed_with_the_right_key_is_found(place: Place) -> None:
    """The no in it is gone, and its code fits; told by its revision, and never whose it is."""
    place.recode(2, lambda entry: replace(entry, record=without_noes(entry.record)))
    result = place.verify()

    assert 1 == result.exit_code
    assert [(2, "record")] == place.found()
    assert ".2  " in result.stdout
    assert "its record is not what the event makes of the one before: entries" in result.stdout
    for word in ("ada", place.pseudonyms.of("ada").hex()):
        assert word not in result.stdout + result.stderr


def test_the_last_record_that_was_changed_differs_from_the_view_too(place: Place) -> None:
    """What was changed behind the back of a running sidecar is not what it answers from."""
    place.recode(3, lambda entry: replace(entry, record=structs.replace(entry.record, entries=())))

    assert [(3, "record"), (3, "standing")] == place.found()


def test_an_entry_that_was_removed_is_found(place: Place) -> None:
    """In the middle of somebody's history; positions say so too."""
    place.sql("DELETE FROM entries WHERE position = 2")

    assert [(5, "missing"), (3, "removed")] == place.found()


def test_the_newest_entry_of_somebody_that_was_removed_is_found(place: Place) -> None:
    """By the hole that it leaves, and because the view still has it."""
    place.sql("DELETE FROM entries WHERE position = 5")

    assert [(6, "removed"), (2, "standing")] == place.found()


def test_everything_of_somebody_that_was_removed_is_found(place: Place) -> None:
    """By the hole, and because the view holds more people than the log."""
    place.sql("DELETE FROM entries WHERE position = 3")

    assert [(5, "removed")] == [one for one in place.found() if one[1] != "nobody"]
    assert (7, "nobody") in place.found()


def test_the_newest_entry_of_all_that_was_removed_is_found_while_it_runs(place: Place) -> None:
    """The view has come further than the log; the next start is refused."""
    place.caller.record("bob", choice("b2", "GIVEN"))
    place.sql("DELETE FROM entries WHERE position = 8")

    assert [(3, "standing")] == place.found()


def test_a_view_that_holds_something_else_is_found(place: Place) -> None:
    """Though the log is whole; and somebody whom it does not know at all."""
    cache = place.served.sidecar.world.cache
    cache._slots.put(place.pseudonyms.of("bob"), UNKNOWN_STANDING)  # type: ignore[attr-defined]
    wrong = place.found()
    cache._slots.put(place.pseudonyms.of("stranger"), UNKNOWN_STANDING)  # type: ignore[attr-defined]

    assert [(3, "standing")] == wrong
    assert [(3, "standing"), (7, "nobody")] == place.found()


def test_what_another_bundle_does_not_have_is_counted_and_is_no_difference(place: Place, tmp_path: Path) -> None:
    """The purpose is gone from it: exit code 0, with the reason."""
    bundle = tmp_path / "bundle"
    shutil.copytree(BUNDLE, bundle)
    for path in bundle.rglob("*"):
        if path.is_file() and path.suffix in (".yaml", ".cedar", ".md"):
            text = path.read_text("utf-8")
            path.write_text(text.replace("marketing.communications.email", "marketing.communications.letter"), "utf-8")
    result = place.verify("--bundle", str(bundle))
    plain = place.json("--bundle", str(bundle))

    assert 0 == result.exit_code, result.stderr
    assert 5 == plain["not_verifiable"]
    assert "5 entries cannot be made again under this bundle" in result.stderr
    assert "marketing.communications.email" in result.stderr
    assert 0 == plain["differences"]


def test_a_bundle_that_is_not_the_one_served_is_asked_for(place: Place, tmp_path: Path) -> None:
    """Where the served one cannot be read, or is another by now; one that is invalid is that."""
    nothing = place.verify("--bundle", str(tmp_path / "nothing"))
    world = place.served.sidecar.world
    snapshot = world.policies.snapshot
    changed = replace(snapshot.bundle, revision="sha256:0")
    object.__setattr__(snapshot, "bundle", changed)
    other = place.verify()
    object.__setattr__(snapshot, "bundle", replace(changed, source=str(tmp_path / "moved")))
    moved = place.verify()

    assert [3, 1, 1] == [result.exit_code for result in (nothing, other, moved)]
    assert "is not here what the sidecar serves from there" in other.stderr
    assert "name a bundle with --bundle" in other.stderr
    assert "cannot be read here" in moved.stderr


def test_a_log_that_cannot_be_read_is_an_error(place: Place) -> None:
    """A code that does not fit ends it: exit code 1, and nothing is said to be right."""
    place.sql("UPDATE entries SET record = zeroblob(9) WHERE position = 3")
    result = place.verify("--output", "json")

    assert 1 == result.exit_code
    assert "" == result.stdout
    assert "the consent log cannot be read" in json.loads(result.stderr)["error"]["message"]


def test_a_log_goes_on_changing_while_it_is_verified(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes between reading and comparing is read and compared again."""
    compare = Audit._compare

    def late(audit: Audit, progress: Any) -> None:
        place.caller.record("bob", choice("b2", "GIVEN"))
        place.caller.record("new", choice("n1", "GIVEN"))
        compare(audit, progress)

    monkeypatch.setattr(Audit, "_compare", late)
    plain = place.json()

    assert 0 == plain["differences"], plain
    assert plain["verified_through"].endswith(".9")
    assert [8, 0] == [plain["entries"], plain["unsettled"]]
