"""Listing and saving choices, over the wire."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import choices_pb2 as pb
from sidecar.api.v1 import consent_pb2, holds_pb2
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, ends_with, question

NEWSLETTER = "newsletter@2/marketing.communications.email/user.contact.email/email/first_party"
IMPROVE = "partners@1/essential.service.operations.improve/user.behavior/*/first_party"
SERVICE = "partners@1/essential.service/user.behavior/*/first_party"
DIET = "home@2/personalize.content/user.health_and_medical/*/first_party"
GROCER = "partners@1/essential.service/user.content.private/*/grocer-partner"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One sidecar for all tests here; each has subjects of its own."""
    with serving(clock=FixedClock()) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """Somebody who builds a page."""
    with calling(served) as calls:
        yield calls


def listed(caller: Caller, subject: str, language: str = "") -> Any:
    """A person's list."""
    request = pb.ListChoicesRequest(subject=subject, language=language)
    return caller.choices.ListChoices(request, metadata=caller.operator)


def save(caller: Caller, subject: str, ticks: dict[str, bool], **more: Any) -> Any:
    """Hand a form in, drawn from the list as it is now."""
    base: dict[str, Any] = {"id": "form", "revision": listed(caller, subject).revision, "method": "web-form"}
    pairs = [pb.BoxTick(key=key, ticked=ticked) for key, ticked in ticks.items()]
    request = pb.SaveChoicesRequest(subject=subject, ticks=pairs, **{**base, **more})
    return caller.choices.SaveChoices(request, metadata=caller.operator)


def boxes(answer: Any) -> dict[str, Any]:
    """The boxes of a list, by key."""
    return {box.key: box for notice in answer.notices for box in notice.boxes}


def test_every_box_that_the_notices_offer(caller: Caller) -> None:
    """With titles, what it is about, who may use what for it, and whether it can be changed."""
    answer = listed(caller, "stranger")
    found = boxes(answer)
    box = found[NEWSLETTER]

    assert ["newsletter", "home", "partners"] == [notice.notice.key for notice in answer.notices]
    assert {2, 1} == {notice.notice.version for notice in answer.notices}
    assert "Send you news and offers by email" == box.purpose.title
    assert ("User Contact Email", "by email", "ourselves") == (
        box.category.title,
        box.channel.title,
        box.recipient.title,
    )
    assert (pb.BOX_CONTROL_CONSENT, pb.BOX_STATE_UNKNOWN, False, True) == (
        box.control,
        box.state,
        box.ticked,
        box.changeable,
    )
    assert ["Newsletter"] == [use.service.title for use in box.uses]
    assert (pb.BOX_CONTROL_OBJECTION, True) == (found[IMPROVE].control, found[IMPROVE].ticked)
    assert (pb.BOX_CONTROL_ALWAYS, True, False) == (
        found[SERVICE].control,
        found[SERVICE].ticked,
        found[SERVICE].changeable,
    )
    assert "Green Corner, the grocer who delivers" == found[GROCER].recipient.title


def test_titles_in_another_language(caller: Caller) -> None:
    """As far as there are any; each says which language it is in."""
    german, french = listed(caller, "stranger", "de-AT"), listed(caller, "stranger", "fr")

    assert ("de", "") == (german.language, french.language)
    assert "Neuigkeiten per E-Mail oder SMS" == german.notices[0].label.title
    assert {"de"} == {box.purpose.language for box in boxes(german).values()}
    assert "News by email or text message" == french.notices[0].label.title


def test_a_tick_turns_the_next_answer(caller: Caller) -> None:
    """And unticking turns it back; each is one event, in the language that was shown."""
    subject = "ticks"
    reasons = []
    for number, ticked in enumerate((True, False, True)):
        saved = save(caller, subject, {NEWSLETTER: ticked}, id=str(number), language="de")
        reasons.append(caller.reason(question(subject)))

        assert ticked is boxes(saved.choices)[NEWSLETTER].ticked
        assert saved.revision == saved.choices.revision
        assert "de" == saved.choices.language
    history = caller.consent.ListHistory(
        consent_pb2.ListHistoryRequest(subject=subject), metadata=caller.operator
    ).entries

    assert ["ALLOWED", "CONSENT_WITHDRAWN", "ALLOWED"] == reasons
    assert [("web-form", "de")] * 3 == [(entry.event.method, entry.event.language) for entry in history]
    assert all(entry.event.submission.form for entry in history)


def test_a_tick_of_its_own_does_for_special_categories(caller: Caller) -> None:
    """Explicit consent is an act about that very thing: "accept all" is none."""
    asked = {"service": "offers", "fields": ["customer.diet"], "purpose": "personalize.content"}
    save(caller, "everything", {DIET: True, NEWSLETTER: True}, together=True)
    save(caller, "by itself", {DIET: True, NEWSLETTER: True})
    reasons = [caller.reason(question(subject, **asked)) for subject in ("everything", "by itself")]

    assert ["CONSENT_NOT_EXPLICIT", "ALLOWED"] == reasons
    assert (False, True) == tuple(
        boxes(listed(caller, subject))[DIET].explicit for subject in ("everything", "by itself")
    )


