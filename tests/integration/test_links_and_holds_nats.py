"""Links and holds on a log that several sidecars share: what one acknowledges counts at the others, in both modes."""

from collections.abc import Iterator

import pytest

from sidecar.api.v1 import consent_pb2, holds_pb2
from tests.fleet import Fleet, Member, fleet
from tests.integration.caller import CATEGORY, choice, question
from tests.nats_server import nats_server

pytestmark = pytest.mark.nats


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two sidecars for all tests: one holds everybody, the other whom it is asked about."""
    folder = tmp_path_factory.mktemp("two")
    with nats_server(folder / "nats") as server, fleet(folder / "fleet", server) as made:
        made.add("one", CONSENT_MODE="replica")
        made.add("two", CONSENT_MODE="on_demand")
        made.init()
        made.start()
        yield made


def reasons(member: Member, revision: str, *subjects: str) -> list[str]:
    """What it says of each, once it has applied *revision*."""
    return [member.caller.reason(question(subject, at_least_as_fresh=revision)) for subject in subjects]


def link(member: Member, subject: str, other: str) -> str:
    """Link two ids; the revision that has it."""
    event = consent_pb2.Event(id=f"link-{subject}", link=consent_pb2.Link(other_subject=other))
    return str(member.caller.record(subject, event).revision)


def test_a_no_reaches_linked_ids_at_every_sidecar(two: Fleet) -> None:
    """Linked at one, said no to at the other; asked before, so that both hold what they held; never a yes."""
    one, other = two.members
    for subject in ("ada", "tv", "car"):
        given = one.caller.record(subject, choice("yes", "GIVEN")).revision
    before = [reasons(member, given, "ada", "tv", "car") for member in two.members]
    link(one, "ada", "tv")
    linked = link(other, "tv", "car")
    between = [reasons(member, linked, "ada", "tv", "car") for member in two.members]
    withdrawn = other.caller.record("car", choice("no", "WITHDRAWN")).revision
    denied = [reasons(member, withdrawn, "ada", "tv", "car") for member in two.members]
    again = one.caller.record("ada", choice("again", "GIVEN")).revision
    after = [reasons(member, again, "ada", "tv", "car") for member in two.members]

    assert [["ALLOWED"] * 3] * 2 == before == between
    assert [["CONSENT_WITHDRAWN"] * 3] * 2 == denied
    assert [["ALLOWED", "CONSENT_WITHDRAWN", "CONSENT_WITHDRAWN"]] * 2 == after


@pytest.mark.parametrize("places", [0, 1])
def test_a_hold_of_one_is_denied_by_the_other(two: Fleet, places: int) -> None:
    """Of whom it knows and of whom it never saw; a release by the other ends it for both."""
    placing, other = two.members[places], two.members[1 - places]
    given = other.caller.record("bob", choice(f"yes-{places}", "GIVEN")).revision
    before = [reasons(member, given, "bob", "nobody") for member in two.members]
    hold = holds_pb2.PlaceHoldRequest(id=f"h-{places}", scope=consent_pb2.Scope(categories=[CATEGORY]), why="a breach")
    placed = placing.caller.holds.PlaceHold(hold, metadata=placing.caller.operator, timeout=5).revision
    held = [reasons(member, placed, "bob", "nobody", f"eve-{places}") for member in two.members]
    release = holds_pb2.ReleaseHoldRequest(id=f"r-{places}", hold_id=f"h-{places}", why="mended")
    released = other.caller.holds.ReleaseHold(release, metadata=other.caller.operator, timeout=5).revision
    after = [reasons(member, released, "bob", "nobody") for member in two.members]

    assert [["ALLOWED", "CONSENT_UNKNOWN"]] * 2 == before == after
    assert [["RESTRICTED"] * 3] * 2 == held


def test_a_sidecar_that_starts_later_knows_of_both(two: Fleet) -> None:
    """Killed before, it missed a no by a link and a hold."""
    one, other = two.members
    link(one, "eva", "radio")
    one.caller.record("radio", choice("yes", "GIVEN"))
    other.kill()
    one.caller.record("eva", choice("no", "WITHDRAWN"))
    hold = holds_pb2.PlaceHoldRequest(id="h", scope=consent_pb2.Scope(purposes=["essential.service"]), why="a breach")
    placed = one.caller.holds.PlaceHold(hold, metadata=one.caller.operator, timeout=5).revision
    other.start()
    other.await_ready()

    support = question("eve", service="support", purpose="essential.service", at_least_as_fresh=placed)
    assert ["CONSENT_WITHDRAWN"] == reasons(other, placed, "radio")
    assert "RESTRICTED" == other.caller.reason(support)
