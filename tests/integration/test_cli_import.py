"""``consent import`` when much of it goes wrong."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from sidecar.consent.bounds import MAX_OPENING
from sidecar.consent.codec import line_to_json
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.instant import DAY
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import ChoiceKind
from sidecar.testing import FixedClock, Served, serving

LINES = 100_000
EMAIL = "marketing.communications.email"
CLOCK = FixedClock()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A sidecar with nobody in it."""
    with serving(data_dir=tmp_path / "data", clock=CLOCK) as running:
        yield running


def imported(served: Served, file: Path, *words: str) -> Result:
    """The outcome of importing *file*."""
    environ = {"SIDECAR_ADDRESS": served.address, "SIDECAR_TOKEN_FILE": str(served.token_file)}
    return CliRunner().invoke(sidecar, ["consent", "import", str(file), *words], env=environ, prog_name="sidecar")


def event(event_id: str, kind: ChoiceKind = ChoiceKind.GIVEN, scope: Scope | None = None) -> Event:
    """A choice of a day ago."""
    about = scope or Scope(purposes=(EMAIL,), categories=("user.contact.email",))
    return Event(id=event_id, act=Submission(choices=(Choice(kind=kind, scope=about),)), occurred_at=CLOCK.now - DAY)


def write(path: Path, lines: Sequence[bytes]) -> Path:
    """*path* with *lines* in it."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


GOOD = line_to_json("nobody", event("x"))
BAD = {
    b"hello": "not JSON",
    b'{"id":"x"': "not JSON",
    b"\xff\xfe": "not JSON",
    b"[]": "expected `object`, got `array`",
    GOOD.replace(b'"id":"x",', b""): "missing required field `id`",
    GOOD.replace(b'"nobody"', b'""'): "`subject`: must have 1 to 256 bytes, has 0",
    GOOD.replace(b'"x"', b'"x","more":1'): "unknown field `more`",
    GOOD.replace(b'"x"', b'"x","id":"y"'): "has `id` twice in one object",
    GOOD.replace(EMAIL.encode(), b"world.domination"): "world.domination",
    GOOD.replace(b"submission", b"erasure").replace(b'{"choices"', b'{"categories":[],"choices"'): "unknown field",
    b'{"id":"x","subject":"nobody","erasure":{}}': "an import does not erase",
    b'{"id":"x","subject":"nobody","traits":{"jurisdiction":"DE"}}': "must say when it happened",
    GOOD[:-1] + b',"method":"' + b"m" * 70_000 + b'"}': "at most 65536 are taken",
}


def test_malformed_lines_among_very_many_spoil_no_other(served: Served, tmp_path: Path) -> None:
    """The rest goes in; those refused are in a file, each below its reason, which is imported once they are mended."""
    kinds = tuple(BAD)
    lines = [line_to_json(f"s{number // 2}", event(f"e{number}")) for number in range(LINES)]
    refused = range(0, LINES, 1_000)
    for place, number in enumerate(refused):
        lines[number] = kinds[place % len(kinds)]
    first = imported(served, write(tmp_path / "all.jsonl", lines), "--output", "json")
    outcome = json.loads(first.stdout)
    rejects = Path(outcome["rejects_file"])
    told = rejects.read_bytes().splitlines()
    mended = [
        line if line.startswith(b"#") else line_to_json(f"m{number}", event("mended"))
        for number, line in enumerate(told)
    ]
    second = imported(served, write(tmp_path / "mended.jsonl", mended))
    again = json.loads(imported(served, tmp_path / "all.jsonl", "--output", "json").stdout)

    assert (1, 0) == (first.exit_code, second.exit_code), (first.stderr, second.stderr)
    assert [LINES - len(refused), 0, len(refused)] == [outcome[key] for key in ("recorded", "duplicates", "rejected")]
    assert tmp_path / "all.jsonl.rejected" == rejects
    for place, (reason, line) in enumerate(zip(told[::2], told[1::2], strict=True)):
        assert reason.startswith(f"# line {refused[place] + 1}: ".encode())
        assert BAD[line] in reason.decode()
        assert line == kinds[place % len(kinds)]
    assert f"{len(refused)} recorded, 0 known before, 0 refused" in second.stdout
    assert [0, LINES - len(refused)] == [again["recorded"], again["duplicates"]]
    assert LINES // 2 + len(refused) == served.sidecar.world.cache.subjects


def test_events_that_lie_ahead_are_told_of(served: Served, tmp_path: Path) -> None:
    """A no is never refused for its date: it counts from now, which whoever sends it may not have meant."""
    ahead = [replace(event(f"e{n}", ChoiceKind.WITHDRAWN), occurred_at=CLOCK.now + n * DAY) for n in range(3)]
    lines = [line_to_json("ada", one) for one in (event("a"), *ahead)]
    first = imported(served, write(tmp_path / "x", lines))
    second = json.loads(imported(served, tmp_path / "x", "--output", "json").stdout)

    assert 0 == first.exit_code
    assert (
        "warning: 2 recorded with a time that lies ahead, which count from now instead; the first is line 3"
        in first.stderr
    )
    assert [4, 0] == [second["duplicates"], second["ahead"]]
    assert CLOCK.now <= served.ledger.history("ada", after=0, limit=9)[-1].effective_at < CLOCK.now + DAY


def test_a_record_that_is_full_refuses_grants_and_takes_a_withdrawal(served: Served, tmp_path: Path) -> None:
    """Six hundred things agreed to do not fit; a no always does, and closes all of them."""
    catalog = served.sidecar.world.policies.snapshot.catalog
    wanted = list(product((EMAIL, "train_ai_system", "personalize.content"), sorted(catalog.categories)))
    channels = ("email", "sms", "phone", "push", "post", "in_app", "voice", "device")
    scopes = [
        Scope(purposes=(purpose,), categories=(category,), channels=(channel,))
        for (purpose, category), channel in product(wanted, channels)
    ][:600]
    lines = [line_to_json("ada", event(f"g{number}", scope=scope)) for number, scope in enumerate(scopes)]
    lines.append(line_to_json("ada", event("no", ChoiceKind.WITHDRAWN, Scope())))
    result = imported(served, write(tmp_path / "x", lines), "--output", "json")
    outcome = json.loads(result.stdout)
    _, record = served.ledger.record_of("ada")

    assert 600 == len(scopes)
    assert [MAX_OPENING + 1, 600 - MAX_OPENING] == [outcome["recorded"], outcome["rejected"]]
    assert b"the record holds too many choices for another grant" in Path(outcome["rejects_file"]).read_bytes()
    assert "withdrawn" == record.entries[-1].kind


def test_a_disk_that_is_full_stops_an_import_which_can_be_repeated(served: Served, tmp_path: Path) -> None:
    """What was acknowledged is there, the rest is not; once there is room the same file completes it."""
    lines = [line_to_json(f"s{number}", event(f"e{number}")) for number in range(3_000)]
    file = write(tmp_path / "x", lines)
    writer = served.sidecar._log._writer  # type: ignore[attr-defined] # that of SQLite
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages + 200}")
    full = imported(served, file, "--output", "json")
    error = json.loads(full.stderr)["error"]
    kept = len(served.sidecar._log.entries(after=0, limit=10_000))
    writer.execute("PRAGMA max_page_count = 1000000")
    again = json.loads(imported(served, file, "--output", "json").stdout)

    assert 1 == full.exit_code
    assert "unavailable" == error["code"]
    assert f"the import stopped after line {error['through_line']}: " in error["message"]
    assert "the consent log cannot be read or written" in error["message"]
    assert "run the same command again" in error["hint"]
    assert 0 < error["recorded"] == error["through_line"] == kept < 3_000
    assert [3_000 - kept, kept, 0] == [again[key] for key in ("recorded", "duplicates", "rejected")]
    assert 3_000 == len(served.sidecar._log.entries(after=0, limit=10_000))


def test_nobody_is_imported_under_another_key(served: Served, tmp_path: Path) -> None:
    """A sidecar whose key does not belong to its log does not even start; both keys are named."""
    assert 0 == imported(served, write(tmp_path / "x", [GOOD])).exit_code
    served.sidecar.stop(0)
    key = tmp_path / "data" / "pseudonym.key"
    right = Pseudonyms.load(key).key_id
    key.write_bytes(bytes(32))
    with pytest.raises(ConsentLogError) as caught, serving(data_dir=tmp_path / "data"):
        pass

    assert f"written under pseudonym key {right}, but the key here is {Pseudonyms(bytes(32)).key_id}" in str(
        caught.value
    )
