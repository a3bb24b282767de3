"""Questions about several people against answers about each alone: the rules of co-subjects, said once more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.profile import resolve
from sidecar.engine.decide import decide_standing
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Purpose
from sidecar.model.decision import Answer, FieldResult, Request
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Effect, Mask, Reason
from tests.properties.lived import live
from tests.properties.test_decide import BUNDLE, CATALOG, DECLARED, names_about
from tests.strategies import Step, lives, moments


def _reusable(purpose: Purpose) -> Purpose:
    return replace(purpose, cache_for_seconds=0.000_02)


SNAPSHOT = Snapshot(
    replace(
        BUNDLE,
        catalog=replace(CATALOG, purposes={key: _reusable(purpose) for key, purpose in CATALOG.purposes.items()}),
    )
)


@dataclass(frozen=True)
class Case:
    """A question about one or two fields of several people, by number."""

    request: Request
    people: Mapping[int, tuple[Step, ...]]
    now: Instant


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """People who live much alike, and a question about what they live with."""
    request = draw(st.sampled_from(DECLARED))
    alike = [one.fields[0] for one in DECLARED if replace(one, fields=()) == replace(request, fields=())]
    fields = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2, unique=True))
    names = names_about(request.purpose, fields[0])
    people = draw(st.lists(lives(names=names, most=4), min_size=2, max_size=4))
    return Case(
        request=replace(request, fields=tuple(fields)),
        people=dict(enumerate(people)),
        now=draw(moments),
    )


def ask(case: Case, *people: int) -> Answer:
    """The answer about these people, the first of whom is the subject."""
    first, *others = (resolve(live(CATALOG, case.people[one]).record, case.now) for one in people)
    request = replace(case.request, co_subjects=tuple(map(str, people[1:])))
    return decide_standing(request, first, SNAPSHOT, now=case.now, others=others)


def _allows(result: FieldResult) -> bool:
    return result.effect is not Effect.DENY


@given(cases())
def test_the_answer_about_several_is_that_about_each(case: Case) -> None:
    """Allowed only if for all; else the subject's reason, or the first among the others; the least of every time."""
    together = ask(case, *case.people)
    own, *others = (ask(case, one) for one in case.people)
    every = (own, *others)

    for place, result in enumerate(together.results):
        mine, theirs = own.results[place], [other.results[place] for other in others]
        stricter = [mask for mask in Mask if mask in {one.mask for one in (mine, *theirs)}]
        if _allows(mine) and all(map(_allows, theirs)):
            assert (Reason.ALLOWED, stricter[0] if stricter else None) == (result.reason, result.mask)
            assert _allows(result)
            assert bool(stricter) is (result.effect is Effect.ALLOW_WITH_OBLIGATIONS)
        elif _allows(mine):
            first = next(reason for reason in Reason if reason in {one.reason for one in theirs if not _allows(one)})
            assert (Effect.DENY, first, None, None, None) == (
                result.effect,
                result.reason,
                result.mask,
                result.ask,
                result.ask_not_before,
            )
        else:
            assert mine == replace(result, others=None)
        assert mine.facts == result.facts
    assert together.co_subjects_denied == sum(not all(map(_allows, other.results)) for other in others)
    changes = [one.clock_changes_at for one in every if one.clock_changes_at is not None]
    assert min(changes, default=None) == together.clock_changes_at
    assert min(map(attrgetter("cache_for_ms"), every)) == together.cache_for_ms


@given(cases())
def test_another_person_never_opens_anything(case: Case) -> None:
    """What is not allowed about some of them is not allowed about more."""
    everybody = tuple(case.people)
    opened = [
        (some, result.field)
        for count in range(1, len(everybody))
        for rest in combinations(everybody[1:], count - 1)
        for some in [(everybody[0], *rest)]
        for result, before in zip(ask(case, *everybody).results, ask(case, *some).results, strict=True)
        if _allows(result) and not _allows(before)
    ]

    assert [] == opened


@given(cases())
def test_the_order_of_the_others_tells_nothing(case: Case) -> None:
    """The answer is the same, whoever of them comes first: it cannot say who it was."""
    subject, *others = case.people

    assert ask(case, subject, *others) == ask(case, subject, *reversed(others))
