from typing import Any, cast

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import consent_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.config import Limits
from sidecar.consent.log import LogEntry
from sidecar.consent.record import Record
from sidecar.errors import RequestError
from sidecar.model.event import (
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    LinkTo,
    No,
    NoticeRef,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.instant import LAST, parse
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import Actor, ChoiceKind, NoKind
from sidecar.transport.convert.events import EventReader, to_event
from sidecar.transport.convert.instants import from_timestamp, to_timestamp
from sidecar.transport.convert.records import from_page_token, page_size, to_page, to_page_token

READER = EventReader(Limits())
SCOPE = Scope(purposes=("a", "b"), categories=("*",), channels=("email",), recipients=("r",))
AT = parse("2026-01-31T10:11:12.345678Z")


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Event(id="e", act=Restriction(scope=SCOPE), actor=Actor.OPERATOR), id="restriction"),
        pytest.param(Event(id="e", act=Lifting(scope=Scope()), actor=Actor.SYSTEM), id="lifting"),
        pytest.param(
            Event(id="e", act=Traits(digital_consent_at=AT, of_age_at=-1, jurisdiction="US-CA")), id="all-traits"
        ),
        pytest.param(Event(id="e", act=Traits(of_age_at=0), occurred_at=0), id="the-epoch-is-an-instant"),
        pytest.param(
            Event(
                id="e",
                act=Submission(
                    choices=(
                        Choice(
                            kind=ChoiceKind.GIVEN,
                            scope=SCOPE,
                            explicit=True,
                            expires_at=LAST,
                            notice=NoticeRef(key="home", version=2),
                        ),
                        *(Choice(kind=kind, scope=Scope()) for kind in ChoiceKind),
                    )
                ),
                occurred_at=AT,
                actor=Actor.GUARDIAN,
                method="web-form",
                language="de-AT",
            ),
            id="submission",
        ),
    ],
)
def test_events_survive_the_way_out_and_in(event: Event) -> None:
    """Nothing of an event is lost or added by the protocol."""
    assert event == READER.read(to_event(event))


def test_an_erasure_is_no_event_of_the_protocol() -> None:
    """There is a call of its own for it."""
    with pytest.raises(ValueError, match="erasure"):
        to_event(Event(id="e", act=Erasure()))


def test_an_unspecified_actor_is_the_person() -> None:
    """That is what the protocol says."""
    assert READER.read(pb.Event(id="e", traits=pb.Traits(jurisdiction="DE"))).actor is Actor.SUBJECT


def test_names_are_kept_once_and_in_order() -> None:
    """A name that is repeated says nothing new; 10,000 of them must not make 10,000 things to record."""
    message = pb.Event(id="e", restriction=pb.Restriction(scope=pb.Scope(purposes=["b", "a", *["b"] * 10_000])))

    assert Restriction(scope=Scope(purposes=("b", "a"))) == READER.read(message).act


def choice(**changes: Any) -> pb.Event:
    """A submission of one choice."""
    return pb.Event(id="e", submission=pb.Submission(choices=[pb.Choice(**changes)]))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        pytest.param(pb.Event(id="e"), "event", id="nothing-said"),
        pytest.param(pb.Event(id="e", submission=pb.Submission()), "event.submission.choices", id="no-choice"),
        pytest.param(
            pb.Event(id="e", submission=pb.Submission(choices=[pb.Choice(kind="CHOICE_KIND_REFUSED")] * 65)),
            "event.submission.choices",
            id="65-choices",
        ),
        pytest.param(
            pb.Event(id="e", actor=cast("pb.Actor", 9), traits=pb.Traits()), "event.actor", id="unknown-actor"
        ),
        pytest.param(choice(), "event.submission.choices[0].kind", id="unspecified-kind"),
        pytest.param(choice(kind=77), "event.submission.choices[0].kind", id="unknown-kind"),
        pytest.param(
            choice(kind="CHOICE_KIND_GIVEN", expires_at=Timestamp(nanos=-1)),
            "event.submission.choices[0].expires_at",
            id="negative-nanos",
        ),
        pytest.param(
            choice(kind="CHOICE_KIND_GIVEN", notice=model_pb2.NoticeRef(version=1)),
            "event.submission.choices[0].notice.key",
            id="notice-without-key",
        ),
        pytest.param(
            choice(kind="CHOICE_KIND_GIVEN", scope=pb.Scope(categories=["a", "b\0"])),
            "event.submission.choices[0].scope.categories[1]",
            id="nul-in-a-category",
        ),
        pytest.param(
            pb.Event(id="e", lifting=pb.Lifting(scope=pb.Scope(recipients=[""]))),
            "event.lifting.scope.recipients[0]",
            id="empty-recipient",
        ),
        pytest.param(
            pb.Event(id="e", traits=pb.Traits(of_age_at=Timestamp(seconds=2**62))),
            "event.traits.of_age_at",
            id="year-146-billion",
        ),
        pytest.param(
            pb.Event(id="e", traits=pb.Traits(), occurred_at=Timestamp(seconds=-(2**62))),
            "event.occurred_at",
            id="before-the-year-1",
        ),
    ],
)
def test_a_malformed_event_is_refused_by_the_name_of_its_field(message: pb.Event, field: str) -> None:
    """The path of the field is the one in the request."""
    with pytest.raises(RequestError) as caught:
        READER.read(message)

    assert field == caught.value.field


