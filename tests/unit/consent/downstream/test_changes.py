from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from sidecar.consent.downstream.changes import PAGE, Changes, Taken
from sidecar.consent.ledger import ImportLine
from sidecar.consent.revision import Revision
from sidecar.consent.view.replica import Replica
from sidecar.errors import LogLostError, StartOverError
from sidecar.model.instant import DAY
from tests.unit.consent.desk import NOW, Desk, desk, no, yes

OTHER = "f" * 16


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def changes(at_desk: Desk) -> Changes:
    """What that ledger's log tells."""
    return Changes(at_desk.log, at_desk.cache)


def told(taken: Taken) -> list[tuple[int, str]]:
    """Positions and events."""
    return [(entry.position, entry.event.id) for entry in taken.entries]


def test_an_empty_log_tells_nothing(changes: Changes) -> None:
    """And there is no more of it."""
    assert Taken((), 0, more=False) == changes.take(0, log_id=changes.log_id)


def test_everything_is_told_in_the_order_of_the_log(at_desk: Desk, changes: Changes) -> None:
    """Of several people, each change with the record after it, from any place on."""
    at_desk.ledger.record("p1", yes("a"))
    at_desk.ledger.record("p2", yes("b"))
    at_desk.ledger.record("p1", no("c"))
    every, last = changes.take(0, log_id=changes.log_id), changes.take(2, log_id=changes.log_id)

    assert [(1, "a"), (2, "b"), (3, "c")] == told(every)
    assert [1, 1, 2] == [len(entry.record.entries) for entry in every.entries]
    assert ([(3, "c")], 3, False) == (told(last), last.through, last.more)
    assert Taken((), 3, more=False) == changes.take(3, log_id=changes.log_id)


def test_what_an_erasure_removed_is_not_told_any_more(at_desk: Desk, changes: Changes) -> None:
    """Only that the person was erased, without the id."""
    at_desk.ledger.record("p1", yes("a"))
    at_desk.ledger.record("p2", yes("b"))
    at_desk.ledger.erase("p1", "gone")
    taken = changes.take(0, log_id=changes.log_id)

    assert [(2, "b"), (3, "gone")] == told(taken)
    assert b"" == taken.entries[-1].sealed


def test_many_are_told_page_by_page(at_desk: Desk, changes: Changes) -> None:
    """Each page says whether there is more, and none leaves anything out."""
    at_desk.ledger.import_lines(
        [ImportLine(line=n, subject=f"p{n}", event=yes("a", occurred_at=NOW)) for n in range(1, PAGE + 3)]
    )
    first = changes.take(0, log_id=changes.log_id)
    second = changes.take(first.through, log_id=changes.log_id)

    assert (PAGE, PAGE, True) == (len(first.entries), first.through, first.more)
    assert (2, PAGE + 2, False) == (len(second.entries), second.through, second.more)


def test_nothing_is_told_before_a_question_would_see_it(at_desk: Desk) -> None:
    """What the log has and the view has not yet waits, and with it everything behind."""
    behind = Replica(at_desk.log, at_desk.pseudonyms)
    changes = Changes(at_desk.log, behind)
    at_desk.ledger.record("p1", yes("a"))
    first = at_desk.log.head(at_desk.pseudonyms.of("p1"))
    assert first is not None
    at_desk.ledger.record("p1", no("b"))
    unseen = changes.take(0, log_id=changes.log_id)
    behind.apply((first,), now=NOW)

    assert Taken((), 0, more=False) == unseen
    assert ([(1, "a")], 1) == (
        told(changes.take(0, log_id=changes.log_id)),
        changes.take(0, log_id=changes.log_id).through,
    )


def test_who_waits_is_told_of_the_next_change(at_desk: Desk, changes: Changes) -> None:
    """As soon as it is applied, not after a time."""
    waiting = Thread(target=lambda: changes.wait(beyond=0, seconds=60))
    waiting.start()
    at_desk.ledger.record("p1", yes("a"))
    waiting.join(30)

    assert not waiting.is_alive()
    assert [(1, "a")] == told(changes.take(0, log_id=changes.log_id))


