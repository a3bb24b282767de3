"""What other systems are told, over the wire."""

import pytest

from sidecar.api.v1 import consent_pb2, holds_pb2, holds_pb2_grpc
from sidecar.transport.feed import SIGN_OF_LIFE_SECONDS
from tests.integration.caller import choice
from tests.integration.consumers import Consumers, events, until_caught_up


def test_a_stream_begins_at_the_start_and_tells_every_change_with_its_record(feed: Consumers) -> None:
    """In the order of the log: who, what, and what the record says then, as history and record have it."""
    given = feed.caller.record("p1", choice("e1", "GIVEN"))
    feed.caller.record("p2", choice("e2", "GIVEN"))
    withdrawn = feed.caller.record("p1", choice("e3", "WITHDRAWN"))
    first, *told = until_caught_up(feed.watch("mail", consumer="mail"))
    record = feed.caller.consent.GetRecord(
        consent_pb2.GetRecordRequest(subject="p1"), metadata=feed.caller.operator, timeout=5
    )
    history = feed.caller.consent.ListHistory(
        consent_pb2.ListHistoryRequest(subject="p1"), metadata=feed.caller.operator, timeout=5
    )

    assert (True, False, False) == (first.from_start, first.HasField("change"), first.caught_up)
    assert ["e1", "e2", "e3"] == events(told)
    assert [given.revision, withdrawn.revision] == [told[0].revision, told[2].revision]
    assert [False, False, True] == [response.caught_up for response in told]
    assert ["p1", "p2", "p1"] == [response.change.subject for response in told]
    assert told[0].change.pseudonym == told[2].change.pseudonym != told[1].change.pseudonym
    assert {"submission"} == {response.change.kind for response in told}
    assert [False] * 3 == [response.change.everyone for response in told]
    assert record.summary
    record.ClearField("summary")
    record.ClearField("language")
    assert record == told[2].change.record
    assert list(history.entries) == [told[0].change.entry, told[2].change.entry]


def test_a_stream_goes_on_with_what_happens(feed: Consumers) -> None:
    """On an empty log it says at once that this is all; then each change comes by itself."""
    stream = feed.watch("mail")
    begun = until_caught_up(stream)
    feed.caller.record("p1", choice("e1", "GIVEN"))
    second = until_caught_up(stream)
    feed.caller.record("p1", choice("e2", "WITHDRAWN"))
    third = until_caught_up(stream)
    stream.cancel()

    assert [[], ["e1"], ["e2"]] == [events(begun), events(second), events(third)]
    assert [True, True] == [second[-1].caught_up, third[-1].caught_up]


def test_silence_is_broken_by_signs_of_life(feed: Consumers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change, so that a reader can tell a quiet time from a dead one; they carry how far it has come."""
    monkeypatch.setattr("sidecar.transport.feed.SIGN_OF_LIFE_SECONDS", 0.01)
    recorded = feed.caller.record("p1", choice("e1", "GIVEN"))
    stream = feed.watch("mail", after_revision=recorded.revision)
    signs = [next(stream) for _ in range(3)]
    stream.cancel()

    assert SIGN_OF_LIFE_SECONDS > 0.01
    assert [(recorded.revision, False)] * 3 == [(sign.revision, sign.HasField("change")) for sign in signs]
    assert [False, True, True] == [sign.caught_up for sign in signs]


def test_ids_are_shown_only_to_who_may_see_them(feed: Consumers) -> None:
    """Neither another consumer nor the operator gets one; the pseudonym tells people apart all the same."""
    feed.caller.record("person-secret", choice("e1", "GIVEN"))
    seen = {who: until_caught_up(feed.watch(who))[-1] for who in ("mail", "crm", "")}

    assert {"mail": "person-secret", "crm": "", "": ""} == {who: one.change.subject for who, one in seen.items()}
    assert 1 == len({one.change.pseudonym for one in seen.values()})
    assert [who for who, one in seen.items() if "person-secret" in str(one)] == ["mail"]


def test_an_erasure_is_told_without_what_it_removed(feed: Consumers) -> None:
    """By the pseudonym alone; live, and to who comes later, who hears nothing of what was before."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    stream = feed.watch("mail")
    before = until_caught_up(stream)[-1].change
    request = consent_pb2.EraseRequest(subject="p1", id="gone")
    feed.caller.consent.Erase(request, metadata=feed.caller.operator, timeout=5)
    live = until_caught_up(stream)[-1].change
    stream.cancel()
    later = until_caught_up(feed.watch("mail"))

    assert ("p1", "", "erasure") == (before.subject, live.subject, live.kind)
    assert before.pseudonym == live.pseudonym
    assert ["gone"] == events(later)
    assert live == later[-1].change
    assert ([], True) == (list(live.record.choices), live.record.HasField("erased_at"))


def test_a_hold_is_told_as_about_everyone(feed: Consumers) -> None:
    """It has no id: whoever follows asks again about all."""
    feed.caller.record("p1", choice("e1", "GIVEN"))
    scope = consent_pb2.Scope(categories=["user.contact"])
    hold = holds_pb2.PlaceHoldRequest(id="breach", scope=scope, why="addresses leaked")
    holds_pb2_grpc.HoldServiceStub(feed.caller.channel).PlaceHold(hold, metadata=feed.caller.operator, timeout=5)
    one, everyone = (response.change for response in until_caught_up(feed.watch("mail"))[1:])

    assert [False, True] == [one.everyone, everyone.everyone]
    assert ("", "restriction", "breach") == (everyone.subject, everyone.kind, everyone.entry.event.id)
