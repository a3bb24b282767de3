"""Links, one by one: what is shared, since when, how far, and what ends it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent.codec import event_to_json
from sidecar.consent.fold import fold
from sidecar.consent.ledger import ImportLine
from sidecar.consent.linking import MAX_LINKED, PREFIX, RECENT, Linking
from sidecar.consent.log import erases_person
from sidecar.consent.profile import resolve
from sidecar.consent.record import EMPTY, MAX_SEEN, Kind, Record, Tie, merge
from sidecar.errors import EventConflictError, RequestError
from sidecar.model.event import Event, Lifting, Link, LinkTo, No, Restriction, Shared, Traits
from sidecar.model.instant import SECOND
from sidecar.model.scope import EVERYTHING
from sidecar.model.vocabulary import Actor, NoKind
from tests.unit.consent.desk import NOW, Desk, desk, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store
from tests.worlds import CATALOG, EMAIL, choice, scope, submission

HOUR = 3_600 * SECOND


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as at_work:
        yield at_work


def link(event_id: str, other: str, **more: int) -> Event:
    """A link to *other*."""
    return Event(id=event_id, act=LinkTo(other_subject=other), **more)  # type: ignore[arg-type] # by name


def says(at_work: Desk | SharedDesk, subject: str) -> list[tuple[str, str]]:
    """What a record says: kinds and purposes, in order."""
    _, record = at_work.ledger.record_of(subject)
    return [(entry.kind.value, entry.atom.purpose) for entry in record.entries]


def history(at_work: Desk, subject: str) -> list[Event]:
    """All events of *subject*."""
    return [entry.event for entry in at_work.ledger.history(subject, after=0, limit=999)]


def test_a_no_of_either_counts_for_both_and_a_yes_for_one(at_work: Desk) -> None:
    """From the moment that it is acknowledged, in the view too."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record("ada", yes("yes"))
    at_work.ledger.record("tv", no("no"))
    at_work.ledger.record("ada", Event(id="stop", act=Restriction(scope=scope("improve"))))
    at_work.ledger.record("ada", Event(id="age", act=Traits(of_age_at=1)))

    assert [("given", EMAIL), ("withdrawn", EMAIL), ("restricted", "improve")] == says(at_work, "ada")
    assert [("withdrawn", EMAIL), ("restricted", "improve")] == says(at_work, "tv")
    assert () == at_work.ledger.record_of("tv")[1].traits
    for subject in ("ada", "tv"):
        _, record = at_work.ledger.record_of(subject)
        assert resolve(record, NOW) == at_work.cache.lookup(at_work.cache.pseudonym(subject))


def test_a_revision_that_has_the_no_has_it_for_all(at_work: Desk) -> None:
    """What is shared is written before; so whoever waits for the revision has waited for that too."""
    at_work.ledger.record("ada", link("l", "tv"))
    recorded = at_work.ledger.record("tv", no("no"))

    assert at_work.ledger.record_of("ada")[0] < recorded.revision == at_work.ledger.record_of("tv")[0]


def test_a_link_exchanges_what_was_said_counting_from_then(at_work: Desk) -> None:
    """A yes that came between does not lift it; a yes that comes later does, of its own id only."""
    at_work.ledger.record("ada", no("no"))
    at_work.now += 10
    at_work.ledger.record("tv", yes("yes", about=scope(EMAIL, "user")))
    at_work.now += 10
    at_work.ledger.record("tv", link("l", "ada"))
    given, withdrawn = at_work.ledger.record_of("tv")[1].entries

    assert (Kind.GIVEN, Kind.WITHDRAWN) == (given.kind, withdrawn.kind)
    assert withdrawn.at >= at_work.now > given.at
    at_work.ledger.record("tv", yes("again", about=scope(EMAIL, "user")))
    assert [("withdrawn", EMAIL)] == says(at_work, "ada")


def test_what_was_lifted_whole_by_an_operator_is_not_shared(at_work: Desk) -> None:
    """A restriction whose ground is gone does not come back by a link; what agreement lifted does: it was said."""
    operator = {"actor": Actor.OPERATOR}
    at_work.ledger.record("ada", Event(id="stop", act=Restriction(scope=scope("improve"))))
    at_work.ledger.record("ada", Event(id="lift", act=Lifting(scope=scope("improve")), **operator))  # type: ignore[arg-type]
    at_work.ledger.record("ada", Event(id="stop-again", act=Restriction(scope=scope("content"))))
    at_work.ledger.record("ada", link("l", "tv"))

    assert [("restricted", "content")] == says(at_work, "tv")
    at_work.ledger.record("ada", Event(id="lift-2", act=Lifting(scope=scope()), **operator))  # type: ignore[arg-type]
    assert [("restricted", "content")] == says(at_work, "tv")  # lifting opens: each id is lifted on its own


