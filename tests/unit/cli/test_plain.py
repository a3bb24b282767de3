import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2, consent_pb2, status_pb2
from sidecar.cli.plain import show_duration, to_plain


def test_every_field_is_there() -> None:
    """JSON is complete: what is absent is null or empty, never left out."""
    plain = to_plain(consent_pb2.RecordedChoice(kind="given", actor=consent_pb2.ACTOR_GUARDIAN))

    expected = {
        "kind": "given",
        "purpose": "",
        "category": "",
        "channel": "",
        "recipient": "",
        "effective_at": None,
        "expires_at": None,
        "explicit": False,
        "actor": "guardian",
        "notice": None,
        "event_id": "",
        "method": "",
        "note": "",
    }
    assert expected == plain


def test_instants_integers_and_lists() -> None:
    """Instants are RFC 3339, 64-bit integers stay numbers, lists keep their order."""
    message = consent_pb2.ImportEventsResponse(
        through_line=2**40, rejections=[consent_pb2.ImportRejection(line=1, message="no")]
    )
    erased = consent_pb2.ErasedCategory(category="user", erased_at=Timestamp(seconds=1, nanos=500_000_000))

    assert 2**40 == to_plain(message)["through_line"]
    assert [{"line": 1, "message": "no"}] == to_plain(message)["rejections"]
    assert "1970-01-01T00:00:01.500000Z" == to_plain(erased)["erased_at"]


def test_of_a_oneof_only_what_is_set() -> None:
    """A remedy is one thing, not five."""
    assert {"policy": "mend it"} == to_plain(authorization_pb2.Remedy(policy="mend it"))


def test_names_of_two_words_lose_their_whole_prefix() -> None:
    """CHOICE_KIND_GIVEN is given; a number without a name stays a number."""
    choice = consent_pb2.Choice(kind=consent_pb2.CHOICE_KIND_GIVEN)
    unknown = consent_pb2.Choice(kind=99)  # type: ignore[arg-type]

    assert "given" == to_plain(choice)["kind"]
    assert 99 == to_plain(unknown)["kind"]


def test_an_absent_message_is_null() -> None:
    """A status without a bundle says so."""
    assert None is to_plain(status_pb2.GetStatusResponse())["policy"]


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (154_693, "2 min 34 s"),
        (3_600_000, "1 h"),
        (11_100_000, "3 h 5 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_durations_are_in_units_of_people(milliseconds: int, shown: str) -> None:
    """Nobody divides by 60,000 in the head."""
    assert shown == show_duration(milliseconds)
