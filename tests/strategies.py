"""Hypothesis strategies: small worlds in which nearly everything meets everything, and lives lived in them.

Names come from short lists and times from a few microseconds, so that ties, overlaps and clashes are the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from hypothesis import strategies as st

from sidecar.model.catalog import Catalog, Category, Field, Notice, Purpose, Recipient
from sidecar.model.decision import Question
from sidecar.model.event import (
    Act,
    Choice,
    Erasure,
    Event,
    Lifting,
    NoticeRef,
    Restriction,
    Submission,
    Traits,
)
from sidecar.model.instant import SECOND, Instant, parse
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Action, Actor, Basis, Channel, ChoiceKind, Survival

START = parse("2026-01-01T00:00:00Z")
SPAN = 30
"""Nearly everything happens within so many microseconds after ``START``."""

PURPOSES = ("ads", "ads.mail", "ads.mailing", "ads.mail.daily", "care")  # `ads.mailing` is not below `ads.mail`
CATEGORIES = ("user", "user.contact", "user.contact.email", "user.health", "user_device")  # nor the last below `user`
RECIPIENTS = ("first_party", "third_party", "grocer", "broker")
CHANNELS = (Channel.EMAIL, Channel.SMS)
FIELDS = {
    "email": ("user.contact.email",),
    "contact": ("user.contact",),
    "person": ("user",),
    "device": ("user_device",),
    "diary": ("user.contact.email", "user.health"),
    "home": ("user", "user_device"),
}
NOES = (ChoiceKind.REFUSED, ChoiceKind.WITHDRAWN, ChoiceKind.OBJECTED)
JURISDICTIONS = ("DE", "US", "US-CA")


@dataclass(frozen=True)
class Names:
    """What choices may be about; of each dimension the first names are the most frequent."""

    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    channels: tuple[str, ...]
    named_recipients: tuple[str, ...]
    notices: tuple[tuple[str, int], ...]


# `care` and `broker` are never named, so that they are only ever met by `*` and from above.
SMALL = Names(
    PURPOSES[:4], CATEGORIES[:4], CHANNELS, ("first_party", "grocer"), (("home", 1), ("home", 2), ("home", 3))
)


instants = st.integers(0, SPAN).map(lambda after: START + after)
actors = st.sampled_from((Actor.SUBJECT, Actor.SUBJECT, Actor.SUBJECT, Actor.GUARDIAN, Actor.OPERATOR, Actor.SYSTEM))
claims = st.one_of(
    st.none(),
    st.none(),
    instants,
    instants,
    st.sampled_from((START - 400 * SECOND, START + 200 * SECOND, START + 400 * SECOND)),
)


def some(values: Sequence[str], *, least: int = 0, most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    """A few of *values*, each once."""
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True).map(tuple)


# --- The declared world --------------------------------------------------------------------------------------------


@st.composite
def _purposes(draw: st.DrawFn) -> dict[str, Purpose]:
    purposes: dict[str, Purpose] = {}
    for key in PURPOSES:
        above = purposes.get(key.rpartition(".")[0])
        purposes[key] = Purpose(
            key=key,
            title=key,
            basis=draw(st.sampled_from((Basis.CONSENT, Basis.LEGITIMATE_INTERESTS, Basis.CONTRACT))),
            basis_by_jurisdiction=draw(
                st.dictionaries(st.sampled_from(JURISDICTIONS), st.sampled_from(Basis), max_size=1)
            ),
            direct_marketing=(above is not None and above.direct_marketing) or draw(st.booleans()),
            channels=draw(st.sampled_from(((), (), CHANNELS[:1], CHANNELS))),
            survives=draw(st.sampled_from((frozenset(), frozenset(), *(frozenset({s}) for s in Survival)))),
        )
    return purposes


_LISTED = (
    ("user",),
    ("user", "user_device"),
    ("user.contact", "user_device"),
    ("user.contact", "user.contact.email"),
    ("*",),
)


@st.composite
def _notices(draw: st.DrawFn) -> dict[tuple[str, int], Notice]:
    return {
        (key, version): Notice(
            key=key,
            version=version,
            title=key,
            purposes=draw(st.sampled_from((("ads",), ("ads",), ("ads", "ads.mail"), ("ads.mail", "ads.mailing")))),
            categories=draw(st.sampled_from(_LISTED)),
            channels=draw(st.sampled_from(((), (), CHANNELS[:1]))),
            recipients=draw(st.sampled_from((RECIPIENTS[:1], RECIPIENTS[:2], RECIPIENTS[:3:2]))),
            reconsent=version > 1 and draw(st.booleans()),
            valid_from=draw(instants),
        )
        for key, version in SMALL.notices
    }


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A small declared world; only flags, bases, channels and notices differ."""
    return Catalog(
        services={},
        fields={key: Field(key=key, title=key, categories=categories) for key, categories in FIELDS.items()},
        categories={key: Category(key=key, title=key) for key in CATEGORIES},
        purposes=draw(_purposes()),
        recipients={key: Recipient(key=key, title=key) for key in RECIPIENTS},
        notices=draw(_notices()),
    )


