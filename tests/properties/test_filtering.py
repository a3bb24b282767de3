"""What is said of many people at once, against what is said of each alone: the demo world, masked, and random ones."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.filtering import Filtered, Filtering, Group
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Catalog
from sidecar.model.decision import Answer, Pending, Request
from sidecar.model.event import Event, Restriction, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import FIRST_PARTY, Action, Effect, FailureMode, Mask, Reason
from sidecar.policy.bundle import Bundle, check_files
from sidecar.policy.problems import Problems
from sidecar.policy.source.folder import read_folder
from tests.properties.lived import live
from tests.random_bundles import declared, files_of, random_bundle
from tests.strategies import START, Names, Step, lives, moments, no_scopes

MASKS = """
@id("contact-masked")
@mask("last4")
permit (principal, action, resource in DataCategory::"user.contact")
when { context.consent == Consent::"given" && !context.explicit };

@id("unless-a-guardian-gave-it")
@mask("year")
permit (principal, action, resource)
when { context.consent == Consent::"given" && !context.by_guardian };
"""
RANDOM_WORLDS = 12
STALE = Freshness(consent_age_ms=2, max_consent_age_ms=1)


@cache
def snapshot_of(world: int) -> Snapshot:
    """The demo bundle with masks, or a random one; reused, so that what is remembered is met again."""
    return Snapshot(_masked() if world == 0 else random_bundle(world).draft.bundle())


def _masked() -> Bundle:
    folder = Path(__file__).parents[2] / "policies"
    texts = {path: (content or b"").decode() for path, content in read_folder(folder, Problems()).items()}
    bundle = check_files(files_of({**texts, "masks.cedar": MASKS}), Problems(), source="masked").bundle()
    catalog = bundle.catalog
    purposes = {
        key: replace(
            purpose,
            cache_for_seconds=0.02,
            failure_mode=FailureMode.SERVE_LAST_KNOWN if place % 3 == 0 else FailureMode.DENY,
            serve_last_known_seconds=1,
        )
        for place, (key, purpose) in enumerate(catalog.purposes.items())
    }
    notices = {
        key: replace(notice, reconsent=notice.version > 1, valid_from=START + 10 * (notice.version - 1))
        for key, notice in catalog.notices.items()
    }
    return replace(bundle, catalog=replace(catalog, purposes=purposes, notices=notices))


def _names(catalog: Catalog) -> Names:
    channels = tuple({channel for purpose in catalog.purposes.values() for channel in purpose.channels})
    named = tuple(sorted(key for key in catalog.recipients if key != "third_party"))
    notices = tuple(sorted(catalog.notices)) or (("none", 1),)
    return Names(tuple(sorted(catalog.purposes)), tuple(sorted(catalog.categories)), channels, named, notices)


@cache
def _requests(world: int) -> Sequence[Request]:
    """For each thing that some service does with data, a request for all fields that it does it with."""
    fields: dict[tuple[object, ...], set[str]] = {}
    for one in declared(snapshot_of(world).catalog):
        recipient = one.recipient if one.action is Action.SHARE else None
        fields.setdefault((one.service, one.action, one.purpose, one.channel, recipient), set()).add(one.field)
    return [
        Request(
            service=str(service),
            action=Action(str(action)),
            subject="",
            fields=tuple(sorted(wanted)),
            purpose=str(purpose),
            channel=None if channel is None else str(channel),
            recipient=None if recipient is None else str(recipient),
        )
        for (service, action, purpose, channel, recipient), wanted in fields.items()
        if recipient != FIRST_PARTY or action is Action.SHARE
    ]


@dataclass(frozen=True)
class Case:
    """People, what is held, and what is asked about all of them; each record was resolved at some time."""

    world: int
    request: Request
    people: Mapping[str, tuple[tuple[Step, ...], Instant]]
    held: Scope | None
    slices: int
    now: Instant
    able: frozenset[Mask]
    freshness: Freshness


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some of the people live the same lives, and some never said a word."""
    world = draw(st.sampled_from((0, 0, *range(1, RANDOM_WORLDS))))
    request = draw(st.sampled_from(_requests(world)))
    fields = draw(st.lists(st.sampled_from(request.fields), min_size=1, max_size=3, unique=True))
    if draw(st.integers(0, 9)) == 0:
        fields.append("no-such-field")
    names = _names(snapshot_of(world).catalog)
    wanted = snapshot_of(world).catalog.fields[fields[0]].categories
    near = replace(names, purposes=(request.purpose, *names.purposes[:1]), categories=(*wanted, *names.categories[:1]))
    led = draw(st.lists(lives(names=near, most=3), min_size=1, max_size=4))
    now = draw(moments)
    count = draw(st.integers(1, 8))
    people = {
        f"p{number}": (draw(st.sampled_from((*led, ()))), draw(st.sampled_from((now, now, START - 1))))
        for number in range(count)
    }
    return Case(
        world=world,
        request=replace(request, fields=tuple(fields)),
        people=people,
        held=draw(st.one_of(st.none(), st.none(), no_scopes(near))),
        slices=draw(st.integers(1, 4)),
        now=now,
        able=frozenset(draw(st.lists(st.sampled_from(Mask), max_size=3))),
        freshness=draw(st.sampled_from((Freshness(), Freshness(), Freshness(consent_age_ms=7), STALE))),
    )


@pytest.fixture(scope="module")
def log() -> Iterator[SqliteLog]:
    """An empty log; caches only take its id from it."""
    with TemporaryDirectory() as folder:
        log = SqliteLog.open(Path(folder) / "log.db", Pseudonyms(bytes(32)))
        yield log
        log.close()


