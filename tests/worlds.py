"""A small catalog, and short ways to say events and questions, for tests below the demo bundle."""

from sidecar.model.catalog import Catalog, Category, Field, Notice, Purpose, Recipient
from sidecar.model.decision import Question
from sidecar.model.event import Choice, Event, NoticeRef, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Action, Actor, Basis, Channel, ChoiceKind, Survival

EMAIL = "marketing.email"
CATALOG = Catalog(
    services={},
    fields={
        key: Field(key=key, title=key, categories=categories)
        for key, categories in {
            "email": ("user.contact.email",),
            "contact": ("user.contact",),
            "phone": ("user.contact.phone",),
            "diary": ("user.contact.email", "user.health"),
        }.items()
    },
    categories={
        key: Category(key=key, title=key)
        for key in ("user", "user.contact", "user.contact.email", "user.contact.phone", "user.health")
    },
    purposes={
        purpose.key: purpose
        for purpose in (
            Purpose(key="marketing", title="", basis=Basis.CONSENT, direct_marketing=True),
            Purpose(key=EMAIL, title="", basis=Basis.CONSENT, direct_marketing=True, channels=(Channel.EMAIL,)),
            Purpose(
                key="marketing.ads",
                title="",
                basis=Basis.LEGITIMATE_INTERESTS,
                direct_marketing=True,
                channels=(Channel.POST, Channel.IN_APP),
            ),
            Purpose(key="content", title="", basis=Basis.CONSENT),
            Purpose(key="improve", title="", basis=Basis.LEGITIMATE_INTERESTS),
            Purpose(key="law", title="", basis=Basis.LEGAL_OBLIGATION, survives=frozenset(Survival)),
        )
    },
    recipients={key: Recipient(key=key, title=key) for key in ("first_party", "third_party", "grocer", "ads")},
    notices={
        (key, version): Notice(
            key=key,
            version=version,
            title=key,
            purposes=purposes,
            categories=("user.contact",),
            channels=channels,
            recipients=("first_party",),
            reconsent=version > 1,
            valid_from=valid_from,
        )
        for key, version, purposes, channels, valid_from in (
            ("home", 1, ("marketing",), (), 0),
            ("home", 2, ("marketing",), (), 5_000),
            ("post", 1, ("marketing.ads",), ("post",), 0),
        )
    },
)


def scope(purposes: str = "", categories: str = "", channels: str = "", recipients: str = "") -> Scope:
    """A scope, each dimension as words with blanks between."""
    return Scope(
        purposes=tuple(purposes.split()),
        categories=tuple(categories.split()),
        channels=tuple(channels.split()),
        recipients=tuple(recipients.split()),
    )


def choice(
    kind: str,
    about: Scope,
    *,
    explicit: bool = False,
    expires_at: Instant | None = None,
    notice: tuple[str, int] | None = None,
) -> Choice:
    """One choice."""
    ref = None if notice is None else NoticeRef(key=notice[0], version=notice[1])
    return Choice(kind=ChoiceKind(kind), scope=about, explicit=explicit, expires_at=expires_at, notice=ref)


def submission(
    event_id: str, *choices: Choice, occurred_at: Instant | None = None, actor: Actor = Actor.SUBJECT
) -> Event:
    """A submission of *choices*."""
    return Event(id=event_id, act=Submission(choices=choices), occurred_at=occurred_at, actor=actor)


def question(
    field: str = "email",
    purpose: str = EMAIL,
    channel: Channel | None = Channel.EMAIL,
    recipient: str = "first_party",
) -> Question:
    """A question about the small catalog; the channel is only right for marketing by email."""
    action = Action.USE if recipient == "first_party" else Action.SHARE
    return Question(service="any", action=action, field=field, purpose=purpose, channel=channel, recipient=recipient)
