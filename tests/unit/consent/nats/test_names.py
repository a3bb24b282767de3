"""Names of streams and subjects."""

import pytest

from sidecar.consent.nats.names import ENTRY, INTENT, Names, pseudonym_in

ADA = b"ada-------------"
NAMES = Names(stream="CONSENT", log_id="0123456789abcdef")


def test_every_subject_has_the_id_of_the_log() -> None:
    """So that nobody writes into another log than the one that he opened."""
    subjects = [
        NAMES.everything,
        NAMES.first,
        NAMES.meta,
        NAMES.beat,
        NAMES.entries,
        NAMES.entry(ADA),
        NAMES.intents,
        NAMES.intent(ADA),
        NAMES.marks,
        NAMES.mark("consumer", "mail"),
    ]

    assert [] == [subject for subject in subjects if ".0123456789abcdef." not in subject]
    assert len(subjects) == len(set(subjects))


def test_the_subjects_of_a_stream_tell_its_log() -> None:
    """Those of another program do not."""
    assert Names.of("CONSENT", [NAMES.everything]) == NAMES
    assert Names.are_marks([NAMES.marks])
    for subjects in ([], ["orders.>"], [NAMES.everything, "orders.>"], [NAMES.marks], ["consent.log.x.>"]):
        assert Names.of("CONSENT", subjects) is None
    for subjects in ([], [NAMES.everything], [NAMES.marks, "orders.>"]):
        assert not Names.are_marks(subjects)


@pytest.mark.parametrize(
    ("expected", "subject", "kind"),
    [
        (ADA, NAMES.entry(ADA), ENTRY),
        (None, NAMES.entry(ADA), INTENT),
        (ADA, NAMES.intent(ADA), INTENT),
        (None, NAMES.meta, ENTRY),
        (None, "consent.log.0123456789abcdef.entry.", ENTRY),
        (None, "consent.log.0123456789abcdef.entry." + "z" * 32, ENTRY),
    ],
)
def test_a_subject_tells_whom_it_is_about(expected: bytes | None, subject: str, kind: str) -> None:
    """If it is of the kind that is asked for."""
    assert expected == pseudonym_in(subject, kind)


def test_a_mark_may_have_any_name() -> None:
    """Also one that would be no subject."""
    names = {NAMES.mark("consumer", name) for name in ("a b", "a.b", "a>*", "ä")}

    assert 4 == len(names)
    assert all(5 == len(name.split(".")) for name in names)
