"""The age of a view of a shared log: never younger than it is."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.view.contact import SKEW_MS, Contact
from sidecar.model.instant import SECOND


def test_the_age_is_the_time_since_the_last_heartbeat() -> None:
    """And a bound for what nobody knows; before the first the view was never complete."""
    contact = Contact()
    before = contact.age_ms(5 * SECOND)
    contact.heard(10 * SECOND)

    assert 0 == before
    assert [SKEW_MS, 3_000 + SKEW_MS, SKEW_MS] == [contact.age_ms(at * SECOND) for at in (10, 13, 9)]


def test_an_old_heartbeat_does_not_make_the_view_young() -> None:
    """After a pause those that were on the way come in a row: each counts as of when it was sent."""
    contact = Contact()
    far = 1_700_000_000 * SECOND  # another clock
    for second in range(10):
        contact.heard(second * SECOND + 5_000, stamp=far + second * SECOND)
    ages = []
    for second in (10, 20, 29):
        contact.heard(30 * SECOND, stamp=far + second * SECOND)
        ages.append(contact.age_ms(30 * SECOND))

    assert [19_995 + SKEW_MS, 9_995 + SKEW_MS, 995 + SKEW_MS] == ages


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 60_000)), min_size=1, max_size=40), st.integers())
def test_no_age_is_less_than_the_truth(beats: list[tuple[int, int]], offset: int) -> None:
    """Whatever the two clocks say: at most as much less as the fastest delivery took. Times are in milliseconds."""
    contact = Contact()
    sent = arrived = 0
    fastest = min(delay for _, delay in beats)
    for pause, delay in beats:
        sent += pause
        arrived = max(arrived, sent + delay)  # in order
        contact.heard(arrived * 1_000, stamp=(sent + offset) * 1_000)

        assert contact.age_ms(arrived * 1_000) - SKEW_MS >= min(0, arrived - sent - fastest)
        assert contact.age_ms(arrived * 1_000) <= arrived + SKEW_MS


def test_a_lost_log_ages_on_until_another_is_complete() -> None:
    """It says why, and the clock of the new one is another."""
    contact = Contact()
    contact.heard(SECOND, stamp=100 * SECOND)
    contact.lose("gone")
    lost = (contact.lost, contact.age_ms(3 * SECOND))
    contact.regain(4 * SECOND)
    contact.heard(6 * SECOND, stamp=900 * SECOND)

    assert ("gone", 2_000 + SKEW_MS) == lost
    assert ("", SKEW_MS) == (contact.lost, contact.age_ms(6 * SECOND))
