"""Sidecars with a bounded view as processes of their own, over a real NATS server."""

from collections.abc import Iterator

import pytest

from tests.fleet import Fleet, Member, fleet
from tests.integration.caller import choice, eventually, question
from tests.nats_server import NatsServer, nats_server

pytestmark = pytest.mark.nats

HELD = 100
BOUND = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server of their own: it is frozen."""
    with nats_server(tmp_path_factory.mktemp("nats")) as running:
        yield running


@pytest.fixture(scope="module")
def sidecars(server: NatsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two that answer, both bounded, and read with little patience."""
    folder = tmp_path_factory.mktemp("fleet")
    settings = {
        "CONSENT_HELD_SUBJECTS": str(HELD),
        "NATS_TIMEOUT_SECONDS": "0.5",
        "FRESHNESS_MAX_CONSENT_AGE_SECONDS": "4",
    }
    with fleet(folder, server, **settings) as made:
        for name in ("one", "two"):
            made.add(name)
        made.init()
        made.start()
        yield made


def test_each_answers_what_the_other_recorded(sidecars: Fleet) -> None:
    """Whoever is asked about, held or not; with the token of an event never from before it."""
    one, two = sidecars.members
    tokens = {}
    for number in range(2 * HELD):
        kind = "WITHDRAWN" if number % 2 else "GIVEN"
        tokens[f"p{number}"] = one.caller.record(f"p{number}", choice("e1", kind)).revision
    reasons = [
        [two.caller.reason(question(subject, at_least_as_fresh=token)) for subject, token in tokens.items()]
        for _ in range(2)
    ]

    assert [["ALLOWED", "CONSENT_WITHDRAWN"] * HELD] * 2 == reasons
    assert "CONSENT_UNKNOWN" == two.caller.reason(question("nobody"))


def test_a_withdrawal_is_denied_elsewhere(sidecars: Fleet) -> None:
    """By whoever holds the person, as soon as the feed has brought it."""
    one, two = sidecars.members
    for number in range(20):
        subject = f"w{number}"
        given = one.caller.record(subject, choice("e1", "GIVEN")).revision
        before = two.caller.reason(question(subject, at_least_as_fresh=given))
        withdrawn = one.caller.record(subject, choice("e2", "WITHDRAWN")).revision
        after = two.caller.reason(question(subject, at_least_as_fresh=withdrawn))

        assert ["ALLOWED", "CONSENT_WITHDRAWN"] == [before, after]


def test_whoever_is_held_is_served_while_the_server_hangs(sidecars: Fleet, server: NatsServer) -> None:
    """Others are denied, and do not hold up those; past the bound nobody is served; then all goes on."""
    one, two = sidecars.members
    one.caller.record("held", choice("e1", "GIVEN"))
    token = one.caller.record("other", choice("e1", "GIVEN")).revision
    before = two.caller.reason(question("held", at_least_as_fresh=token))
    server.freeze()
    try:
        others = [two.caller.reason(question(f"unheld{number}")) for number in range(3)]
        during = two.caller.reason(question("held"))
        eventually(lambda: _is("STALE_CONSENT", two, "held"), within_seconds=BOUND)
    finally:
        server.thaw()
    eventually(lambda: _is("ALLOWED", two, "other"), within_seconds=BOUND)

    assert (["CONSENT_UNAVAILABLE"] * 3, ["ALLOWED"] * 2) == (others, [before, during])
    assert "ALLOWED" == two.caller.reason(question("held"))


def _is(reason: str, member: Member, subject: str) -> None:
    assert reason == member.caller.reason(question(subject))
