"""A log that is lost under a replica: nothing is acknowledged, and no half of a view is served."""

from collections.abc import Iterable
from threading import Event as Signal
from threading import Thread

import pytest

from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import LogEntry
from sidecar.consent.profile import UNKNOWN_STANDING, Standing
from sidecar.consent.view.slots import Slots
from sidecar.errors import LogLostError
from sidecar.model.instant import Instant
from tests.unit.consent.desk import NOW, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store
from tests.unit.consent.view.shared_replica.standings import is_current, is_doubtful, refreshed_while


def test_nothing_is_read_from_or_appended_to_a_log_that_is_lost() -> None:
    """It would be acknowledged and never seen, or believed of a stranger."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    entry = store.entries[1]
    desk.contact.lose("the stream was deleted")
    for call in (
        lambda: desk.ledger.record("ada", yes("b")),
        lambda: desk.ledger.import_lines([ImportLine(line=1, subject="ada", event=yes("c", occurred_at=1))]),
        lambda: desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW),
        lambda: desk.cache.apply((entry,), now=NOW),
    ):
        with pytest.raises(LogLostError, match="the stream was deleted"):
            call()

    assert "the stream was deleted" == desk.cache.lost
    assert 1 == store.position


def test_a_reading_across_a_change_of_logs_does_not_count() -> None:
    """Its position means nothing in the other one."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))

    def change() -> None:
        desk.cache.begin(now=NOW, resume=False)
        desk.cache.complete()

    refreshed_while(desk, "ada", change)

    assert UNKNOWN_STANDING == desk.cache.lookup(desk.cache.pseudonym("ada"))


def test_an_append_across_a_change_of_logs_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is to be sent again."""
    desk = SharedDesk(store := Store())
    append = store.append

    def replaced(entry: object) -> int:
        position = append(entry)  # type: ignore[arg-type]
        store.become(Store(ancestors=(store.log_id,)))
        assert desk.log.renew()
        desk.cache.begin(now=NOW, resume=False)
        desk.cache.complete()
        return position

    monkeypatch.setattr(store, "append", replaced)
    with pytest.raises(LogLostError, match="send the event again"):
        desk.ledger.record("ada", no("a"))


def test_an_append_that_is_taken_over_after_a_change_of_logs_is_not_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even if the log was still there when its batch was left: nobody has it in the log that is followed now."""
    desk = SharedDesk(store := Store())
    apply = desk.cache.apply

    def late(entries: Iterable[LogEntry], *, now: Instant, log_id: str) -> None:
        appended = tuple(entries)
        if log_id == desk.log.log_id:
            store.become(Store(ancestors=(store.log_id,)))
            assert desk.log.renew()
            desk.cache.begin(now=NOW, resume=False)
            desk.cache.complete()
        apply(appended, now=now, log_id=log_id)

    monkeypatch.setattr(desk.cache, "apply", late)
    with pytest.raises(LogLostError, match="send the event again"):
        desk.ledger.record("ada", yes("a"))

    assert UNKNOWN_STANDING.profile == desk.cache.lookup(desk.cache.pseudonym("ada")).profile


def test_what_is_begun_is_served_only_when_it_is_complete() -> None:
    """Until then what there was; then everybody of the other log, and nobody else."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    desk.catch_up()
    revision, held = desk.cache.revision(), desk.cache.lookup(desk.cache.pseudonym("ada"))
    child = SharedDesk(Store(ancestors=(store.log_id,)))
    child.ledger.record("bob", yes("b"))
    store.become(child.store)
    desk.contact.lose("replaced")

    assert desk.log.renew()
    assert desk.cache.begin(now=NOW, resume=False) is None
    desk.feed = desk.log.follow(after=None)
    desk.catch_up()
    during = (desk.cache.revision(), desk.cache.lookup(desk.cache.pseudonym("ada")))
    desk.cache.complete()
    desk.contact.regain(0)

    assert (revision, held) == during
    assert f"{child.log.log_id}.1" == str(desk.cache.revision())
    assert is_current(desk, "bob")
    assert (1, 1) == (desk.cache.subjects, desk.cache.profiles)


def anew(desk: SharedDesk) -> None:
    """Have the view begin anew beside what is served, of the same log: it was away for too long."""
    desk.catch_up()
    desk.cache.begin(now=NOW, resume=False)
    desk.feed = desk.log.follow(after=None)


@pytest.mark.parametrize("fed", [False, True])
def test_what_is_appended_while_the_view_begins_anew_is_seen_at_once(*, fed: bool) -> None:
    """Though the feed fills the other view, and may have brought the entry there already."""
    desk, other = SharedDesk(store := Store()), SharedDesk(store)
    desk.ledger.record("ada", yes("a"))
    anew(desk)
    other.catch_up()
    other.ledger.record("ada", no("b"))
    if fed:
        desk.catch_up()
    head = desk.log.head(desk.cache.pseudonym("ada"))
    assert head is not None
    desk.cache.apply([head], now=NOW)
    during = is_current(desk, "ada")
    desk.catch_up()
    desk.cache.complete()

    assert (True, True) == (during, is_current(desk, "ada"))


def test_a_doubt_while_the_view_begins_anew_is_one_about_what_is_served() -> None:
    """And what is read then is served at once."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))
    anew(desk)
    desk.cache.distrust([desk.cache.pseudonym("ada")])
    doubtful = is_doubtful(desk, "ada")
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert (True, True) == (doubtful, is_current(desk, "ada"))


@pytest.mark.parametrize("emptied", [1, 2])
def test_who_looks_while_another_view_takes_over_finds_everybody(emptied: int) -> None:
    """The slots that were served are emptied then, and whoever is in none of them is not therefore a stranger."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", no("a"))
    desk.catch_up()
    cache, served = desk.cache, desk.cache._slots
    ada, stranger = cache.pseudonym("ada"), cache.pseudonym("bob")
    standing = cache.lookup(ada)

    class Emptied(Slots):
        def __init__(self, following: Slots) -> None:
            super().__init__()
            self.following = following

        def get(self, pseudonym: bytes) -> Standing | None:
            cache._slots = self.following
            return super().get(pseudonym)

    def at_last() -> Slots:
        return served if emptied == 1 else Emptied(served)

    cache._slots = Emptied(at_last())
    assert standing == cache.lookup(ada)
    cache._slots = Emptied(at_last())
    assert UNKNOWN_STANDING == cache.lookup(stranger)


def test_waiting_ends_when_positions_start_over() -> None:
    """Whoever waits for a position of the old log is woken."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    waited: list[bool] = []
    entered = Signal()

    def wait() -> None:
        entered.set()
        waited.append(desk.cache.wait(beyond=0, seconds=5))

    waiting = Thread(target=wait)
    waiting.start()
    entered.wait(5)
    desk.cache.begin(now=NOW, resume=False)
    desk.cache.take((), through=store.position, now=NOW)
    desk.cache.complete()
    waiting.join(5)

    assert [True] == waited
