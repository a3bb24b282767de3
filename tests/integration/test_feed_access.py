"""Who may follow the feed and acknowledge; tokens are nowhere to be read."""

from functools import partial

import grpc
import pytest

from sidecar.api.v1 import consent_pb2
from sidecar.api.v1 import feed_pb2 as pb
from tests.integration.caller import choice, ends_with
from tests.integration.consumers import FOREIGN, Consumers


@pytest.mark.parametrize(
    ("who", "consumer", "code"),
    [
        pytest.param("nobody", "mail", "UNAUTHENTICATED", id="unknown-token"),
        pytest.param("crm", "mail", "PERMISSION_DENIED", id="of-another"),
        pytest.param("", "mail", "PERMISSION_DENIED", id="of-the-operator"),
        pytest.param("", "", "PERMISSION_DENIED", id="of-the-operator-without-a-name"),
        pytest.param("mail", "absent", "PERMISSION_DENIED", id="unknown-name"),
        pytest.param("mail", "m" * 64, "INVALID_ARGUMENT", id="no-name"),
    ],
)
def test_only_a_consumer_itself_acknowledges(feed: Consumers, who: str, consumer: str, code: str) -> None:
    """An acknowledgement by somebody else would say of a system what it never did."""
    revision = feed.caller.record("p1", choice("e1", "GIVEN")).revision
    feed.tokens["nobody"] = "no-token-of-anybody"
    ends_with(grpc.StatusCode[code], lambda: feed.ack(who, revision, consumer))
    if (who, consumer) != ("", ""):
        ends_with(grpc.StatusCode[code], lambda: next(feed.watch(who, consumer=consumer)))

    assert [False, False] == [
        status.applied for status in feed.propagation(revision=revision).followers if status.kind == "consumer"
    ]


def test_no_token_no_feed(feed: Consumers) -> None:
    """And a consumer's token opens nothing else."""
    watch = feed.caller.feed.WatchRecords
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: next(watch(pb.WatchRecordsRequest(), timeout=5)))
    get, mail = feed.caller.consent.GetRecord, feed.metadata("mail")
    request = consent_pb2.GetRecordRequest(subject="p1")
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: get(request, metadata=mail, timeout=5))
    ask = partial(feed.caller.feed.GetPropagation, pb.GetPropagationRequest(revision=FOREIGN), timeout=5)
    ends_with(grpc.StatusCode.UNAUTHENTICATED, lambda: ask(metadata=mail))


def test_tokens_are_nowhere_to_be_read(feed: Consumers) -> None:
    """The configuration that is logged and shown names their files only."""
    shown = str(feed.served.sidecar.config.redacted())

    assert "mail.token" in shown
    assert [token for token in feed.tokens.values() if token in shown] == []
