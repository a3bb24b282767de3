"""Holds against lives in the demo world: what one touches is never allowed, whatever policies and people say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.fold import fold
from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, Request
from sidecar.model.event import Event, Lifting, Restriction
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, Effect, Reason, Survival
from tests.properties.lived import live
from tests.properties.test_decide import BUNDLE, CATALOG, DECLARED, names_about
from tests.strategies import START, Names, Step, lives, moments, no_scopes

SNAPSHOT = Snapshot(BUNDLE)
REASONS = list(Reason)


@dataclass(frozen=True)
class Case:
    """A person, a question, and what was held (true) and released (false) in this order."""

    request: Request
    life: tuple[Step, ...]
    acts: Sequence[tuple[bool, Scope]]
    now: Instant


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Holds about much the same as the question."""
    request = draw(st.sampled_from(DECLARED))
    names: Names = names_about(request.purpose, request.fields[0])
    return Case(
        request=request,
        life=draw(lives(names=names, most=5)),
        acts=draw(st.lists(st.tuples(st.booleans(), no_scopes(names)), max_size=5)),
        now=draw(moments),
    )


def _everyone(acts: Sequence[tuple[bool, Scope]]) -> Record:
    record = EMPTY
    for number, (hold, scope) in enumerate(acts):
        act = Restriction(scope=scope) if hold else Lifting(scope=scope)
        event = Event(id=f"h{number}", act=act, actor=Actor.OPERATOR)
        record = fold(record, event, accepted_at=START + number, catalog=CATALOG).record
    return record


@pytest.fixture(scope="module")
def log() -> Iterator[SqliteLog]:
    """An empty log; caches only take its id from it."""
    with TemporaryDirectory() as folder:
        log = SqliteLog.open(Path(folder) / "log.db", Pseudonyms(bytes(32)))
        yield log
        log.close()


def ask(log: SqliteLog, case: Case, acts: Sequence[tuple[bool, Scope]]) -> Answer:
    """The answer after *acts*."""
    cache = Replica(log, Pseudonyms(bytes(32)))
    for position, (subject, record) in enumerate(
        (("ada", live(CATALOG, case.life).record), (EVERYONE, _everyone(acts))), 1
    ):
        if subject == "ada" or acts:
            entry = LogEntry(
                position=position,
                pseudonym=cache.pseudonym(subject),
                event=Event(id="any", act=Lifting(scope=Scope())),
                record=record,
                effective_at=case.now,
                accepted_at=case.now,
                sealed=b"",
            )
            cache.apply([entry], now=case.now)
    answer = DecisionPoint(cache).decide(case.request, SNAPSHOT, now=case.now, freshness=Freshness())
    assert isinstance(answer, Answer)
    return answer


# --- The rules, told from the raw acts ------------------------------------------------------------------------------


def _covers(wide: str, narrow: str) -> bool:
    return wide == "*" or wide == narrow or narrow.startswith(f"{wide}.")


def _recipient_covers(wide: str, narrow: str) -> bool:
    return wide in ("*", narrow) or (wide == "third_party" and narrow not in ("*", "first_party"))


def _dimensions(scope: Scope) -> list[tuple[str, str, str, str]]:
    return [
        (purpose, category, channel, recipient)
        for purpose in scope.purposes or ("*",)
        for category in scope.categories or ("*",)
        for channel in scope.channels or ("*",)
        for recipient in scope.recipients or ("*",)
    ]


def _below(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    return all(map(_covers, wide[:3], narrow[:3])) and _recipient_covers(wide[3], narrow[3])


def _touches(held: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    related = all(_covers(one, other) or _covers(other, one) for one, other in zip(held[:3], asked[:3], strict=True))
    return related and (_recipient_covers(held[3], asked[3]) or _recipient_covers(asked[3], held[3]))


def is_held(case: Case) -> bool:
    """Whether some hold touches the question and no later release covers it."""
    request = case.request
    purpose = CATALOG.purposes[request.purpose]
    channel = request.channel or (purpose.channels[0] if purpose.channels else "*")
    recipient = request.recipient or "first_party"
    held = [
        thing
        for number, (hold, scope) in enumerate(case.acts)
        if hold
        for thing in _dimensions(scope)
        if not any(
            not later and any(_below(thing, lifted) for lifted in _dimensions(released))
            for later, released in case.acts[number + 1 :]
        )
    ]
    return Survival.RESTRICTION not in purpose.survives and any(
        _touches(thing, (request.purpose, category, channel, recipient))
        for thing in held
        for category in CATALOG.fields[request.fields[0]].categories
    )


@given(cases())
def test_what_is_held_is_denied_and_nothing_else_changes(log: SqliteLog, case: Case) -> None:
    """Never allowed; RESTRICTED unless another deny comes first; without a hold as if there never had been one."""
    (result,), (plain,) = ask(log, case, case.acts).results, ask(log, case, ()).results
    if not is_held(case):
        assert plain == result
        return
    first = plain.effect is Effect.DENY and REASONS.index(plain.reason) < REASONS.index(Reason.RESTRICTED)

    assert Effect.DENY is result.effect
    assert (plain.reason if first else Reason.RESTRICTED, not first) == (result.reason, result.held)
    assert (None, plain.facts) == (None if result.held else result.mask, result.facts)


@given(cases())
def test_nobody_can_lift_a_hold_by_agreeing_again(log: SqliteLog, case: Case) -> None:
    """Whatever the person does, before or after, what is held is not allowed."""
    everything = replace(case, acts=[*case.acts, (True, Scope())])
    (result,) = ask(log, everything, everything.acts).results

    if Survival.RESTRICTION not in CATALOG.purposes[case.request.purpose].survives:
        assert Effect.DENY is result.effect
