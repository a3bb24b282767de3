"""Answers of the demo bundle to lives in the demo world: what must never be allowed, told from the raw events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.fold import fold
from sidecar.consent.log import LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Catalog, Use, ancestors
from sidecar.model.decision import CONSENT_REASONS, Answer, FieldResult, Question, Request
from sidecar.model.event import Event, Submission
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import Action, AgeBand, Basis, Channel, ConsentState, Effect, Reason
from sidecar.policy.bundle import Bundle, load_bundle
from tests.model.facts import facts, said_no_at
from tests.properties.lived import live
from tests.strategies import START, Names, Step, events, instants, lives, moments, no_acts

BUNDLE = load_bundle(Path(__file__).parents[2] / "policies")
CATALOG = BUNDLE.catalog
SPECIAL = {
    "user.health_and_medical",
    "user.biometric",
    "user.demographic.race_ethnicity",
    "user.demographic.religious_belief",
    "user.demographic.political_opinion",
    "user.demographic.sexual_orientation",
}


def _declared(catalog: Catalog) -> list[Request]:
    """Every question that some service may ask."""
    return [
        Request(
            service=service.key,
            action=action,
            subject="ada",
            fields=(field,),
            purpose=use.purpose,
            channel=channel,
            recipient=recipient,
        )
        for service in catalog.services.values()
        for use in service.may_use
        for field in sorted(use.fields)
        for action in sorted(use.actions)
        for channel in catalog.purposes[use.purpose].channels or (None,)
        for recipient in (sorted(use.recipients) if action is Action.SHARE else [None])
    ]


DECLARED = _declared(CATALOG)


@cache
def names_about(purpose: str, field: str) -> Names:
    """What people may say about it, and everything above it; else most of what they say would be about other things."""
    purposes = (purpose, *ancestors(purpose))
    below = CATALOG.fields[field].categories
    categories = dict.fromkeys((*below, *(above for category in below for above in ancestors(category))))
    notices = [(n.key, n.version) for n in CATALOG.notices.values() if set(n.purposes) & set(purposes)]
    return Names(
        purposes=tuple(key for key in purposes if key in CATALOG.purposes),
        categories=tuple(key for key in categories if key in CATALOG.categories),
        channels=CATALOG.purposes[purpose].channels or (Channel.EMAIL,),
        named_recipients=tuple(sorted(set(CATALOG.recipients) - {"third_party"})),
        notices=tuple(sorted(notices or CATALOG.notices)),
    )


@dataclass(frozen=True)
class Case:
    """A life, what is asked about it, and when; the last things said are noes."""

    requests: list[Request]
    life: tuple[Step, ...]
    no: Event
    now: Instant


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Lives and questions about much the same."""
    request = draw(st.sampled_from(DECLARED))
    like = [r for r in DECLARED if r.purpose == request.purpose or r.fields == request.fields]
    names = names_about(request.purpose, request.fields[0])
    return Case(
        requests=[request, *draw(st.lists(st.sampled_from(like), max_size=4))],
        life=draw(lives(names=names)),
        no=draw(events("no", no_acts(names))),
        now=draw(moments),
    )


@dataclass(frozen=True)
class Desk:
    """Answers about one subject, whose record is put into the cache by hand."""

    cache: Replica

    def answer(self, request: Request, now: Instant, bundle: Bundle = BUNDLE) -> FieldResult:
        """The result for the request's one field."""
        answer = self.whole_answer(request, now, Snapshot(bundle))
        return answer.results[0]

    def whole_answer(self, request: Request, now: Instant, snapshot: Snapshot) -> Answer:
        """The answer to the request."""
        answer = DecisionPoint(self.cache).decide(request, snapshot, now=now, freshness=Freshness())
        assert isinstance(answer, Answer)
        return answer


@pytest.fixture(scope="module")
def log() -> Iterator[SqliteLog]:
    """An empty log; caches only take its id from it."""
    with TemporaryDirectory() as folder:
        log = SqliteLog.open(Path(folder) / "log.db", Pseudonyms(bytes(32)))
        yield log
        log.close()


def desk(log: SqliteLog, record: Record, now: Instant) -> Desk:
    """A desk whose subject has *record*, resolved at *now*."""
    cache = Replica(log, Pseudonyms(bytes(32)))
    entry = LogEntry(
        position=1,
        pseudonym=cache.pseudonym("ada"),
        event=Event(id="any", act=Submission(choices=())),
        record=record,
        effective_at=now,
        accepted_at=now,
        sealed=b"",
    )
    cache.apply([entry], now=now)
    return Desk(cache)


def allowed(result: FieldResult) -> bool:
    """Whether a caller who carries out every obligation may go on."""
    return result.effect in (Effect.ALLOW, Effect.ALLOW_WITH_OBLIGATIONS)


def _special(field: str) -> bool:
    return any(
        special in (category, *ancestors(category))
        for category in CATALOG.fields[field].categories
        for special in SPECIAL
    )


@given(cases())
def test_allowed_only_if_the_raw_events_allow_it(log: SqliteLog, case: Case) -> None:
    """Every promise of the demo world, for facts from the slow model; and every allow names a permit."""
    lived, now = live(CATALOG, case.life), case.now
    subject = desk(log, lived.record, now)
    for request in case.requests:
        result = subject.answer(request, now)
        (question,) = questions(request, CATALOG)
        assert isinstance(question, Question)
        about = facts(CATALOG, lived.told, question, now)
        marketing = CATALOG.purposes[request.purpose].direct_marketing

        assert about == result.facts
        if allowed(result):
            assert result.determining
            assert not about.erased
            assert not about.restricted
            assert about.basis is not Basis.CONSENT or about.consent is ConsentState.GIVEN
            assert not (about.objected and (marketing or about.basis is Basis.LEGITIMATE_INTERESTS))
            assert not (marketing and about.age in (AgeBand.CHILD, AgeBand.TEEN))
            assert not (about.basis is Basis.CONSENT and about.age is AgeBand.CHILD) or about.by_guardian
            if about.basis is not Basis.LEGAL_OBLIGATION:
                assert request.recipient in (None, "first_party") or about.consent is ConsentState.GIVEN
                assert not _special(request.fields[0]) or (about.consent is ConsentState.GIVEN and about.explicit)


