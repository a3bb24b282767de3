"""Sizes and forms of what comes in."""

from dataclasses import replace

import pytest

from sidecar.consent.limits import FIRST, check_event, check_subject
from sidecar.errors import RequestError
from sidecar.model.event import Act, Event, Restriction, Traits
from sidecar.model.instant import LAST
from sidecar.model.scope import Scope
from tests.unit.consent.desk import yes
from tests.worlds import EMAIL, choice, scope, submission

WITHIN = replace(yes("e" * 128), method="m" * 64, language="l" * 35, occurred_at=LAST)


def traits(**values: int | str) -> Event:
    """An event that tells traits."""
    return Event(id="e", act=Traits(**values))  # type: ignore[arg-type] # by name


@pytest.mark.parametrize("subject", ["a", "s" * 256, "ä" * 128, "person 1", "😀", "a\u202eb"])
def test_subjects_within_bounds(subject: str) -> None:
    """1 to 256 bytes of UTF-8, anything but control characters."""
    check_subject(subject)


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        pytest.param("", "1 to 256 bytes, has 0", id="empty"),
        pytest.param("s" * 257, "has 257", id="too long"),
        pytest.param("ä" * 129, "has 258", id="too long in bytes, not in characters"),
        pytest.param("a\0b", "control", id="NUL"),
        pytest.param("a\nb", "control", id="line break"),
        pytest.param("a\x7fb", "control", id="DEL"),
        pytest.param("a\x85b", "control", id="C1"),
        pytest.param("a\ud800b", "Unicode", id="half a character"),
    ],
)
def test_subjects_out_of_bounds(subject: str, why: str) -> None:
    """The message says which field and why, and never repeats the id."""
    with pytest.raises(RequestError, match=why) as caught:
        check_subject(subject)

    assert "subject" == caught.value.field
    assert not subject or subject not in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        WITHIN,
        replace(WITHIN, method="", language="", occurred_at=None),
        traits(jurisdiction="DE", of_age_at=FIRST),
        traits(jurisdiction="US-CA", digital_consent_at=LAST),
        Event(id="e", act=Restriction(scope=Scope())),
    ],
)
def test_events_within_bounds(event: Event) -> None:
    """The largest and the smallest of everything."""
    check_event(event)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (replace(WITHIN, id=""), "event.id"),
        (replace(WITHIN, id="e" * 129), "event.id"),
        (replace(WITHIN, id="e\t"), "event.id"),
        (replace(WITHIN, method="m" * 65), "event.method"),
        (replace(WITHIN, method="\x1b[2J"), "event.method"),
        (replace(WITHIN, language="l" * 36), "event.language"),
        (replace(WITHIN, language="\r"), "event.language"),
        (replace(WITHIN, occurred_at=LAST + 1), "event.occurred_at"),
        (replace(WITHIN, occurred_at=FIRST - 1), "event.occurred_at"),
        (
            submission("e", choice("refused", scope()), choice("given", scope(EMAIL, "*"), expires_at=LAST + 1)),
            "event.submission.choices[1].expires_at",
        ),
        (traits(of_age_at=LAST + 1), "event.traits.of_age_at"),
        (traits(digital_consent_at=FIRST - 1), "event.traits.digital_consent_at"),
        (traits(jurisdiction=""), "event.traits.jurisdiction"),
        (traits(jurisdiction="de"), "event.traits.jurisdiction"),
        (traits(jurisdiction="US-"), "event.traits.jurisdiction"),
        (traits(jurisdiction="US-CALI"), "event.traits.jurisdiction"),
        (traits(jurisdiction="DE\n"), "event.traits.jurisdiction"),
    ],
)
def test_events_out_of_bounds(event: Event, field: str) -> None:
    """The message names the field."""
    with pytest.raises(RequestError) as caught:
        check_event(event)

    assert field == caught.value.field


def test_every_act_is_looked_at() -> None:
    """A new kind of act must be added to the checks, or be known to need none."""
    known = {"Submission", "Restriction", "Lifting", "Traits", "Erasure", "LinkTo"}
    ours = {"Link", "Shared"}  # never sent: see `linking.refuse_own`

    assert known | ours == {act.__name__ for act in Act.__args__}
