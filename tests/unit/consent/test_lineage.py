"""Records from before a rename, under the catalog after it."""

from dataclasses import replace

import pytest

from sidecar.consent.facts import facts_of, weigh
from sidecar.consent.fold import fold
from sidecar.consent.lineage import Lineage
from sidecar.consent.profile import resolve, trace
from sidecar.consent.record import EMPTY, Record
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, Category, Field, Purpose, Recipient
from sidecar.model.event import Act, Erasure, Event, Lifting, Restriction
from sidecar.model.facts import Facts
from sidecar.model.renames import Renames
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Actor, Basis
from tests.worlds import CATALOG, choice, question, scope, submission

NOW = 100_000
HOUSE = replace(CATALOG.notices["home", 2], key="house")


def now_called(renames: Renames, *, field: str, categories: tuple[str, ...], purpose: str = "content") -> Catalog:
    """The small catalog after *renames*: *field* is in *categories*, and *purpose* is there."""
    return replace(
        CATALOG,
        fields={**CATALOG.fields, field: Field(key=field, title="", categories=categories)},
        categories={**CATALOG.categories, **{key: Category(key=key, title="") for key in categories}},
        purposes={**CATALOG.purposes, purpose: Purpose(key=purpose, title="", basis=Basis.CONSENT)},
        recipients={**CATALOG.recipients, "shop": Recipient(key="shop", title="")},
        notices={**CATALOG.notices, ("house", 2): HOUSE},
        renames=renames,
    )


MOVED = now_called(
    Renames(categories={"user.contact.phone": "device.number"}), field="call", categories=("device.number",)
)
SIMPLE = now_called(
    Renames(categories={"user.contact.phone": "user.contact.call"}), field="call", categories=("user.contact.call",)
)


def record_of(*events: Event, catalog: Catalog = CATALOG) -> Record:
    """The record after *events*, taken at 1,000, 2,000..."""
    record = EMPTY
    for number, event in enumerate(events, start=1):
        record = fold(record, event, accepted_at=number * 1_000, catalog=catalog).record
    return record


def said(kind: str, categories: str, purposes: str = "content", event_id: str = "", recipients: str = "") -> Event:
    """One choice."""
    about = scope(purposes, categories, recipients=recipients)
    return submission(event_id or f"{kind} {categories} {purposes}", choice(kind, about))


def done(act: Act, event_id: str) -> Event:
    """An operator's act."""
    return Event(id=event_id, act=act, actor=Actor.OPERATOR)


def facts(record: Record, catalog: Catalog, *, recipient: str = "first_party") -> Facts:
    """Of the question about calls."""
    asked = question(field="call", purpose="content", channel=None, recipient=recipient)
    return facts_of(resolve(record, NOW).profile, asked, catalog, catalog.superseding(NOW))


@pytest.mark.parametrize(
    ("expected", "events", "catalog"),
    [
        pytest.param("given", [said("given", "user.contact.phone")], SIMPLE, id="a yes to the old name"),
        pytest.param("given", [said("given", "user.contact")], SIMPLE, id="a yes to what it lies below"),
        pytest.param("unknown", [said("given", "user.contact")], MOVED, id="a yes to what it lay below"),
        pytest.param("given", [said("given", "user.contact.phone")], MOVED, id="a yes to it wherever it is"),
        pytest.param(
            "refused",
            [said("given", "user.contact.phone"), said("refused", "user.contact")],
            MOVED,
            id="a no to what it lay below",
        ),
        pytest.param(
            "refused", [said("given", "user.contact.phone"), said("refused", "user")], MOVED, id="a no far above"
        ),
        pytest.param(
            "refused",
            [said("given", "user.contact.phone"), said("refused", "user.contact.phone")],
            MOVED,
            id="a no to the old name",
        ),
        pytest.param(
            "given",
            [said("given", "user.contact.phone"), said("refused", "user.contact.email")],
            MOVED,
            id="a no to something beside it",
        ),
        pytest.param(
            "given",
            [said("refused", "user.contact"), said("given", "user.contact.phone")],
            MOVED,
            id="a yes after a no to what it lay below",
        ),
        pytest.param(
            "refused",
            [said("refused", "user"), said("given", "user.contact")],
            MOVED,
            id="a yes to what it lay below lifts no no for it",
        ),
        pytest.param(
            "refused",
            [said("refused", "user.contact.phone"), said("given", "user.contact")],
            SIMPLE,
            id="a yes too broad to lift a no",
        ),
    ],
)
def test_consent(expected: str, events: list[Event], catalog: Catalog) -> None:
    """Yeses under the present name, noes under both."""
    assert expected == facts(record_of(*events), catalog).consent