def test_a_named_third_party(caller: Caller) -> None:
    """Ticked, data goes to this one; a contract alone never lets it leave the house."""
    asked = {
        "service": "fridge",
        "action": "ACTION_SHARE",
        "fields": ["fridge.shopping_list"],
        "purpose": "essential.service",
        "recipient": "grocer-partner",
    }
    before = caller.reason(question("shopper", **asked))
    save(caller, "shopper", {GROCER: True})

    assert ("CONSENT_UNKNOWN", "ALLOWED") == (before, caller.reason(question("shopper", **asked)))


def test_what_is_held_is_shown_as_restricted(caller: Caller) -> None:
    """The day a breach is found people see that nothing is done; what they decided stays."""
    save(caller, "held", {NEWSLETTER: True})
    hold = holds_pb2.PlaceHoldRequest(
        id="hold", why="a breach", scope=consent_pb2.Scope(categories=["user.contact.email"])
    )
    caller.holds.PlaceHold(hold, metadata=caller.operator)
    held = boxes(listed(caller, "held"))[NEWSLETTER]
    reason = caller.reason(question("held"))
    caller.holds.ReleaseHold(holds_pb2.ReleaseHoldRequest(id="free", hold_id="hold"), metadata=caller.operator)

    assert (pb.BOX_STATE_RESTRICTED, True, "RESTRICTED") == (held.state, held.ticked, reason)
    assert pb.BOX_STATE_GIVEN == boxes(listed(caller, "held"))[NEWSLETTER].state


def test_a_record_in_words(caller: Caller) -> None:
    """What was agreed to, when, under which notice; in another language too."""
    save(caller, "words", {NEWSLETTER: True})
    request = consent_pb2.GetRecordRequest(subject="words", language="de-AT")
    german = caller.consent.GetRecord(request, metadata=caller.operator)
    english = caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject="words"), metadata=caller.operator)

    (sentence,) = english.summary

    assert sentence == (
        "On 1 June 2026 you agreed to our use of “User Contact Email” for “Send you news and offers by email” "
        "by email, explicitly, as explained in “News by email or text message” (version 2)."
    )
    assert ("en", "de") == (english.language, german.language)
    assert "„E-Mail-Adresse“" in german.summary[0]


def test_a_form_is_idempotent(caller: Caller) -> None:
    """The same again is told as such, another one under its id is refused."""
    revision = listed(caller, "twice").revision
    first, again = (save(caller, "twice", {NEWSLETTER: True}, revision=revision) for _ in range(2))

    assert (False, True) == (first.duplicate, again.duplicate)
    assert (first.revision, first.effective_at) == (again.revision, again.effective_at)
    ends_with(grpc.StatusCode.ALREADY_EXISTS, lambda: save(caller, "twice", {NEWSLETTER: False}, revision=revision))


def test_an_old_page(caller: Caller) -> None:
    """What it unticks counts; what it ticks does not, and is told."""
    revision = listed(caller, "late").revision
    caller.record("late", choice("e", "GIVEN"))
    saved = save(caller, "late", {NEWSLETTER: False, GROCER: True}, id="1", revision=revision)
    replaced = NEWSLETTER.replace("@2", "@1")

    assert [GROCER] == [one.key for one in saved.not_taken]
    assert "CONSENT_WITHDRAWN" == caller.reason(question("late"))
    text = ends_with(grpc.StatusCode.FAILED_PRECONDITION, lambda: save(caller, "late", {replaced: True}, id="2"))

    assert "list the choices again" in text
    caller.record("late", choice("f", "GIVEN"))
    save(caller, "late", {replaced: False}, id="3", revision="")

    assert "CONSENT_WITHDRAWN" == caller.reason(question("late"))


@pytest.mark.parametrize(
    ("ticks", "more", "field"),
    [
        pytest.param({}, {}, "ticks", id="no ticks"),
        pytest.param({"news": True}, {}, "ticks[0].key", id="no key"),
        pytest.param({"": True}, {}, "ticks[0].key", id="an empty key"),
        pytest.param({SERVICE: False}, {}, "ticks[0]", id="a locked box"),
        pytest.param({NEWSLETTER: True}, {"id": ""}, "id", id="no id"),
        pytest.param({NEWSLETTER: True}, {"language": "x" * 36}, "language", id="a long language"),
        pytest.param({NEWSLETTER: True}, {"method": "x" * 65}, "method", id="a long method"),
        pytest.param({NEWSLETTER: True}, {"actor": 77}, "actor", id="an unknown actor"),
        pytest.param({NEWSLETTER: True}, {"revision": "x" * 129}, "revision", id="a long revision"),
        pytest.param({str(place): True for place in range(513)}, {}, "ticks", id="too many"),
    ],
)
def test_a_malformed_form(caller: Caller, ticks: dict[str, bool], more: dict[str, Any], field: str) -> None:
    """The field is named, and nothing is recorded."""
    text = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: save(caller, "malformed", ticks, **more))

    assert f"`{field}" in text

    assert "none" == listed(caller, "malformed").revision


def test_it_takes_the_operators_token(caller: Caller) -> None:
    """A page is somebody's who may see and change what people decided."""
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: caller.choices.ListChoices(pb.ListChoicesRequest(subject="p")))
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: caller.choices.SaveChoices(pb.SaveChoicesRequest(subject="p")))


def test_a_form_cannot_be_recorded_as_an_event(caller: Caller) -> None:
    """Its digest says that the choices were made from it."""
    event = choice("e", "REFUSED")
    event.submission.form = "abc"

    text = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.record("p", event))

    assert "`event.submission.form`" in text
