"""``sidecar audience`` against a real sidecar: ids in, ids out, numbers beside, wrong files told by their line."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.audience import MAX_BYTES, MAX_TOGETHER, parts
from sidecar.cli.program import sidecar
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import calling, choice

NEWS = ("audience", "newsletter", "customer.email", "--purpose", "marketing.communications.email")
BROWSING = ("audience", "analytics", "customer.browsing", "--purpose", "essential.service.operations.improve")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One sidecar; Ada and Bob agreed to the newsletter, Cy took it back."""
    with serving(clock=FixedClock()) as running, calling(running) as caller:
        for subject in ("ada", "bob", "cy"):
            caller.record(subject, choice(f"yes-{subject}", "GIVEN"))
        caller.record("cy", choice("no-cy", "WITHDRAWN"))
        yield running


def run(served: Served, *words: str, content: str | bytes = "", stdin: str | bytes = "") -> Result:
    """The outcome of a command; what it reads is *content* of a file, unless it is told of another."""
    with TemporaryDirectory() as folder:
        people = Path(folder) / "people.txt"
        people.write_bytes(content if isinstance(content, bytes) else content.encode())
        file = () if "--subjects" in words else ("--subjects", str(people))
        environ = {"SIDECAR_ADDRESS": served.address}
        return CliRunner().invoke(sidecar, [*words, *file], env=environ, input=stdin, prog_name="sidecar")