def test_links_reach_by_way_of_others(at_work: Desk) -> None:
    """Chains and circles; told twice it is there once."""
    at_work.ledger.record("ada", link("1", "tv"))
    at_work.ledger.record("tv", link("2", "car"))
    at_work.ledger.record("car", link("3", "ada"))
    at_work.ledger.record("car", link("3", "ada"))
    at_work.ledger.record("ada", link("4", "tv"))
    at_work.ledger.record("car", no("no"))

    for subject in ("ada", "tv", "car"):
        assert [("withdrawn", EMAIL)] == says(at_work, subject)
    assert 1 == sum(isinstance(event.act, Shared) for event in history(at_work, "ada"))
    assert 2 == len(at_work.ledger.record_of("tv")[1].ties)


def test_a_no_that_comes_by_a_link_says_whose_it_is(at_work: Desk) -> None:
    """To who may see ids: also of an id of which nothing was known, and of one that was erased."""
    at_work.ledger.record("ada", no("no"))
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record("car", yes("yes"))
    at_work.ledger.erase("car", "gone")
    at_work.ledger.record("car", link("l", "tv"))

    told = [
        (entry.pseudonym, at_work.pseudonyms.unseal(entry.sealed))
        for entry in at_work.log.entries(after=0, limit=99)
        if isinstance(entry.event.act, Shared)
    ]
    assert [(at_work.pseudonyms.of(subject), subject) for subject in ("tv", "car")] == told


def test_the_log_names_a_linked_id_by_its_pseudonym(at_work: Desk) -> None:
    """On both sides; no event has the id."""
    at_work.ledger.record("ada", link("l", "television-17"))
    (there,), (back,) = history(at_work, "ada"), history(at_work, "television-17")

    assert Link(other=at_work.cache.pseudonym("television-17")) == there.act
    assert Link(other=at_work.cache.pseudonym("ada")) == back.act
    assert b"television-17" not in event_to_json(there)
    assert b"ada" not in event_to_json(back)
    assert back.id.startswith(PREFIX)


def test_repeating_a_link_is_safe_and_another_under_its_id_a_conflict(at_work: Desk) -> None:
    """Also after the other was erased: it is the same link, and it has ended."""
    first = at_work.ledger.record("ada", link("l", "tv"))
    assert replace(first, duplicate=True) == at_work.ledger.record("ada", link("l", "tv"))
    with pytest.raises(EventConflictError):
        at_work.ledger.record("ada", link("l", "car"))
    at_work.ledger.erase("tv", "gone")

    assert replace(first, duplicate=True) == at_work.ledger.record("ada", link("l", "tv"))
    assert ["gone"] == [event.id for event in history(at_work, "tv")]


def test_an_id_is_not_linked_to_itself(at_work: Desk) -> None:
    """That is a mistake, and nothing is recorded."""
    with pytest.raises(RequestError, match="is the subject itself"):
        at_work.ledger.record("ada", link("l", "ada"))

    assert [] == history(at_work, "ada")


def test_no_more_than_sixteen_are_linked_together(at_work: Desk) -> None:
    """Counted by way of others; a no reaches all of them."""
    for number in range(MAX_LINKED - 1):
        at_work.ledger.record(f"p{number}", link("l", f"p{number + 1}"))
    with pytest.raises(RequestError, match="17 ids would be linked"):
        at_work.ledger.record("p3", link("more", "p16"))
    at_work.ledger.record("p0", no("no"))

    assert all([("withdrawn", EMAIL)] == says(at_work, f"p{number}") for number in range(MAX_LINKED))
    assert [] == says(at_work, "p16")


@pytest.mark.parametrize("erased", ["ada", "tv"])
def test_an_erasure_ends_links_whichever_side_it_is_on(at_work: Desk, erased: str) -> None:
    """The other keeps what it has, hears no more, and is not heard."""
    other = {"ada": "tv", "tv": "ada"}[erased]
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record(erased, no("no"))
    at_work.ledger.erase(erased, "gone")
    at_work.ledger.record(other, no("no-2", about=scope("content")))
    at_work.ledger.record(erased, no("no-3", about=scope("improve")))

    assert [("withdrawn", EMAIL), ("withdrawn", "content")] == says(at_work, other)
    assert [("withdrawn", "improve")] == says(at_work, erased)


