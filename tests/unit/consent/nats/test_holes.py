"""What a feed has given, where entries were removed before it came to them."""

from sidecar.consent.nats.holes import Holes


def test_without_holes_everything_is_there() -> None:
    """Up to the last message."""
    holes = Holes()
    holes.taken(1, pending=7)

    assert 9 == holes.through(9)


def test_a_hole_is_filled_by_what_was_to_come_when_it_was_seen() -> None:
    """Not by what comes later; until then nothing behind it counts."""
    holes = Holes()
    holes.found(before=4, filled=7)
    seen = []
    for number in (5, 6, 7):
        holes.taken(number, pending=2)
        seen.append(holes.through(10 + number))

    assert [4, 4, 17] == seen


def test_the_first_hole_counts() -> None:
    """Of several that are open; one that is filled together with the last adds nothing."""
    holes = Holes()
    holes.found(before=4, filled=7)
    holes.found(before=6, filled=7)
    holes.found(before=7, filled=9)
    seen = []
    for number in (6, 7, 8, 9):
        holes.taken(number, pending=0)
        seen.append(holes.through(20))

    assert [4, 7, 7, 20] == seen


def test_another_consumer_counts_anew() -> None:
    """What it has still to deliver when it begins has all that the one before had, so the hole stays until then."""
    holes = Holes()
    holes.start_over()
    holes.found(before=4, filled=70)
    holes.found(before=6, filled=90)
    holes.start_over()
    seen = [holes.through(20)]
    for number, pending in ((1, 2), (2, 5), (3, 4)):
        holes.taken(number, pending=pending)
        seen.append(holes.through(20))

    assert [4, 4, 4, 20] == seen