# --- What people do ------------------------------------------------------------------------------------------------


def _notice_refs(names: Names) -> st.SearchStrategy[NoticeRef | None]:
    refs = [NoticeRef(key=key, version=version) for key, version in names.notices]
    return st.one_of(st.none(), st.none(), st.sampled_from(refs))


@cache
def grants(names: Names = SMALL) -> st.SearchStrategy[Choice]:
    """A box ticked."""
    return st.builds(
        Choice,
        kind=st.just(ChoiceKind.GIVEN),
        scope=st.builds(
            Scope,
            purposes=some(names.purposes, least=1),
            categories=some((*names.categories, "*"), least=1),
            channels=some((*names.channels, "*"), most=1),
            recipients=some(names.named_recipients),
        ),
        explicit=st.booleans(),
        expires_at=st.one_of(st.none(), instants),
        notice=_notice_refs(names),
    )


@cache
def no_scopes(names: Names = SMALL) -> st.SearchStrategy[Scope]:
    """What a no, a restriction or a lifting may be about."""
    return st.builds(
        Scope,
        purposes=some((*names.purposes, "*"), most=1),
        categories=some((*names.categories, "*"), most=1),
        channels=some((*names.channels, "*"), most=1),
        recipients=some((*names.named_recipients, "third_party", "*"), most=1),
    )


@cache
def noes(names: Names = SMALL) -> st.SearchStrategy[Choice]:
    """A box unticked."""
    return st.builds(
        Choice,
        kind=st.sampled_from(NOES),
        scope=no_scopes(names),
        notice=st.one_of(st.none(), st.none(), st.none(), _notice_refs(names)),
    )


def _twins(names: Names) -> st.SearchStrategy[tuple[Choice, Choice]]:
    """A yes and a no about the same."""
    return st.tuples(grants(names), noes(names)).map(
        lambda twins: (twins[0], Choice(kind=twins[1].kind, scope=twins[0].scope))
    )


@cache
def no_acts(names: Names = SMALL) -> st.SearchStrategy[Act]:
    """An act that only closes, and that nothing can be wrong with: without a notice, which might list nothing of it."""
    bare = noes(names).map(lambda choice: replace(choice, notice=None))
    return st.one_of(
        st.lists(bare, min_size=1, max_size=2).map(lambda choices: Submission(choices=tuple(choices))),
        st.builds(Restriction, scope=no_scopes(names)),
    )


traits = st.builds(
    Traits,
    digital_consent_at=st.one_of(st.none(), instants),
    of_age_at=st.one_of(st.none(), instants),
    jurisdiction=st.one_of(st.none(), st.sampled_from(JURISDICTIONS)),
).filter(lambda act: act != Traits())


@cache
def acts(names: Names = SMALL) -> st.SearchStrategy[Act]:
    """Any act; most are submissions."""
    submissions = st.one_of(
        st.lists(grants(names), min_size=1, max_size=2),
        st.lists(noes(names), min_size=1, max_size=2),
        st.lists(st.one_of(grants(names), noes(names)), min_size=1, max_size=3),
        _twins(names),
    ).map(lambda choices: Submission(choices=tuple(choices)))
    return st.one_of(
        *5 * [submissions],
        traits,
        st.builds(Restriction, scope=no_scopes(names)),
        st.builds(Lifting, scope=no_scopes(names)),
        st.builds(Erasure),
        st.builds(Erasure, categories=some(names.categories, least=1)),
    )