def test_a_revision_of_this_log_is_a_place_to_go_on_from(at_desk: Desk, changes: Changes) -> None:
    """The start, one that the view has, and one that it has yet to see."""
    at_desk.ledger.record("p1", yes("a"))
    behind = Changes(at_desk.log, Replica(at_desk.log, at_desk.pseudonyms))

    assert [0, 1, 1] == [
        each.behind(Revision(changes.log_id, position), remembered_from=None, now=NOW)
        for each, position in ((changes, 0), (changes, 1), (behind, 1))
    ]


@pytest.mark.parametrize(
    ("revision", "why"), [(Revision(OTHER, 0), "another log"), (Revision("", 2), "end of the log")]
)
def test_a_revision_that_is_no_place_means_to_start_over(
    at_desk: Desk, changes: Changes, revision: Revision, why: str
) -> None:
    """Of another log, or of a part that this one lost: going on would leave something out."""
    at_desk.ledger.record("p1", yes("a"))
    asked = replace(revision, log_id=revision.log_id or changes.log_id)
    with pytest.raises(StartOverError, match=why) as caught:
        changes.behind(asked, remembered_from=None, now=NOW)

    assert "from_start" in str(caught.value)


def test_an_age_is_found_far_back(at_desk: Desk) -> None:
    """Of somebody with many entries nothing is left but the erasure."""
    at_desk.ledger.record("p1", yes("a"))
    for number in range(20):
        at_desk.ledger.record("p2", (no if number % 2 else yes)(f"b{number}"))
    at_desk.ledger.erase("p2", "gone")
    changes = Changes(at_desk.log, at_desk.cache, keeps=40 * DAY)
    revision = Revision(changes.log_id, 21)

    assert 21 == changes.behind(revision, remembered_from=None, now=NOW + 39 * DAY)
    with pytest.raises(StartOverError, match="forgotten"):
        changes.behind(revision, remembered_from=None, now=NOW + 41 * DAY)


@pytest.mark.parametrize(
    ("position", "remembered_from", "days", "missed"),
    [
        pytest.param(2, None, 39, False, id="young-enough"),
        pytest.param(2, None, 41, True, id="too-old"),
        pytest.param(3, None, 39, False, id="erased-but-what-came-before-has-an-age"),
        pytest.param(3, None, 41, True, id="erased-and-what-came-before-is-too-old"),
        pytest.param(1, None, 0, True, id="nothing-up-to-there-that-has-an-age"),
        pytest.param(4, None, 41, False, id="behind-which-there-is-nothing"),
        pytest.param(0, None, 41, False, id="the-start"),
        pytest.param(2, 2, 41, False, id="acknowledged"),
        pytest.param(2, 1, 41, False, id="behind-what-is-acknowledged"),
        pytest.param(2, 3, 41, True, id="before-what-is-acknowledged"),
        pytest.param(2, 0, 41, False, id="never-acknowledged"),
    ],
)
def test_who_goes_back_beyond_what_is_remembered_starts_over(
    at_desk: Desk, position: int, remembered_from: int | None, days: int, *, missed: bool
) -> None:
    """An erasure that everybody has acknowledged may be forgotten after a time; nobody must miss it."""
    at_desk.ledger.record("p1", yes("a"))
    at_desk.ledger.record("p2", yes("b"))
    at_desk.ledger.record("p1", no("c"))
    at_desk.ledger.erase("p1", "gone")
    changes = Changes(at_desk.log, at_desk.cache, keeps=40 * DAY)
    revision = Revision(changes.log_id, position)
    with pytest.raises(StartOverError, match="forgotten") if missed else nullcontext():
        assert position == changes.behind(revision, remembered_from=remembered_from, now=NOW + days * DAY)


def test_another_log_in_its_place_ends_it(changes: Changes) -> None:
    """Its positions mean something else."""
    with pytest.raises(StartOverError, match="another log"):
        changes.take(0, log_id=OTHER)


def test_a_log_that_is_replaced_while_it_is_read_tells_nothing(
    at_desk: Desk, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be of the new one."""
    at_desk.ledger.record("p1", yes("a"))
    log_id = changes.log_id
    monkeypatch.setattr(at_desk.log, "log_id", OTHER)
    with pytest.raises(StartOverError, match="another log"):
        changes.take(0, log_id=log_id)


def test_a_lost_log_is_no_log_without_changes(at_desk: Desk, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it is lost."""
    monkeypatch.setattr(type(at_desk.cache), "lost", property(lambda _: "it was deleted"))
    with pytest.raises(LogLostError, match="it was deleted"):
        changes.take(0, log_id=changes.log_id)
