"""Events become entries: effective times, scopes, bounds."""

from dataclasses import replace

import pytest

from sidecar.consent.bounds import MAX_ENTRIES, MAX_OPENING
from sidecar.consent.fold import MAX_AHEAD, fold
from sidecar.consent.record import EMPTY, Entry, Kind, Record
from sidecar.errors import RecordFullError, RequestError
from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.event import Erasure, Event, Lifting, Restriction, Submission, Traits
from sidecar.model.instant import Instant
from sidecar.model.scope import EVERYTHING, Atom, Scope
from sidecar.model.vocabulary import Actor, Basis
from tests.worlds import CATALOG, EMAIL, choice, scope, submission

MANY = tuple(f"p{number}" for number in range(600))
WIDE = replace(
    CATALOG, purposes={**CATALOG.purposes, **{key: Purpose(key=key, title="", basis=Basis.CONSENT) for key in MANY}}
)
YES = choice("given", scope(EMAIL, "*"))
NO = choice("withdrawn", scope(EMAIL))


def folded(*events: Event, at: Instant = 1_000, record: Record = EMPTY, catalog: Catalog = CATALOG) -> Record:
    """The record after *events*, all accepted at the same instant."""
    for event in events:
        record = fold(record, event, accepted_at=at, catalog=catalog).record
    return record


def times(record: Record) -> dict[str, Instant]:
    """The effective time of each event."""
    return {entry.event_id: entry.at for entry in record.entries}


def test_an_act_without_a_claimed_time_counts_after_everything_in_the_record() -> None:
    """Two acts in the same microsecond, and one on a slow clock, keep their order."""
    record = folded(submission("a", YES), submission("b", NO))
    record = folded(submission("c", YES), at=500, record=record)

    assert {"b": 1_001, "c": 1_002} == times(record)


def test_a_grant_takes_the_earlier_of_claimed_and_accepted() -> None:
    """A late-arriving grant does not overtake what came after it; one from a fast clock does not lie ahead."""
    late = folded(submission("late", YES, occurred_at=10))
    fast = folded(submission("fast", YES, occurred_at=1_000 + MAX_AHEAD))

    assert {"late": 10} == times(late)
    assert {"fast": 1_000} == times(fast)


def test_a_grant_dated_in_the_future_is_refused() -> None:
    """More than 300 s ahead of the accepting clock is no slow clock but a mistake."""
    with pytest.raises(RequestError, match="occurred_at"):
        folded(submission("a", YES, occurred_at=1_000 + MAX_AHEAD + 1))


def test_a_no_takes_grants_from_the_future_with_it() -> None:
    """It is not refused for its date, so neither is what was said with it; that counts from now."""
    both = submission("a", YES, choice("refused", scope("content")), occurred_at=1_000 + 2 * MAX_AHEAD)

    assert {1_000} == {entry.at for entry in folded(both).entries}


@pytest.mark.parametrize("claimed", [0, 999, 1_000 + 10 * MAX_AHEAD])
def test_a_no_counts_from_now_whatever_it_claims(claimed: Instant) -> None:
    """A withdrawal is neither refused for its date nor put before what it withdraws."""
    record = folded(submission("yes", YES), submission("no", NO, occurred_at=claimed))

    assert {"yes": 1_000, "no": 1_001} == times(record)


def test_a_mixed_submission_has_two_times() -> None:
    """Its grants count from when it was made, its noes from when it arrived."""
    record = folded(submission("a", YES, choice("refused", scope("content")), occurred_at=10))

    assert {Kind.GIVEN: 10, Kind.REFUSED: 1_000} == {entry.kind: entry.at for entry in record.entries}


def test_imported_lines_count_from_when_they_happened() -> None:
    """The claimed time is the accepting time, but never ahead of the importing clock."""
    record = EMPTY
    for event in (submission("yes", YES, occurred_at=10), submission("no", NO, occurred_at=9_999)):
        record = fold(record, event, accepted_at=1_000, catalog=CATALOG, importing=True).record

    assert {"yes": 10, "no": 1_000} == times(record)


def test_imported_lines_must_say_when_they_happened() -> None:
    """Without a time there is no order to import in."""
    with pytest.raises(RequestError, match="occurred_at"):
        fold(EMPTY, submission("a", YES), accepted_at=1, catalog=CATALOG, importing=True)


def test_equal_atoms_of_one_submission_are_a_no() -> None:
    """Ticked and unticked at once is unticked."""
    for no in (NO, choice("withdrawn", scope(EMAIL, "*", "email", "first_party"))):
        record = folded(submission("a", YES, no, choice("given", scope("content", "*"))))

        assert {Kind.WITHDRAWN: EMAIL} == {e.kind: e.atom.purpose for e in record.entries if e.atom.purpose == EMAIL}


def test_a_grant_that_says_more_than_the_no_is_kept() -> None:
    """Nothing by any channel, but by email: that is narrower, not equal."""
    record = folded(submission("a", NO, choice("given", scope(EMAIL, "*", "email"))))

    assert {Kind.WITHDRAWN, Kind.GIVEN} == {entry.kind for entry in record.entries}