def from_json(result: Result) -> dict[str, Any]:
    """What was printed."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_ids_go_in_and_those_who_may_be_used_come_out(served: Served) -> None:
    """Nothing else is on standard output, however the file is written; numbers are beside it."""
    result = run(served, *NEWS, content=b"\xef\xbb\xbfbob\r\n\nzoe\ncy\nada\nbob")

    assert (0, "bob\nada\n") == (result.exit_code, result.stdout)
    assert result.stderr.splitlines() == [
        "2 of 4 may be used",
        "  1 left out: CONSENT_WITHDRAWN",
        "  1 left out: CONSENT_UNKNOWN",
    ]


def test_ids_may_come_from_standard_input(served: Served) -> None:
    """For use in a pipe."""
    result = run(served, *NEWS, "--subjects", "-", stdin="ada\ncy\n")

    assert (0, "ada\n") == (result.exit_code, result.stdout)


@pytest.mark.parametrize(
    ("stdin", "told"),
    [
        (b"", "nobody in standard input"),
        (b"\xff\n", "line 1 of standard input is not UTF-8"),
        (b"ada\tx\n", "line 1 of standard input holds no id: must not contain control characters"),
    ],
)
def test_standard_input_is_told_by_its_name(served: Served, stdin: bytes, told: str) -> None:
    """Not as a file that is called `-`."""
    result = run(served, *NEWS, "--subjects", "-", stdin=stdin)

    assert (1, "") == (result.exit_code, result.stdout)
    assert told in result.stderr


def test_nobody_is_exit_code_2(served: Served) -> None:
    """As a deny; with the name that is unknown, if it is one."""
    denied = run(served, *NEWS, content="cy\n")
    unknown = run(served, "audience", "newsletter", "no.such", *NEWS[3:], content="ada\nbob\n")

    assert [(2, ""), (2, "")] == [(one.exit_code, one.stdout) for one in (denied, unknown)]
    assert "2 left out: UNKNOWN_FIELD `no.such`" in unknown.stderr


def test_who_must_be_masked_is_left_out_unless_one_can(served: Served) -> None:
    """Then it is told behind each id what must be done."""
    unable = run(served, *BROWSING, content="p\nq\n")
    able = run(served, *BROWSING, "--mask", "year", "--mask", "hash", content="p\nq\n")
    plain = from_json(run(served, *BROWSING, "--mask", "hash", "--output", "json", content="p\nq\n"))

    assert (2, "") == (unable.exit_code, unable.stdout)
    assert "2 left out: you would have to mask customer.browsing by `hash`; say so with --mask" in unable.stderr
    assert (0, "p\tcustomer.browsing=hash\nq\tcustomer.browsing=hash\n") == (able.exit_code, able.stdout)
    assert [{"masks": {"customer.browsing": "hash"}, "subjects": ["p", "q"]}] == plain["masked"]
    assert ([], 2, 2) == (plain["subjects"], plain["usable"], plain["asked"])


def test_programs_get_all_that_was_said(served: Served) -> None:
    """Of several calls together."""
    plain = from_json(run(served, *NEWS, "--output", "json", content="ada\nzoe\ncy\n"))
    unable = from_json(run(served, *BROWSING, "--output", "json", content="ada\n"))

    assert (["ada"], {"CONSENT_WITHDRAWN": 1, "CONSENT_UNKNOWN": 1}) == (plain["subjects"], plain["denied"])
    assert [served.sidecar.world.policies.snapshot.bundle.revision] == plain["policy_revisions"]
    assert (1, None, 0) == (len(plain["decision_ids"]), plain["clock_changes_at"], plain["consent_age_ms"])
    assert [{"masks": {"customer.browsing": "hash"}, "count": 1}] == unable["obliged"]


def test_more_than_fit_into_one_call_are_asked_about_in_several(served: Served) -> None:
    """Each once, whichever call they would be in."""
    people = [f"person-{number:05}" for number in range(MAX_TOGETHER + 5)]
    result = run(served, *NEWS, "--output", "json", content="\n".join([*people, "ada", *people, "ada", "bob"]))
    plain = from_json(result)

    assert (MAX_TOGETHER + 7, ["ada", "bob"], 2) == (plain["asked"], plain["subjects"], len(plain["decision_ids"]))


def test_long_ids_are_sent_in_messages_that_are_taken(served: Served) -> None:
    """Fewer of them together."""
    people = [f"{number:05}" + "ä" * 125 for number in range(2_000)]
    given = [line.encode() + b"\n" for line in people]
    found = list(parts("x", given))
    result = run(served, *NEWS, content=b"".join(given))

    assert people == [subject for part in found for subject in part.subjects]
    assert sum(map(len, given)) == sum(part.size for part in found)
    assert 2 == len(found)
    assert max(sum(len(one.encode()) + 3 for one in part.subjects) for part in found) <= MAX_BYTES
    assert "0 of 2,000 may be used" in result.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"ada\n\nb\x07b\n", "people.txt` holds no id: must not contain control characters", id="control"),
        pytest.param(b"ada\n" + b"x" * 257, "people.txt` holds no id: must have 1 to 256 bytes, has 257", id="long"),
        pytest.param(b"ada\ncaf\xe9\n", "people.txt` is not UTF-8", id="latin-1"),
        pytest.param(b"\n\n", "people.txt`", id="empty"),
        pytest.param(
            b"\n".join(b"%d" % number for number in range(MAX_TOGETHER)) + b"\n\nb\x07b\n",
            f"stopped after line {MAX_TOGETHER}: line {MAX_TOGETHER + 2} of `",
            id="the-second-call",
        ),
    ],
)
def test_a_wrong_line_is_named(served: Served, content: bytes, told: str) -> None:
    """By its number, never by itself; what was told before it stands."""
    result = run(served, *NEWS, content=content)

    assert 1 == result.exit_code
    assert told in result.stderr
    assert "b\x07b" not in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--mask", "hsah"), "--mask"),
        (("--attribute", "x"), "NAME=VALUE"),
        (("--recipient", "x"), "recipient"),
        (("--subjects", "no-such-file"), "no-such-file"),
        (("--address", "127.0.0.1:1"), "is unavailable"),
    ],
)
def test_a_wrong_word_is_told(served: Served, words: tuple[str, ...], told: str) -> None:
    """As by every command."""
    result = run(served, *NEWS, *words, content="ada\n")

    assert (1, "") == (result.exit_code, result.stdout)
    assert told in result.stderr


def test_too_long_a_message_says_which_limit_it_is(tmp_path: Path) -> None:
    """An operator may have lowered it."""
    with serving(data_dir=tmp_path, settings={"limits.audience_bytes": 4_096, "limits.message_bytes": 4_096}) as small:
        result = run(small, *NEWS, content="\n".join(f"person-{number}" for number in range(1_000)))

    assert 1 == result.exit_code
    assert "limits.audience_bytes" in result.stderr


def test_a_sidecar_that_takes_fewer_people_says_so_and_the_command_can_ask_in_more_calls(tmp_path: Path) -> None:
    """The error names the limit, and the option that it is followed with; from then on nobody is left out."""
    people = "\n".join(f"person-{number}" for number in range(25))
    with serving(clock=FixedClock(), data_dir=tmp_path, settings={"limits.audience_subjects": 10}) as small:
        refused = run(small, *NEWS, content=people)
        heard = run(small, *NEWS, "--together", "10", "--output", "json", content=people)

    assert 1 == refused.exit_code
    assert "`subjects`: must have 1 to 10, has 25 (`limits.audience_subjects`)" in refused.stderr
    assert "--together 10" in refused.stderr
    assert (25, 3) == (from_json(heard)["asked"], len(from_json(heard)["decision_ids"]))
