"""The age of a replica is that of its contact; when the clock is put right, some are doubted."""

from sidecar.consent.log import Head
from sidecar.consent.packing import pack
from sidecar.consent.record import EMPTY
from sidecar.model.event import Event, Traits
from sidecar.model.instant import SECOND
from sidecar.model.vocabulary import AgeBand
from tests.unit.consent.desk import NOW, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store
from tests.unit.consent.view.shared_replica.standings import is_doubtful


def test_the_age_is_that_of_the_contact() -> None:
    """Whether the log can be read tells nothing of what others appended: nobody asks it."""
    desk = SharedDesk(store := Store())
    store.down = True
    desk.contact.heard(SECOND)
    desk.cache.check(now=NOW, ticks=3 * SECOND)

    assert desk.contact.age_ms(3 * SECOND) == desk.cache.age_ms(3 * SECOND) > 2_000


def test_only_whom_the_clock_changed_is_doubted_when_it_is_put_right() -> None:
    """Nobody else need be read again."""
    desk = SharedDesk(Store(), now=NOW + 100 * SECOND)
    desk.ledger.record("ada", Event(id="t", act=Traits(of_age_at=NOW + 50 * SECOND)))
    for number in range(3_000):  # some in the same shard
        desk.cache.take((Head(1, number.to_bytes(16, "big"), pack(EMPTY)),), through=0, now=desk.now)
    desk.ledger.record("bob", yes("a"))
    desk.cache.check(now=NOW, ticks=0)
    doubtful = [is_doubtful(desk, subject) for subject in ("ada", "bob")]
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert [True, False] == doubtful
    assert AgeBand.CHILD is desk.cache.lookup(desk.cache.pseudonym("ada")).profile.age