def view_of(log: SqliteLog, case: Case) -> Replica:
    """A view with the people's records, and what is held."""
    cache = Replica(log, Pseudonyms(bytes(32)))
    catalog = snapshot_of(case.world).catalog
    if case.held is not None:
        step = Step(Event(id="hold", act=Restriction(scope=case.held)), START - 1)
        cache.apply([_entry(cache, EVERYONE, live(catalog, [step]).record, START)], now=START)
    for subject, (life, resolved_at) in case.people.items():
        cache.apply([_entry(cache, subject, live(catalog, life).record, resolved_at)], now=resolved_at)
    return cache


def _entry(cache: Replica, subject: str, record: Record, now: Instant) -> LogEntry:
    return LogEntry(
        position=1,
        pseudonym=cache.pseudonym(subject),
        event=Event(id="any", act=Submission(choices=())),
        record=record,
        effective_at=now,
        accepted_at=now,
        sealed=b"",
    )


def filtered(cache: Replica, case: Case) -> Filtered:
    """What is said of all, looked at in slices; whoever is aside is decided without waiting."""
    filtering = Filtering(cache, case.request, snapshot_of(case.world))
    subjects, now, freshness = tuple(case.people), case.now, case.freshness
    for start in range(0, len(subjects), case.slices):
        some = subjects[start : start + case.slices]
        filtering.look(range(start, start + len(some)), some, now=now, freshness=freshness)
    point = DecisionPoint(cache)
    for place in filtering.aside:
        asked = replace(case.request, subject=subjects[place])
        alone = point.decide(asked, snapshot_of(case.world), now=now, freshness=freshness)
        pending = filtering.decide(place, subjects[place], now=now, freshness=freshness)

        assert (alone if isinstance(alone, Pending) else None) == pending
        if pending is not None:
            assert filtering.decide(place, subjects[place], now=now, freshness=freshness, may_wait=False) is None
    return filtering.filtered(case.able, now=now)


def answers(cache: Replica, case: Case) -> list[Answer]:
    """What is said of each alone."""
    point, snapshot = DecisionPoint(cache), snapshot_of(case.world)
    found = [
        point.decide(
            replace(case.request, subject=subject), snapshot, now=case.now, freshness=case.freshness, may_wait=False
        )
        for subject in case.people
    ]
    return [answer for answer in found if isinstance(answer, Answer)]


def _first(answer: Answer) -> tuple[Reason, bool]:
    denied = [result for result in answer.results if result.effect is Effect.DENY]
    reason = next(reason for reason in Reason if reason in {result.reason for result in denied})
    return reason, any(result.held for result in denied if result.reason is reason)


def _masks(answer: Answer) -> tuple[tuple[str, Mask], ...]:
    return tuple((result.field, result.mask) for result in answer.results if result.mask is not None)


def _counted(groups: Sequence[Group]) -> Counter[tuple[Reason, bool]]:
    found: Counter[tuple[Reason, bool]] = Counter()
    for group in groups:
        found[group.usability.reason, group.usability.held] += len(group.places)
    return found


@given(cases())
def test_of_many_the_same_is_said_as_of_each(log: SqliteLog, case: Case) -> None:
    """Usable exactly where Check allows every field to a caller who can do that much; else counted by its reason."""
    cache = view_of(log, case)
    cold, together, alone = filtered(cache, case), filtered(cache, case), answers(cache, case)
    denies = [any(result.effect is Effect.DENY for result in answer.results) for answer in alone]
    masks = [_masks(answer) for answer in alone]
    able = [not deny and {mask for _, mask in must} <= case.able for deny, must in zip(denies, masks, strict=True)]
    obliged = [not deny and not can for deny, can in zip(denies, able, strict=True)]

    assert cold == together
    said = {place: group.usability.obligations for group in together.usable for place in group.places}
    assert {place: masks[place] for place, can in enumerate(able) if can} == said
    assert [sorted(group.places) for group in together.usable] == [list(group.places) for group in together.usable]
    assert {place for place, is_ in enumerate(obliged) if is_} == {
        place for group in together.obliged for place in group.places
    }
    assert all(masks[place] == group.usability.obligations for group in together.obliged for place in group.places)
    assert Counter(_first(answer) for answer, deny in zip(alone, denies, strict=True) if deny) == _counted(
        together.denied
    )
    assert all(group.usability.obligations for group in together.usable[1:])
    assert {(one.policy_revision, one.consent_revision, one.consent_age_ms) for one in alone} == {
        (together.policy_revision, together.consent_revision, together.consent_age_ms)
    }
    assert min(answer.cache_for_ms for answer in alone) == together.cache_for_ms
    if (
        not case.freshness.stale(snapshot_of(case.world).catalog.purposes[case.request.purpose])
        and "no-such-field" not in case.request.fields
    ):
        changes = [one.clock_changes_at for one in alone if one.clock_changes_at is not None]
        assert min(changes, default=None) == together.clock_changes_at


@given(cases(), moments)
def test_what_is_remembered_does_not_outlive_its_time(log: SqliteLog, case: Case, later: Instant) -> None:
    """Asked again under the same snapshot at another instant, before or after: each is still told as alone."""
    cache = view_of(log, case)
    filtered(cache, case)
    again = replace(case, now=later, freshness=Freshness())
    together, alone = filtered(cache, again), answers(cache, again)
    usable = {place for group in together.usable for place in group.places}
    ways = frozenset(Mask) & case.able

    assert {
        place
        for place, answer in enumerate(alone)
        if all(one.effect is not Effect.DENY and (one.mask is None or one.mask in ways) for one in answer.results)
    } == usable