def actors_of(act: Act) -> st.SearchStrategy[Actor]:
    """Who may do it, and now and then somebody who may not."""
    return st.sampled_from((*3 * [Actor.OPERATOR], Actor.SUBJECT)) if isinstance(act, Lifting) else actors


@st.composite
def events(draw: st.DrawFn, event_id: str = "e", of: st.SearchStrategy[Act] | None = None) -> Event:
    """One event."""
    act = draw(acts() if of is None else of)
    return Event(id=event_id, act=act, actor=draw(actors_of(act)), occurred_at=draw(claims))


@dataclass(frozen=True)
class Step:
    """An event, when it arrives, and whether as a line of an import."""

    event: Event
    accepted_at: Instant
    importing: bool = False


@st.composite
def _second_thoughts(draw: st.DrawFn, choice: Choice, names: Names) -> Submission:
    """About the same as *choice*, but with another kind, end or emphasis; or yes and no, or two ends, at once."""
    scope, yes, other_yes = choice.scope, draw(grants(names)), draw(grants(names))
    if scope.purposes and scope.categories and "*" not in scope.purposes:
        named = tuple(recipient for recipient in scope.recipients if recipient in names.named_recipients)
        yes = replace(yes, scope=replace(scope, recipients=named))
    no = Choice(kind=draw(st.sampled_from((choice.kind, *NOES)).filter(NOES.__contains__)), scope=scope)
    twice = replace(yes, expires_at=other_yes.expires_at)
    reworded = replace(choice if choice.kind is ChoiceKind.GIVEN else yes, notice=other_yes.notice)
    return Submission(choices=draw(st.sampled_from(((yes,), (reworded,), (no,), (yes, no), (yes, twice)))))


@st.composite
def _echoes(draw: st.DrawFn, life: Sequence[Step], event_id: str, names: Names) -> Event:
    """Something done before is done again, undone or changed, at a claimed time that may be that of something else."""
    act = draw(st.sampled_from([step.event.act for step in life]))
    match act:
        case Submission(choices=choices):
            act = draw(_second_thoughts(draw(st.sampled_from(choices)), names))
        case Restriction(scope=scope):
            act = Lifting(scope=draw(st.just(scope) | no_scopes(names)))
        case Lifting(scope=scope):
            act = Restriction(scope=scope)
        case Traits():
            act = draw(traits)
        case Erasure():
            pass
    near = st.sampled_from(life).flatmap(lambda step: st.integers(step.accepted_at - 1, step.accepted_at + 1))
    return Event(id=event_id, act=act, actor=draw(actors_of(act)), occurred_at=draw(claims | near))


@st.composite
def lives(draw: st.DrawFn, *, names: Names = SMALL, most: int = 7, prefix: str = "e") -> tuple[Step, ...]:
    """Events as they arrive, at a clock that mostly goes forward."""
    life: list[Step] = []
    size = draw(st.integers(0, most))
    times = draw(st.lists(instants, min_size=size, max_size=size))
    if draw(st.integers(0, 4)):
        times.sort()
    for number, accepted_at in enumerate(times):
        event_id = f"{prefix}{number}"
        echo = draw(st.booleans())
        event = draw(_echoes(life, event_id, names) if life and echo else events(event_id, acts(names)))
        can_be_imported = event.occurred_at is not None and not isinstance(event.act, Erasure)
        importing = can_be_imported and draw(st.integers(0, 4)) == 0
        life.append(Step(event, accepted_at, importing))
    return tuple(life)


# --- What services ask ---------------------------------------------------------------------------------------------

moments = st.integers(-1, SPAN + 8).map(lambda after: START + after)
"""When a question is asked: before, while or after things happen."""


def every_question(catalog: Catalog) -> list[Question]:
    """All questions that a catalog of ``catalogs()`` can be asked."""
    return [
        Question(
            service="any",
            action=Action.USE if recipient == "first_party" else Action.SHARE,
            field=field,
            purpose=purpose,
            channel=channel,
            recipient=recipient,
        )
        for field in catalog.fields
        for purpose in catalog.purposes
        for channel in catalog.purposes[purpose].channels or (None,)
        for recipient in catalog.recipients
    ]


def questions(catalog: Catalog, *, least: int = 1, most: int = 6) -> st.SearchStrategy[list[Question]]:
    """A few of them, each once."""
    return st.lists(st.sampled_from(every_question(catalog)), min_size=least, max_size=most, unique=True)
