"""What records say, in sentences."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from sidecar.consent.record import EMPTY, Entry, Kind, Record, Tie, Trait
from sidecar.consent.words.english import ENGLISH
from sidecar.consent.words.german import GERMAN
from sidecar.consent.words.sentences import WORDS, sentences, words_for
from sidecar.model.event import NoticeRef
from sidecar.model.instant import parse
from sidecar.model.renames import Renames
from sidecar.model.scope import EVERYTHING, Atom
from sidecar.model.vocabulary import Actor, Channel
from tests.unit.consent.choices.town import TOWN

NEWS = Atom("news.email", "user.contact.email", "email", "first_party")
GRANT = Entry(
    kind=Kind.GIVEN,
    atom=NEWS,
    at=parse("2026-05-03T12:00:00Z"),
    event_id="e",
    notice=NoticeRef(key="news", version=2),
)
GERMAN_TOWN = replace(
    TOWN,
    purposes={
        **TOWN.purposes,
        "news.email": replace(TOWN.purposes["news.email"], titles={"de": "Neuigkeiten per E-Mail"}),
    },
    notices={**TOWN.notices, ("news", 2): replace(TOWN.notices["news", 2], titles={"de": "Neues"})},
)


def _only(entry: Entry) -> str:
    (sentence,) = sentences(Record(entries=(entry,)), TOWN, ENGLISH)
    return sentence


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(
            GRANT,
            "On 3 May 2026 you agreed to our use of “user.contact.email” for “News by email” by email, "
            "as explained in “news 2” (version 2).",
            id="a grant",
        ),
        pytest.param(
            changed(GRANT, notice=None, explicit=True, expires_at=parse("2027-01-31"), actor=Actor.GUARDIAN),
            "On 3 May 2026 your guardian agreed to our use of “user.contact.email” for “News by email” by email, "
            "explicitly, until 31 January 2027.",
            id="by a guardian, explicitly, for a time",
        ),
        pytest.param(
            changed(GRANT, notice=None, atom=Atom("service", "user.sensor", "*", "grocer"), actor=Actor.OPERATOR),
            "On 3 May 2026 you agreed to the sharing of “user.sensor” with “grocer” for “Service”, "
            "as recorded by our staff.",
            id="to a third party, on paper",
        ),
        pytest.param(
            changed(GRANT, kind=Kind.OBJECTED, notice=None, atom=EVERYTHING, actor=Actor.SYSTEM),
            "On 3 May 2026 you objected to any use or sharing of any of your data for any purpose, "
            "as signalled by software.",
            id="to everything",
        ),
        pytest.param(
            changed(GRANT, kind=Kind.RESTRICTED, notice=None, actor=Actor.GUARDIAN),
            "On 3 May 2026 our use of “user.contact.email” for “News by email” by email was restricted.",
            id="a restriction, whoever asked for it",
        ),
        pytest.param(
            changed(GRANT, notice=NoticeRef(key="gone", version=1), atom=NEWS._replace(purpose="gone.purpose")),
            "On 3 May 2026 you agreed to our use of “user.contact.email” for “gone.purpose” by email, "
            "as explained in “gone” (version 1).",
            id="what the catalog does not have any more",
        ),
    ],
)
def test_a_choice_in_words(entry: Entry, expected: str) -> None:
    """Who decided what, when, shown what, until when."""
    assert expected == _only(entry)


def test_categories_chosen_together_are_told_together() -> None:
    """What differs in nothing else is one sentence."""
    entries = tuple(
        changed(GRANT, atom=NEWS._replace(category=key)) for key in ("user.contact", "user.health", "user.sensor")
    )
    other = changed(GRANT, atom=NEWS._replace(purpose="news.sms"), event_id="f")
    told = sentences(Record(entries=(*entries, other)), TOWN, ENGLISH)

    assert 2 == len(told)
    assert "our use of “user.contact”, “user.health” and “user.sensor” for “News by email”" in told[0]


def test_everything_else_in_a_record() -> None:
    """Age, place, links, erasures; days are those of UTC."""
    record = changed(
        EMPTY,
        traits=(
            ("digital_consent_at", Trait(at=1, value=parse("2026-12-01"))),
            ("jurisdiction", Trait(at=1, value="DE")),
            ("of_age_at", Trait(at=1, value=parse("2028-12-01"))),
        ),
        horizon=parse("2026-05-03"),
        erased_categories=(("user.sensor", parse("2026-05-04T23:59:59Z")),),
        ties=tuple(Tie(other=bytes([day]) * 16, at=parse(f"2026-05-0{day}")) for day in (6, 5)),
    )

    assert (
        "You can agree without a guardian from 1 December 2026 on.",
        "The law of DE holds for you.",
        "You are of age from 1 December 2028 on.",
        "Since 5 May 2026 a no under another id of yours counts here too.",
        "Since 6 May 2026 a no under another id of yours counts here too.",
        "On 3 May 2026 everything about you was erased.",
        "On 4 May 2026 “user.sensor” was erased.",
    ) == sentences(record, TOWN, ENGLISH)


def test_another_language() -> None:
    """Its own words, and the catalog's titles in it."""
    (told,) = sentences(Record(entries=(GRANT,)), GERMAN_TOWN, GERMAN)

    assert (
        "Am 3. Mai 2026 haben Sie unserer Nutzung von „user.contact.email“ für „Neuigkeiten per E-Mail“ per E-Mail "
        "zugestimmt, wie erklärt in „Neues“ (Version 2)."
    ) == told


def test_what_was_renamed_has_its_present_name() -> None:
    """A record keeps the names of its day; people know those of today."""
    catalog = replace(
        GERMAN_TOWN,
        renames=Renames(
            purposes={"mail": "news.email"}, categories={"user.mail": "user.contact.email"}, notices={"old": "news"}
        ),
    )
    old = changed(GRANT, atom=Atom("mail", "user.mail", "email", "first_party"), notice=NoticeRef(key="old", version=2))
    record = Record(entries=(old,), erased_categories=(("user.mail", 0),))
    told = sentences(record, catalog, ENGLISH)

    assert _only(GRANT) == told[0]
    assert "On 1 January 1970 “user.contact.email” was erased." == told[1]


@pytest.mark.parametrize(("asked", "expected"), [("de-AT", "de"), ("en", "en"), ("fr", "en"), ("", "en")])
def test_who_reads_another_language_gets_english(asked: str, expected: str) -> None:
    """There must be words for everybody."""
    assert expected == words_for(asked).tag


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_every_language_is_complete(words: object) -> None:
    """A kind of choice, an actor, a channel and a month each have their words."""
    assert set(Kind) == set(words.kinds)  # type: ignore[attr-defined]
    assert set(Channel) == set(words.channels)  # type: ignore[attr-defined]
    assert 12 == len(set(words.months))  # type: ignore[attr-defined]
    for kind in Kind:
        for actor in Actor:
            entry = changed(GRANT, kind=kind, actor=actor, explicit=True, expires_at=1)
            (told,) = sentences(Record(entries=(entry,)), TOWN, words)  # type: ignore[arg-type]

            assert "{" not in told