def test_a_late_submission_that_repeats_a_no_stands_for_the_earlier_one() -> None:
    """Its grants, made before that no, do not lift it; those of a submission made now would."""
    said = submission("said", choice("withdrawn", scope("marketing")))
    both = (choice("given", scope(EMAIL, "user")), choice("withdrawn", scope("marketing")))
    late = folded(submission("late", *both, occurred_at=10), record=folded(said))
    prompt = folded(submission("prompt", *both), record=folded(said))

    assert [True] == [entry.broadened for entry in late.entries if entry.kind is Kind.WITHDRAWN]
    assert [False] == [entry.broadened for entry in prompt.entries if entry.kind is Kind.WITHDRAWN]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (Event(id="a", act=Submission(choices=())), "choices"),
        (submission("a", choice("given", scope("", "*"))), "scope.purposes"),
        (submission("a", choice("given", scope("*", "*"))), "scope.purposes"),
        (submission("a", choice("given", scope(EMAIL))), "scope.categories"),
        (submission("a", choice("given", scope(EMAIL, "*", "", "grocer *"))), r"recipients\[1\]"),
        (submission("a", choice("given", scope(EMAIL, "*", "", "third_party"))), r"recipients\[0\]"),
        (submission("a", YES, choice("refused", scope("nonsense"))), r"choices\[1\].scope.purposes\[0\]"),
        (submission("a", choice("refused", scope("", "nonsense"))), r"categories\[0\]"),
        (submission("a", choice("refused", scope("", "", "telepathy"))), r"channels\[0\]"),
        (submission("a", choice("refused", scope("", "", "", "nobody"))), r"recipients\[0\]"),
        (submission("a", choice("refused", scope(EMAIL), explicit=True)), r"choices\[0\]"),
        (submission("a", choice("refused", scope(EMAIL), expires_at=5)), r"choices\[0\]"),
        (submission("a", choice("given", scope(EMAIL, "*"), notice=("home", 9))), "notice"),
        (submission("a", choice("given", scope("content", "*"), notice=("home", 1))), "scope"),
        (submission("a", choice("refused", scope("", "", "", "grocer"), notice=("home", 1))), "scope"),
        (Event(id="a", act=Lifting(scope=Scope())), "actor"),
        (Event(id="a", act=Lifting(scope=scope("nonsense")), actor=Actor.OPERATOR), "lifting.scope"),
        (Event(id="a", act=Restriction(scope=scope("nonsense"))), "restriction.scope"),
        (Event(id="a", act=Traits()), "traits"),
        (Event(id="a", act=Erasure(categories=("nonsense",))), "categories"),
    ],
)
def test_a_malformed_act_names_its_field(event: Event, field: str) -> None:
    """Nothing is recorded, and the sender learns which field to mend."""
    with pytest.raises(RequestError, match=field):
        folded(event)


def test_a_grant_without_channels_is_for_those_of_each_purpose() -> None:
    """And for no recipient but the first party."""
    record = folded(submission("a", choice("given", scope("marketing.ads content", "user"))))

    assert {
        Atom("marketing.ads", "user", "post", "first_party"),
        Atom("marketing.ads", "user", "in_app", "first_party"),
        Atom("content", "user", "*", "first_party"),
    } == {entry.atom for entry in record.entries}


@pytest.mark.parametrize(
    ("kind", "about", "notice", "expected"),
    [
        ("given", scope(EMAIL, "*"), "home", Atom(EMAIL, "user.contact", "email", "first_party")),
        (
            "given",
            scope("marketing", "user.contact.email"),
            "home",
            Atom("marketing", "user.contact.email", "*", "first_party"),
        ),
        ("withdrawn", scope(), "post", Atom("marketing.ads", "user.contact", "post", "first_party")),
        (
            "withdrawn",
            scope("", "", "", "first_party"),
            "post",
            Atom("marketing.ads", "user.contact", "post", "first_party"),
        ),
    ],
)
def test_a_notice_cuts_the_scope_to_what_it_lists(kind: str, about: Scope, notice: str, expected: Atom) -> None:
    """Nobody agrees, or disagrees, to more than they were shown."""
    record = folded(submission("a", choice(kind, about, notice=(notice, 1))))

    assert [expected] == [entry.atom for entry in record.entries]


def test_a_grant_of_more_than_64_things_is_refused() -> None:
    """Also as a lifting."""
    about = Scope(purposes=MANY[:65], categories=("*",))

    with pytest.raises(RecordFullError, match="65"):
        folded(submission("a", choice("given", about)), catalog=WIDE)
    with pytest.raises(RecordFullError, match="65"):
        folded(Event(id="a", act=Lifting(scope=about), actor=Actor.OPERATOR), catalog=WIDE)


@pytest.mark.parametrize(
    "act",
    [
        Submission(choices=(choice("refused", Scope(purposes=MANY[:65])),)),
        Restriction(scope=Scope(purposes=MANY[:65])),
    ],
)
def test_a_no_to_more_than_64_things_becomes_a_broader_no(act: Submission | Restriction) -> None:
    """It is never refused for its size."""
    record = folded(Event(id="a", act=act), catalog=WIDE)

    assert [(EVERYTHING, True)] == [(entry.atom, entry.broadened) for entry in record.entries]