def test_an_unknown_subject_is_never_allowed_on_consent(log: SqliteLog) -> None:
    """Nor data shared about them, nor special categories used: exhaustively, for all that is declared."""
    nobody = Desk(Replica(log, Pseudonyms(bytes(32))))
    granted = [request for request in DECLARED if allowed(nobody.answer(request, START))]

    assert granted
    assert not [r for r in granted if CATALOG.purposes[r.purpose].basis is Basis.CONSENT]
    assert {Basis.LEGAL_OBLIGATION} >= {
        CATALOG.purposes[r.purpose].basis for r in granted if r.action is Action.SHARE or _special(r.fields[0])
    }


@given(cases(), instants)
def test_adding_a_no_never_opens_a_door(log: SqliteLog, case: Case, at: Instant) -> None:
    """What is denied stays denied after a refusal, withdrawal, objection or restriction of anything."""
    record = live(CATALOG, case.life).record
    before = desk(log, record, case.now)
    after = desk(log, fold(record, case.no, accepted_at=at, catalog=CATALOG).record, case.now)

    assert not [
        request
        for request in case.requests
        if allowed(after.answer(request, case.now)) and not allowed(before.answer(request, case.now))
    ]


def _wide(service: str) -> Bundle:
    """The demo bundle, but *service* may do everything: so that nothing is denied only because it was not declared."""
    everything = tuple(
        Use(
            purpose=purpose,
            fields=frozenset(CATALOG.fields),
            actions=frozenset(Action),
            recipients=frozenset(CATALOG.recipients),
        )
        for purpose in CATALOG.purposes
    )
    services = {**CATALOG.services, service: replace(CATALOG.services[service], may_use=everything)}
    return replace(BUNDLE, catalog=replace(CATALOG, services=services))


WIDE = Snapshot(_wide("newsletter"))


def _vaguer(request: Request) -> list[Request]:
    """The same request without its channel, and about each purpose above that is declared to be of the same kind."""
    above = [key for key in ancestors(request.purpose) if _kind(key) == _kind(request.purpose)]
    return [
        replace(request, channel=None),
        *(
            replace(request, purpose=key, channel=channel)
            for key in above
            for channel in (None, *CATALOG.purposes[key].channels)
        ),
    ]


def _kind(purpose: str) -> object:
    found = CATALOG.purposes.get(purpose)
    if found is None:
        return None
    return found.basis, found.basis_by_jurisdiction, found.direct_marketing, found.survives


@given(cases(), st.sampled_from((None, "first_party", "grocer-partner", "ad-network")))
def test_saying_less_never_gets_a_better_answer(log: SqliteLog, case: Case, recipient: str | None) -> None:
    """Neither leaving out the channel nor asking about a purpose above is a way round a no."""
    subject = desk(log, live(CATALOG, case.life).record, case.now)
    action = Action.USE if recipient is None else Action.SHARE
    for request in case.requests:
        precise = replace(request, service="newsletter", action=action, recipient=recipient)
        (result,) = subject.whole_answer(precise, case.now, WIDE).results
        for vague in _vaguer(precise):
            (other,) = subject.whole_answer(vague, case.now, WIDE).results

            assert allowed(result) or not allowed(other), (precise, vague)

        if len(CATALOG.purposes[request.purpose].channels) > 1:
            (other,) = subject.whole_answer(replace(precise, channel=None), case.now, WIDE).results

            assert Reason.CHANNEL_REQUIRED is other.reason


@given(cases(), st.data())
def test_an_answer_holds_until_the_clock_changes_it(log: SqliteLog, case: Case, data: st.DataObject) -> None:
    """Asked again before ``clock_changes_at``, the slot is still good and the answer the same."""
    now = case.now
    subject = desk(log, live(CATALOG, case.life).record, now)
    snapshot = Snapshot(BUNDLE)
    for request in case.requests:
        answer = subject.whole_answer(request, now, snapshot)
        until = answer.clock_changes_at or now + 10**9
        later = data.draw(st.integers(now, until - 1))
        again = subject.whole_answer(request, later, snapshot)

        assert until > now
        assert answer.clock_changes_at == again.clock_changes_at
        assert [result.facts for result in answer.results] == [result.facts for result in again.results]
        assert [result.reason for result in answer.results] == [result.reason for result in again.results]


@given(cases())
def test_nobody_is_asked_again_too_soon(log: SqliteLog, case: Case) -> None:
    """What is missing is to be asked for now, but after a no only when the purpose's time for that is over."""
    lived, now = live(CATALOG, (*case.life, Step(case.no, case.now))), case.now
    subject = desk(log, lived.record, now)
    for request in case.requests:
        result = subject.answer(request, now)
        (question,) = questions(request, CATALOG)
        assert isinstance(question, Question)
        no_at = said_no_at(CATALOG, lived.told, question, now)
        expected = None
        if result.reason in CONSENT_REASONS:
            pause = round(CATALOG.purposes[request.purpose].reask_after_seconds * SECOND)
            expected = now if no_at is None else max(now, no_at + pause)

        assert expected == result.ask_not_before
        assert (result.ask is not None) == (result.reason in CONSENT_REASONS)
        assert result.ask is None or result.ask.categories == CATALOG.fields[request.fields[0]].categories