def test_an_erased_id_can_be_linked_again_and_hears_of_all_again(at_work: Desk) -> None:
    """Its objections outlived the erasure; what it had of the other did not."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record("ada", no("no"))
    at_work.ledger.erase("tv", "gone")
    assert [] == says(at_work, "tv")
    at_work.ledger.record("ada", link("l-2", "tv"))

    assert [("withdrawn", EMAIL)] == says(at_work, "tv")
    assert at_work.ledger.history("tv", after=0, limit=9)[-1].sealed
    at_work.ledger.record("tv", no("no-2", about=scope("content")))
    assert ("withdrawn", "content") in says(at_work, "ada")


def test_what_is_erased_has_been_shared_before(at_work: Desk) -> None:
    """An erasure is not shared, and takes nothing of what was said away from the others."""
    at_work.ledger.record("ada", no("no"))
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.erase("ada", "gone")

    assert [("withdrawn", EMAIL)] == says(at_work, "tv")
    assert [True] == [erases_person(event) for event in history(at_work, "ada")]
    assert at_work.ledger.record_of("tv")[1].horizon is None


def test_an_erased_id_that_was_forgotten_is_a_stranger(at_work: Desk) -> None:
    """Once nothing is left of it, not even that it was erased, an old link does not reach whoever comes by its id."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.erase("tv", "gone")
    at_work.ledger.record("car", yes("yes"))
    head = at_work.log.head(at_work.cache.pseudonym("tv"))
    assert head is not None
    assert at_work.log.forget(head.pseudonym, head.position)
    at_work.cache.refresh(head.pseudonym, now=at_work.now)
    at_work.now += 2 * HOUR
    at_work.ledger.record("ada", no("no"))

    assert [] == history(at_work, "tv")


def test_what_was_said_in_an_import_counts_from_then_for_all(at_work: Desk) -> None:
    """So that a later yes of another id, imported too, is the later word there."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.now += 10**9
    outcome = at_work.ledger.import_lines(
        [
            ImportLine(line=1, subject="ada", event=no("no", occurred_at=NOW + 100)),
            ImportLine(line=2, subject="tv", event=yes("yes", occurred_at=NOW + 200)),
        ]
    )
    no_there, yes_there = at_work.ledger.record_of("tv")[1].entries

    assert 2 == outcome.recorded
    assert (NOW + 100, NOW + 200) == (no_there.at, yes_there.at)


def test_links_can_be_imported_and_count_from_now(at_work: Desk) -> None:
    """When it happened must be told like in every line; a line that cannot be linked spoils no other."""
    lines = [
        ImportLine(line=1, subject="ada", event=link("l", "tv", occurred_at=NOW - 10**9)),
        ImportLine(line=2, subject="ada", event=link("m", "ada", occurred_at=NOW)),
        ImportLine(line=3, subject="ada", event=link("n", "car")),
        ImportLine(line=4, subject="tv", event=no("no", occurred_at=NOW)),
    ]
    outcome = at_work.ledger.import_lines(lines)

    assert (2, [2, 3]) == (outcome.recorded, [line for line, _ in outcome.rejections])
    assert [NOW] == [tie.at for tie in at_work.ledger.record_of("tv")[1].ties]
    assert [("withdrawn", EMAIL)] == says(at_work, "ada")


def test_what_the_record_has_forgotten_is_found_in_the_log(at_work: Desk) -> None:
    """A no that was lifted long ago is not shared a second time."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record("ada", no("no"))
    at_work.ledger.record("tv", no("own"))  # takes the place of what was shared
    for number in range(MAX_SEEN):
        at_work.ledger.record("tv", yes(f"yes-{number}"))
    before = len(history(at_work, "tv"))
    at_work.ledger.record("ada", yes("any"))

    assert before == len(history(at_work, "tv"))


