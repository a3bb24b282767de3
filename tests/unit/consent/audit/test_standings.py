"""What a view holds, and what it should hold, compared."""

from pathlib import Path

from sidecar.consent.audit.standings import UNHELD, digest_due, digest_held
from sidecar.consent.record import EMPTY
from tests.unit.consent.desk import desk, no, yes
from tests.worlds import EMAIL, choice, scope, submission


def test_a_view_holds_what_the_records_say(tmp_path: Path) -> None:
    """Of each person something else; of nobody what an empty record says; after its time nothing."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        one.ledger.record("bob", no("b"))
        until = one.now + 5
        one.ledger.record("eve", submission("e", choice("given", scope(EMAIL, "*"), expires_at=until)))
        people = [one.pseudonyms.of(subject) for subject in ("ada", "bob", "eve", "nobody")]
        records = [one.ledger.record_of(subject)[1] for subject in ("ada", "bob", "eve")]
        held = [digest_held(one.cache, pseudonym, now=one.now) for pseudonym in people]
        due = [digest_due(record, now=one.now) for record in (*records, EMPTY)]
        late = digest_held(one.cache, people[2], now=until)
        one.cache.distrust(people[:1])

        assert due == held
        assert 4 == len(set(due))
        assert UNHELD == late
        assert UNHELD == digest_held(one.cache, people[0], now=one.now)
