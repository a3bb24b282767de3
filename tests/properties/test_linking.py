"""Linked ids against a model of sets: whoever is linked has every no that any of them was told of, and nothing else.

Processes write to one log that makes each append durable at once. Before any of its reads and appends a process may
die, or another process may do something of its own: so everything is tried between everything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.ledger import Ledger
from sidecar.consent.linking import PREFIX
from sidecar.consent.log import Batch, LogEntry, NewEntry, Receipt
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Kind, Record
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.replica import Replica
from sidecar.model.event import Event, LinkTo, Restriction
from sidecar.model.instant import Instant
from tests.properties.lived import opened, real_facts
from tests.strategies import every_question
from tests.unit.consent.view.memory_log import MemoryLog, Store
from tests.worlds import CATALOG, choice, scope, submission

PSEUDONYMS = Pseudonyms(bytes(range(32)))
IDS = ("ada", "tv", "phone", "car")
PURPOSES = ("marketing", "content")
NOES = frozenset({Kind.REFUSED, Kind.WITHDRAWN, Kind.OBJECTED, Kind.RESTRICTED})
QUESTIONS = every_question(CATALOG)


class Crash(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Act:
    """Something to do: a kind of choice, "restricted" or "link", by *subject*; *about* is a purpose or the other id."""

    kind: str
    subject: str
    about: str
    steps: int = 99  # reads and appends before *then*; enough for none
    then: "Act | None" = None  # what another process does in between; None: the process dies


kinds = st.sampled_from(("given", "refused", "withdrawn", "objected", "restricted", "link", "link"))


@st.composite
def acts(draw: st.DrawFn, depth: int = 2) -> Act:
    """Any act; half of them are disturbed."""
    kind, subject = draw(kinds), draw(st.sampled_from(IDS))
    others = [one for one in IDS if one != subject]
    about = draw(st.sampled_from(others if kind == "link" else PURPOSES))
    disturbed = depth > 0 and draw(st.booleans())
    return Act(
        kind=kind,
        subject=subject,
        about=about,
        steps=draw(st.integers(0, 9)) if disturbed else 99,
        then=draw(st.none() | acts(depth=depth - 1)) if disturbed else None,
    )


class Disturbed:
    """A batch that calls *disturb* before every step."""

    def __init__(self, batch: Batch, disturb: Callable[[], None]) -> None:
        self._batch = batch
        self._disturb = disturb

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """After whatever comes between."""
        self._disturb()
        return self._batch.head(pseudonym)

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Read one by one all the same."""

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        """As it is."""
        return self._batch.find(pseudonym, event_id)

    def append(self, entry: NewEntry) -> Receipt:
        """After whatever comes between."""
        self._disturb()
        return self._batch.append(entry)


class DisturbedLog(MemoryLog):
    """Of one process."""

    def __init__(self, store: Store, disturb: Callable[[], None]) -> None:
        super().__init__(store)
        self._disturb = disturb

    @contextmanager
    def batch(self) -> Iterator[Disturbed]:  # type: ignore[override]
        """A batch that is disturbed."""
        with super().batch() as batch:
            yield Disturbed(batch, self._disturb)


@dataclass
class World:
    """What everything is written to, and what was attempted and acknowledged."""

    store: Store = field(default_factory=Store)
    now: Instant = 1_000_000
    number: int = 0
    acknowledged: list[Act] = field(default_factory=list)
    attempted: list[Act] = field(default_factory=list)

    def ledger(self, disturb: Callable[[], None] = lambda: None) -> Ledger:
        """That of a process that begins now."""
        log = DisturbedLog(self.store, disturb)
        cache = Replica(log, PSEUDONYMS, contact=Contact())
        return Ledger(log, cache, PSEUDONYMS, catalog=lambda: CATALOG, clock=lambda: self.now)

    def do(self, act: Act, *, again: bool) -> None:
        """Do *act*, and again under its id if the process died and *again* is wanted."""
        self.now += 10
        self.number += 1
        event = _event(act, f"e{self.number}")
        self.attempted.append(act)
        left = act.steps

        def disturb() -> None:
            nonlocal left
            left -= 1
            if left == -1:
                if act.then is None:
                    raise Crash
                self.do(act.then, again=again)

        try:
            self.ledger(disturb).record(act.subject, event)
        except Crash:
            if not again:
                return
            self.ledger().record(act.subject, event)
        self.acknowledged.append(act)

    def record(self, subject: str) -> Record:
        """What is known of *subject*."""
        head = self.store.head(PSEUDONYMS.of(subject))
        return EMPTY if head is None else head.record

    def events(self, subject: str) -> list[str]:
        """The ids of all events of *subject*."""
        return [e.event.id for e in self.store.entries.values() if e.pseudonym == PSEUDONYMS.of(subject)]


def _event(act: Act, event_id: str) -> Event:
    if act.kind == "link":
        return Event(id=event_id, act=LinkTo(other_subject=act.about))
    if act.kind == "restricted":
        return Event(id=event_id, act=Restriction(scope=scope(act.about)))
    about = scope(act.about, "user.contact") if act.kind == "given" else scope(act.about)
    return submission(event_id, choice(act.kind, about))


# --- The model -----------------------------------------------------------------------------------------------------


def components(done: Sequence[Act]) -> dict[str, frozenset[str]]:
    """Who is linked to whom, by way of others too."""
    groups = {one: frozenset({one}) for one in IDS}
    for act in done:
        if act.kind == "link":
            together = groups[act.subject] | groups[act.about]
            groups |= dict.fromkeys(together, together)
    return groups


