"""A catalog with notices of every kind, and short ways to live there."""

from collections.abc import Mapping
from dataclasses import replace

from sidecar.consent.choices.form import Changes, Form, Tick, changes_of
from sidecar.consent.choices.offer import offered
from sidecar.consent.choices.shown import Person, ShownBox, shown_boxes
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.model.catalog import Catalog, Category, Field, Notice, Purpose, Recipient, Service, Use
from sidecar.model.event import Act, Choice, Event, Submission
from sidecar.model.instant import DAY, Instant, parse
from sidecar.model.vocabulary import Action, Actor, Basis, Channel, Survival

NOW: Instant = parse("2026-05-03T12:00:00Z")

NEWS_EMAIL = "news@2/news.email/user.contact.email/email/first_party"
NEWS_SMS = "news@2/news.sms/user.contact.email/sms/first_party"
OFFERS_POST = "offers@1/offers/user.contact.email/post/first_party"
IMPROVE = "home@1/service.improve/user.sensor/*/first_party"
SERVICE = "home@1/service/user.sensor/*/first_party"
SERVICE_GROCER = "home@1/service/user.sensor/*/grocer"
LAW = "home@1/law/user.sensor/*/first_party"

_MARKETING = Purpose(key="news", title="News", direct_marketing=True)
_NEWS = replace(_MARKETING, basis=Basis.CONSENT, channels=(Channel.EMAIL,))
_PURPOSES = (
    Purpose(key="news", title="News", direct_marketing=True),
    Purpose(
        key="news.email", title="News by email", basis=Basis.CONSENT, direct_marketing=True, channels=(Channel.EMAIL,)
    ),
    Purpose(
        key="news.email.daily",
        title="Daily news",
        basis=Basis.CONSENT,
        direct_marketing=True,
        channels=(Channel.EMAIL,),
    ),
    Purpose(key="news.sms", title="News by text", basis=Basis.CONSENT, direct_marketing=True, channels=(Channel.SMS,)),
    Purpose(
        key="offers",
        title="Offers",
        basis=Basis.LEGITIMATE_INTERESTS,
        direct_marketing=True,
        channels=(Channel.POST, Channel.IN_APP),
    ),
    Purpose(key="service", title="Service", basis=Basis.CONTRACT),
    Purpose(key="service.improve", title="Improvement", basis=Basis.LEGITIMATE_INTERESTS),
    Purpose(key="law", title="The law", basis=Basis.LEGAL_OBLIGATION, survives=frozenset(Survival)),
)


def _notice(key: str, version: int, purposes: str, categories: str, **more: object) -> Notice:
    notice = Notice(
        key=key,
        version=version,
        title=f"{key} {version}",
        purposes=tuple(purposes.split()),
        categories=tuple(categories.split()),
        channels=(),
        recipients=("first_party",),
        reconsent=False,
        valid_from=NOW - 100 * DAY,
    )
    return replace(notice, **more)  # type: ignore[arg-type]


def _use(purpose: str, *fields: str, recipients: tuple[str, ...] = ()) -> Use:
    actions = frozenset({Action.SHARE} if recipients else {Action.USE})
    return Use(purpose=purpose, fields=frozenset(fields), actions=actions, recipients=frozenset(recipients))


def _service(key: str, *uses: Use) -> Service:
    return Service(key=key, title=key, owner=key, may_use=uses)


TOWN = Catalog(
    services={
        "mailer": _service("mailer", _use("news.email", "email"), _use("news.sms", "email"), _use("offers", "email")),
        "home": _service(
            "home",
            _use("service", "voice", "heat"),
            _use("service", "voice", recipients=("grocer",)),
            _use("service.improve", "heat"),
            _use("law", "voice"),
        ),
    },
    fields={
        "email": Field(key="email", title="Email address", categories=("user.contact.email",)),
        "voice": Field(key="voice", title="Voice", categories=("user.sensor.voice",)),
        "heat": Field(key="heat", title="Temperature", categories=("user.sensor",)),
    },
    categories={
        key: Category(key=key, title=key)
        for key in ("user", "user.contact", "user.contact.email", "user.sensor", "user.sensor.voice", "user.health")
    },
    purposes={purpose.key: purpose for purpose in _PURPOSES},
    recipients={key: Recipient(key=key, title=key) for key in ("first_party", "third_party", "grocer", "ads")},
    notices={
        (notice.key, notice.version): notice
        for notice in (
            _notice("news", 1, "news.email", "user.contact.email", valid_from=NOW - 300 * DAY),
            _notice("news", 2, "news", "user.contact.email"),
            _notice("news", 3, "news", "user", valid_from=NOW + DAY, reconsent=True),
            _notice("offers", 1, "offers", "user.contact.email user.health"),
            _notice("home", 1, "service law", "user.sensor", recipients=("first_party", "third_party")),
            _notice("later", 1, "news", "user.contact.email", valid_from=NOW + DAY),
        )
    },
)


def after(*acts: Act | Choice, record: Record = EMPTY, at: Instant = NOW - DAY, actor: Actor = Actor.SUBJECT) -> Record:
    """*record* after *acts*, one event each, a microsecond apart."""
    for place, act in enumerate(acts):
        whole = Submission(choices=(act,)) if isinstance(act, Choice) else act
        event = Event(id=f"e{place}", act=whole, actor=actor)
        record = fold(record, event, accepted_at=at + place, catalog=TOWN).record
    return record


def boxes(
    record: Record = EMPTY, *, now: Instant = NOW, catalog: Catalog = TOWN, everyone: Record = EMPTY
) -> Mapping[str, ShownBox]:
    """What the person of *record* is shown while *everyone* is held to what that record says."""
    return shown_boxes(offered(catalog, now), Person.of(record, now), catalog, Person.of(everyone, now))


def changes(
    ticks: Mapping[str, bool],
    record: Record = EMPTY,
    *,
    now: Instant = NOW,
    catalog: Catalog = TOWN,
    outdated: bool = False,
    together: bool = False,
) -> Changes:
    """What a form with *ticks* changes."""
    pairs = tuple(Tick(key=key, ticked=ticked) for key, ticked in ticks.items())
    form = Form(ticks=pairs, revision="r", together=together)
    return read(form, record, now=now, catalog=catalog, outdated=outdated)


def read(
    form: Form, record: Record = EMPTY, *, now: Instant = NOW, catalog: Catalog = TOWN, outdated: bool = False
) -> Changes:
    """What *form* changes."""
    return changes_of(form, offered(catalog, now), Person.of(record, now), catalog, outdated=outdated)