@pytest.mark.parametrize("catalog", [SIMPLE, MOVED], ids=["renamed", "moved"])
def test_objections_restrictions_and_erasures_go_along(catalog: Catalog) -> None:
    """Of the old name, and of what it lay below."""
    yes = said("given", "user.contact.phone")
    for about in ("user.contact.phone", "user.contact"):
        restriction = done(Restriction(scope=scope(categories=about)), "r")

        assert facts(record_of(yes, said("objected", about)), catalog).objected
        assert facts(record_of(yes, restriction), catalog).restricted
        assert "unknown" == facts(record_of(yes, done(Erasure(categories=(about,)), "x")), catalog).consent


def test_a_lifting_opens_no_more_than_it_did() -> None:
    """What was lifted below a name is not lifted elsewhere; under the new name it can be."""
    restriction = done(Restriction(scope=scope(categories="user.contact.phone")), "r")
    above, beside = (done(Lifting(scope=scope(categories=key)), "l") for key in ("user.contact", "user.health"))
    below_there = now_called(
        Renames(categories={"user.contact.phone": "user.health.call"}), field="call", categories=("user.health.call",)
    )
    after = done(Lifting(scope=scope(categories="device.number")), "l")

    assert not facts(record_of(restriction, above), SIMPLE).restricted
    assert facts(record_of(restriction, above), MOVED).restricted
    assert facts(record_of(restriction, beside), below_there).restricted
    assert not facts(record_of(restriction, after, catalog=MOVED), MOVED).restricted
    assert not facts(fold(record_of(restriction), after, accepted_at=9_000, catalog=MOVED).record, MOVED).restricted


def test_recipients_and_notices() -> None:
    """A consent to share goes along with the recipient; a notice that was renamed is superseded under its new key."""
    shared = record_of(said("given", "user.contact.phone", recipients="grocer"))
    under = record_of(submission("n", choice("given", scope("marketing", "user.contact"), notice=("home", 1))))
    recipients = replace(SIMPLE, renames=replace(SIMPLE.renames, recipients={"grocer": "shop"}))
    notices = replace(SIMPLE, notices={("house", 2): HOUSE}, renames=Renames(notices={"home": "house"}))
    asked = question(purpose="marketing", channel=None)
    profile = resolve(under, NOW).profile

    assert ("given", "unknown") == (
        facts(shared, recipients, recipient="shop").consent,
        facts(shared, SIMPLE, recipient="shop").consent,
    )
    assert "superseded" == facts_of(profile, asked, notices, notices.superseding(NOW)).consent
    assert "given" == facts_of(profile, asked, CATALOG, {}).consent


def test_what_was_said_is_shown_as_it_was_said() -> None:
    """The entry behind a fact has the old name, which the person knows."""
    record = record_of(said("given", "user.contact.phone", event_id="e"))
    standing, sources = trace(record, NOW)
    (part,) = weigh(standing.profile, question(field="call", purpose="content", channel=None), SIMPLE, {})

    assert part.decided_by is not None
    assert "user.contact.phone" == sources[part.decided_by].atom.category


def test_events_may_have_old_names() -> None:
    """A form that nobody has changed yet; they are recorded under the present ones."""
    record = record_of(said("given", "user.contact.phone"), said("refused", "user.contact.phone"), catalog=SIMPLE)

    assert {"user.contact.call"} == {entry.atom.category for entry in record.entries}


def test_events_may_name_a_notice_by_its_old_key() -> None:
    """It is cut to what that version lists, and recorded under the present key."""
    catalog = replace(CATALOG, notices={("house", 2): HOUSE}, renames=Renames(notices={"home": "house"}))
    event = submission("n", choice("given", scope("marketing", "user"), notice=("home", 2)))
    (entry,) = record_of(event, catalog=catalog).entries

    assert (("house", 2), "user.contact") == (
        entry.notice and (entry.notice.key, entry.notice.version),
        entry.atom.category,
    )


def test_names_that_never_were_are_errors_all_the_same() -> None:
    """Below an old name too, where there is nothing below the new one."""
    with pytest.raises(RequestError, match=r"no data category `user\.contact\.call\.x`"):
        record_of(said("refused", "user.contact.phone.x"), catalog=SIMPLE)


def test_where_atoms_touch_by_an_old_name_the_narrower_is_what_was_renamed() -> None:
    """Whichever is asked about the other; what never touched does not."""
    lineage = Lineage(Renames(categories={"a.b": "c"}, purposes={"p.q": "r"}))
    old, new = Atom("p", "a", "*", "*"), Atom("r", "c", "*", "shop")

    assert new == lineage.shared(old, new) == lineage.shared(new, old)
    assert lineage.within(new, old)
    assert not lineage.within(old, new)
    assert lineage.shared(old, new._replace(category="d")) is None
    assert lineage.shared(old, new._replace(purpose="d")) is None
    assert lineage.shared(old._replace(recipient="other"), new) is None