def test_a_link_names_an_id_when_sent_and_a_pseudonym_when_told() -> None:
    """The other way round neither is taken, nor told."""
    sent = READER.read(pb.Event(id="e", link=pb.Link(other_subject="p2")))
    told = to_event(Event(id="e", act=Link(other=bytes(16), era=7)))

    assert LinkTo(other_subject="p2") == sent.act
    assert pb.Link(other_pseudonym="0" * 32) == told.link
    with pytest.raises(RequestError, match=r"event\.link\.other_pseudonym"):
        READER.read(told)


def test_what_linked_ids_share_is_told_and_never_taken() -> None:
    """The sidecar writes it itself."""
    told = to_event(Event(id="e", act=Shared(noes=(No(kind=NoKind.OBJECTED, atom=Atom("p", "c", "*", "r")),))))

    assert [pb.SharedNo(kind="objected", purpose="p", category="c", channel="*", recipient="r")] == told.shared.noes
    with pytest.raises(RequestError, match=r"event\.shared"):
        READER.read(told)


@pytest.mark.parametrize("instant", [0, -1, AT, LAST, parse("0001-01-01T00:00:00Z")])
def test_instants_survive_the_way_out_and_in(instant: int) -> None:
    """To the microsecond, before the epoch too."""
    assert instant == from_timestamp(to_timestamp(instant), "at")


def test_nanoseconds_are_cut() -> None:
    """Never rounded up: nothing counts before it happened, or longer than was said."""
    assert 1 == from_timestamp(Timestamp(seconds=0, nanos=1_999), "at")


@pytest.mark.parametrize("position", [0, 1, 10**17])
def test_page_tokens_survive_the_way_out_and_in(position: int) -> None:
    """A token leads to the place where the page before it ended."""
    assert position == from_page_token(to_page_token(position))


def test_no_token_is_the_first_page() -> None:
    """Positions begin with 1."""
    assert 0 == from_page_token("")


@pytest.mark.parametrize("token", ["x", "!!!!", "MTI=", "YWZ0ZXI6LTE=", "YWZ0ZXI6", "\u00e9", to_page_token(10**18)])
def test_a_token_that_we_did_not_write_is_refused(token: str) -> None:
    """Garbage is the caller's fault, not the first page."""
    with pytest.raises(RequestError) as caught:
        from_page_token(token)

    assert caught.value.field == "page_token"


@pytest.mark.parametrize(("asked", "expected"), [(0, 100), (1, 1), (1_000, 1_000), (2_147_483_647, 1_000)])
def test_pages_are_bounded(asked: int, expected: int) -> None:
    """0 means 100, and more than 1,000 means 1,000."""
    assert expected == page_size(asked)


def test_a_negative_page_is_refused() -> None:
    """Less than nothing is a mistake."""
    with pytest.raises(RequestError, match="page_size"):
        page_size(-1)


def entries(count: int, *, names: int) -> list[LogEntry]:
    """So many log entries from position 1, each a restriction of so many purposes."""
    act = Restriction(scope=Scope(purposes=tuple(f"purpose-{number:06}" for number in range(names))))
    return [
        LogEntry(
            position=position,
            pseudonym=b"",
            event=Event(id="e", act=act),
            record=Record(),
            effective_at=0,
            accepted_at=0,
            sealed=b"",
        )
        for position in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("found", "expected", "token"),
    [
        pytest.param(entries(0, names=1), 0, "", id="nothing"),
        pytest.param(entries(3, names=1), 3, "", id="the-last-page"),
        pytest.param(entries(4, names=1), 3, to_page_token(3), id="one-more-than-fits"),
        pytest.param(entries(3, names=30_000), 2, to_page_token(2), id="large-events"),
        pytest.param(entries(2, names=100_000), 1, to_page_token(1), id="one-event-is-always-shown"),
    ],
)
def test_a_page_is_bounded_in_entries_and_in_size(found: list[LogEntry], expected: int, token: str) -> None:
    """What would not fit into a message that callers take comes on the next page."""
    page = to_page(found, 3, log_id="0123456789abcdef")

    assert (expected, token) == (len(page.entries), page.next_page_token)
