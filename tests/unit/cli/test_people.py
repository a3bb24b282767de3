import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

from sidecar.cli.demo import people
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.cli.lines import read_line
from sidecar.consent.codec import line_from_json
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.model.instant import DAY
from sidecar.policy.bundle import load_bundle


def test_the_people_are_the_same_every_time() -> None:
    """Lines and ids do not change from run to run, nor with how many are asked for."""
    some, more = list(people.lines(50)), list(people.lines(80))

    assert some == more[: len(some)]
    assert b'{"subject":"person-00001","id":"person-00001-1","occurred_at":"2024-08-05T14:00:43Z"' in some[0]


def test_there_are_ten_thousand_and_each_has_a_past() -> None:
    """person-00001 to person-10000; every id is unique, times do not decrease, and nothing lies in the future."""
    events = [line_from_json(line) for line in people.lines()]

    assert {people.subject_id(number) for number in range(1, 10_001)} == {subject for subject, _ in events}
    assert len(events) == len({(subject, event.id) for subject, event in events})
    assert max(event.occurred_at or 0 for _, event in events) < people.TODAY + DAY
    for (one, before), (other, after) in pairwise(events):
        assert one != other or (before.occurred_at or 0) <= (after.occurred_at or 0)


def test_their_pasts_vary() -> None:
    """There are yeses and noes of every kind, ages, guardians, signals, restrictions, second thoughts."""
    kinds: Counter[str] = Counter()
    for line in people.lines(3_000):
        event = json.loads(line)
        kinds.update(choice["kind"] for choice in event.get("submission", {}).get("choices", []))
        kinds.update(key for key in ("traits", "restriction", "lifting") if key in event)
        kinds.update([event["actor"], "later" if not event["id"].endswith("-1") else "first"])

    for kind in (
        *("given", "refused", "withdrawn", "objected", "traits", "restriction", "lifting"),
        *("subject", "guardian", "system", "operator", "later"),
    ):
        assert kinds[kind] >= 10, kind


def test_the_demo_bundle_takes_every_event() -> None:
    """No line is refused: every name and notice is in the catalog, every notice lists what was agreed to."""
    catalog = load_bundle(demo_bundle()).catalog
    records: dict[str, Record] = {}
    for line in people.lines(2_000):
        read_line(line)
        subject, event = line_from_json(line)
        folded = fold(
            records.get(subject, EMPTY), event, accepted_at=people.TODAY + DAY, catalog=catalog, importing=True
        )
        records[subject] = folded.record

    assert 2_000 == len(records)


def test_the_demo_bundle_is_that_of_the_checkout() -> None:
    """In a checkout the policies at its top are served."""
    assert Path("policies").resolve() == demo_bundle()