def test_the_log_of_a_subject_tells_what_its_record_does_not(at_work: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a record has forgotten, nothing is shared twice."""
    at_work.ledger.record("ada", link("l", "tv"))
    at_work.ledger.record("ada", no("no"))
    for number in range(MAX_SEEN):
        at_work.ledger.record("tv", Event(id=f"t{number}", act=Traits(of_age_at=number)))
    before = len(history(at_work, "tv"))
    monkeypatch.setattr(Linking, "_known", lambda *_: set())
    at_work.ledger.record("tv", Event(id="last", act=Traits(of_age_at=1)))

    assert before + 1 == len(history(at_work, "tv"))


def test_a_link_as_sent_is_not_folded() -> None:
    """What is recorded names a pseudonym."""
    with pytest.raises(RequestError, match="pseudonym"):
        fold(EMPTY, link("l", "tv"), accepted_at=NOW, catalog=CATALOG)


def test_of_two_links_to_the_same_id_the_later_stays() -> None:
    """In whatever order they are merged."""
    older, later = (Record(ties=(Tie(other=bytes(16), at=at),), latest_at=at) for at in (1, 2))

    assert later.ties == merge(older, later).ties == merge(later, older).ties


def test_a_refused_event_shares_nothing(at_work: Desk) -> None:
    """What is not recorded has not been said."""
    at_work.ledger.record("ada", link("l", "tv"))
    wrong = submission("e", choice("withdrawn", scope(EMAIL)), choice("given", scope("nothing", "*")))
    with pytest.raises(RequestError):
        at_work.ledger.record("ada", wrong)

    assert 1 == len(history(at_work, "tv"))


@pytest.mark.parametrize(
    ("event", "field"),
    [
        pytest.param(Event(id="e", act=Link(other=bytes(16))), "event", id="recorded-link"),
        pytest.param(
            Event(id="e", act=Shared(noes=(No(kind=NoKind.OBJECTED, atom=EVERYTHING),))), "event", id="shared"
        ),
        pytest.param(no(f"{PREFIX}0123"), "event.id", id="id"),
        pytest.param(link("l", "x" * 257), "event.link.other_subject", id="other"),
        pytest.param(link("l", ""), "event.link.other_subject", id="nobody"),
    ],
)
def test_what_only_the_log_says_is_not_taken(at_work: Desk, event: Event, field: str) -> None:
    """Neither from a call nor from an import."""
    with pytest.raises(RequestError) as caught:
        at_work.ledger.record("ada", event)
    outcome = at_work.ledger.import_lines([ImportLine(line=1, subject="ada", event=replace(event, occurred_at=NOW))])

    assert field == caught.value.field
    assert 1 == len(outcome.rejections)
    assert [] == history(at_work, "ada")


def test_an_erasure_has_no_id_of_the_logs_own(at_work: Desk) -> None:
    """Told by the field of its request."""
    with pytest.raises(RequestError, match="`id`: begins with"):
        at_work.ledger.erase("ada", f"{PREFIX}0123")


# --- A log that others write to ------------------------------------------------------------------------------------


def test_what_another_process_links_is_followed_at_once() -> None:
    """Who is linked is read from the log, not from a view that may be behind."""
    store = Store()
    one, other = SharedDesk(store), SharedDesk(store)
    one.ledger.record("ada", link("l", "tv"))
    other.ledger.record("tv", no("no"))

    assert [("withdrawn", EMAIL)] == says(one, "ada")


def test_a_link_that_was_cut_off_long_ago_is_none() -> None:
    """Only one side has it, it was never acknowledged, and nobody has sent it again."""
    store = Store()
    at_work = SharedDesk(store)
    at_work.ledger.record("ada", link("l", "tv"))
    (there,) = [p for p, e in store.entries.items() if e.pseudonym == at_work.cache.pseudonym("ada")]
    del store.entries[there]
    at_work.ledger.record("tv", no("no"))
    assert [("withdrawn", EMAIL)] == says(at_work, "ada")  # it may be in the making

    at_work.now += 2 * HOUR
    at_work.ledger.record("tv", no("no-2", about=scope("content")))
    assert [("withdrawn", EMAIL)] == says(at_work, "ada")


def test_at_the_start_only_what_is_recent_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start takes no longer for a longer log."""
    at_work = SharedDesk(Store())
    at_work.ledger.record("ada", link("l", "tv"))
    looked: list[tuple[int, int]] = []
    entries = at_work.log.entries

    def spied(*, after: int, limit: int) -> object:
        looked.append((after, limit))
        return entries(after=after, limit=limit)

    monkeypatch.setattr(at_work.log, "entries", spied)
    at_work.store.position += RECENT
    at_work.ledger.complete_links()

    assert [(2, RECENT)] == looked