def noes(done: Sequence[Act], who: frozenset[str]) -> set[tuple[str, str]]:
    """What any of *who* said no to."""
    return {(act.kind, act.about) for act in done if act.subject in who and act.kind not in ("given", "link")}


def recorded_noes(record: Record) -> set[tuple[str, str]]:
    """What a record says no to."""
    return {(entry.kind.value, entry.atom.purpose) for entry in record.entries if entry.kind in NOES}


def check(world: World) -> None:
    """The laws, once everything is over."""
    sure, possible = components(world.acknowledged), components(world.attempted)
    for one in IDS:
        record = world.record(one)
        said = recorded_noes(record)
        # Every acknowledged no of any that is surely linked is there.
        assert noes(world.acknowledged, sure[one]) <= said
        # And none but what some that may be linked tried to say.
        assert said <= noes(world.attempted, possible[one])
        # What is linked says the same.
        assert all(said == recorded_noes(world.record(other)) for other in sure[one])
        # Grants are nobody's but one's own, and nothing is there twice.
        given = {entry.atom.purpose for entry in record.entries if entry.kind is Kind.GIVEN}
        assert given <= {act.about for act in world.attempted if act.kind == "given" and act.subject == one}
        assert len(world.events(one)) == len(set(world.events(one)))
        # A no that was shared counts from then on: no grant that was there before lifts it.
        for entry in record.entries:
            if entry.event_id.startswith(PREFIX):
                before = world.store.entries
                earlier = [
                    old.at
                    for position, logged in before.items()
                    if logged.pseudonym == PSEUDONYMS.of(one) and logged.event.id == entry.event_id
                    for old in logged.record.entries
                    if position and old.kind is Kind.GIVEN
                ]
                assert all(at < entry.at for at in earlier)


@given(st.lists(acts(), max_size=7))
def test_linked_ids_converge_whatever_comes_between(done: list[Act]) -> None:
    """Processes that die and are asked again, links and noes that race, chains, circles, both directions."""
    world = World()
    for act in done:
        world.do(act, again=True)

    check(world)


PAIRS = [
    (before, one, other)
    for before in (
        [],
        [Act("refused", "ada", "content"), Act("objected", "phone", "marketing")],
        [Act("link", "tv", "phone")],
        [Act("refused", "ada", "content"), Act("link", "phone", "tv"), Act("withdrawn", "phone", "content")],
    )
    for one in (
        Act("link", "ada", "tv"),
        Act("link", "tv", "ada"),
        *(Act("refused", who, "marketing") for who in IDS[:3]),
    )
    for other in (
        Act("link", "ada", "tv"),
        Act("link", "phone", "tv"),
        Act("link", "ada", "phone"),
        *(Act("withdrawn", who, "marketing") for who in IDS[:3]),
        None,
    )
]


@pytest.mark.parametrize("steps", range(10))
def test_one_between_any_two_steps_of_another(steps: int) -> None:
    """Links and noes of three ids, one interrupted by the other, or by the end of the process, at every step."""
    for before, one, other in PAIRS:
        world = World()
        for act in before:
            world.do(act, again=True)
        world.do(replace(one, steps=steps, then=other), again=True)
        check(world)


@given(st.lists(acts(), max_size=7))
def test_what_was_cut_off_is_completed_at_the_next_start(done: list[Act]) -> None:
    """Nobody sends anything again; whoever begins next makes what linked ids say the same."""
    world = World()
    for act in done:
        world.do(act, again=False)
    world.ledger().complete_links()

    check(world)
    positions = world.store.position
    world.ledger().complete_links()
    assert positions == world.store.position


@given(st.lists(acts(depth=0), max_size=8))
def test_a_link_never_opens_anything(done: list[Act]) -> None:
    """Whatever is said before and after it: no fact of any of them is better than without the links."""
    linked, apart = World(), World()
    for act in done:
        linked.do(act, again=True)
        if act.kind == "link":
            apart.now += 10
            apart.number += 1
        else:
            apart.do(act, again=True)

    assert [] == [
        (one, question, fact)
        for one, question in product(IDS, QUESTIONS)
        for fact in opened(
            real_facts(CATALOG, apart.record(one), question, linked.now),
            real_facts(CATALOG, linked.record(one), question, linked.now),
        )
    ]


@given(st.lists(acts(depth=1), max_size=5), st.sampled_from(IDS), st.lists(acts(depth=0), max_size=4))
def test_an_erasure_ends_the_links_of_whom_it_erases(before: list[Act], erased: str, after: list[Act]) -> None:
    """The others keep what they have; what is said later reaches the erased id, and is shared by it, never again."""
    world = World()
    for act in before:
        world.do(act, again=True)
    kept = {one: recorded_noes(world.record(one)) for one in IDS if one != erased}
    world.ledger().erase(erased, "erasure")
    own = recorded_noes(world.record(erased))
    assert kept == {one: recorded_noes(world.record(one)) for one in kept}
    assert () == world.record(erased).ties

    for act in after:
        if act.kind != "link":
            world.do(act, again=True)
    said = [act for act in after if act.kind not in ("given", "link")]
    assert recorded_noes(world.record(erased)) == own | noes(said, frozenset({erased}))
    assert not any(
        recorded_noes(world.record(one))
        - noes([act for act in said if act.subject != erased], frozenset(IDS))
        - kept[one]
        for one in kept
    )

    for one in kept:  # and linked again, it hears of all again
        world.do(Act("link", erased, one), again=True)
    for one in kept:
        assert recorded_noes(world.record(one)) <= recorded_noes(world.record(erased))