WIDE_SCOPES = (
    Scope(purposes=MANY[:40], categories=tuple(CATALOG.categories), recipients=tuple(CATALOG.recipients)),
    Scope(purposes=MANY, channels=("email", "sms")),
)


@pytest.mark.parametrize(
    "act",
    [
        Submission(choices=tuple(choice("refused", about) for about in WIDE_SCOPES)),
        Restriction(scope=WIDE_SCOPES[1]),
    ],
)
def test_a_no_with_more_combinations_than_anyone_means_is_broadened_beforehand(act: Submission | Restriction) -> None:
    """It stands for all of them, quickly, and no grant that came with it lifts it."""
    record = folded(Event(id="a", act=act), catalog=WIDE)

    assert {True} == {entry.broadened for entry in record.entries}
    assert {"*"} == {entry.atom.recipient for entry in record.entries}


def test_a_grant_with_more_combinations_than_anyone_means_is_refused() -> None:
    """Before they are made, and even if a notice would cut them."""
    about = Scope(purposes=MANY, categories=("user", "user.contact"))

    with pytest.raises(RecordFullError, match="1200"):
        folded(submission("a", choice("given", about)), catalog=WIDE)


def test_broadening_goes_no_further_than_it_must() -> None:
    """Recipients go first, and what fits then stays as it is."""
    about = Scope(purposes=MANY[:40], recipients=("grocer", "ads"))
    record = folded(submission("a", choice("refused", about)), catalog=WIDE)

    assert {Atom(key, "*", "*", "*") for key in MANY[:40]} == {entry.atom for entry in record.entries}


def full(*, grants: int, noes: int) -> Record:
    """A record with so many grants and noes."""
    return Record(
        entries=tuple(
            Entry(kind=kind, atom=Atom(key, "user", "*", "first_party"), at=number, event_id=key)
            for number, (kind, key) in enumerate(
                [(Kind.GIVEN, key) for key in MANY[:grants]] + [(Kind.REFUSED, key) for key in MANY[:noes]]
            )
        ),
        latest_at=900,
    )


def test_a_full_record_refuses_grants_and_takes_noes() -> None:
    """One grant more is an error that changes nothing; a no makes all noes broader, from now on."""
    record = full(grants=MAX_OPENING, noes=64)

    with pytest.raises(RecordFullError):
        folded(submission("yes", choice("given", scope(MANY[500], "*"))), record=record, catalog=WIDE)
    after = folded(submission("no", choice("refused", scope(MANY[500], "user"))), record=record, catalog=WIDE)

    assert len(after.entries) <= MAX_ENTRIES
    assert MAX_OPENING == sum(entry.kind is Kind.GIVEN for entry in after.entries)
    assert {(True, 1_000)} == {(e.broadened, e.at) for e in after.entries if e.kind is Kind.REFUSED}


def test_a_grant_does_not_push_noes_aside() -> None:
    """A record full of noes refuses a grant, but takes it together with a no, which makes the noes broader."""
    record = full(grants=0, noes=MAX_ENTRIES)
    yes = choice("given", scope(MANY[599], "*"))

    with pytest.raises(RecordFullError):
        folded(submission("yes", yes), record=record, catalog=WIDE)
    after = folded(submission("both", yes, choice("refused", scope(MANY[598]))), record=record, catalog=WIDE)

    assert {Kind.GIVEN: 1, Kind.REFUSED: 1} == {
        kind: sum(entry.kind is kind for entry in after.entries) for kind in (Kind.GIVEN, Kind.REFUSED)
    }


def test_traits_and_erasures_carry_their_time() -> None:
    """Traits count from the earlier time, an erasure from now; objections outlive it."""
    record = folded(
        Event(id="t", act=Traits(of_age_at=7, jurisdiction="DE"), occurred_at=10),
        submission("o", choice("objected", scope(EMAIL)), YES),
        Event(id="c", act=Erasure(categories=("user.health",))),
    )
    erased = folded(Event(id="e", act=Erasure()), record=record)

    assert [("jurisdiction", 10), ("of_age_at", 10)] == [(name, trait.at) for name, trait in record.traits]
    assert (("user.health", 1_001),) == record.erased_categories
    assert (
        Record(entries=tuple(e for e in record.entries if e.kind is Kind.OBJECTED), horizon=1_002, latest_at=1_002)
        == erased
    )


def test_a_lifting_and_a_restriction_are_entries() -> None:
    """An operator lifts; an empty scope is everything."""
    record = folded(
        Event(id="r", act=Restriction(scope=Scope())), Event(id="l", act=Lifting(scope=Scope()), actor=Actor.OPERATOR)
    )

    assert [(Kind.RESTRICTED, EVERYTHING), (Kind.LIFTED, EVERYTHING)] == [(e.kind, e.atom) for e in record.entries]
