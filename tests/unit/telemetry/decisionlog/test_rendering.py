from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.engine.outcome import Outcome
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import FieldResult, Request
from sidecar.model.instant import LAST, SECOND, parse
from sidecar.model.vocabulary import Effect, Reason
from sidecar.telemetry.decisionlog.line import Call, Line, decode, encode
from sidecar.telemetry.decisionlog.recording import Answered, Occasion, Recorder
from sidecar.telemetry.decisionlog.rendering import Renderer, Said
from tests.unit.policy.bundles import FILES
from tests.unit.telemetry.decisionlog.answers import ALLOWED, NOW, answered, small, snapshot
from tests.unit.telemetry.decisionlog.drawn import of_several, requests, results, texts, unasked

NOTICES = (
    FILES["catalog/notices.yaml"]
    + """\
- key: home
  version: 3
  title: Your home
  purposes: [marketing.email]
  categories: [user.contact]
  recipients: [grocer]
  reconsent: required
  valid_from: 2026-07-01
"""
)
CRAFTED = '"consent_revision":"","consent_age_ms":0,"latency_us":0,"pseudonym":""'
WORDS = st.one_of(texts, st.sampled_from((CRAFTED, f'",{CRAFTED}', f"\\{CRAFTED}", 'Z","call":"', "{}{", "%s", "\n")))


def expected(*given: Answered) -> bytes:
    """The lines about *given*, each made and encoded as a whole."""
    return b"".join(encode(line) + b"\n" for one in given for line in Recorder().lines(one))


@st.composite
def occasions(draw: st.DrawFn, under: Snapshot) -> Occasion:
    """A few instants, so that some are equal, and some within one second."""
    now = draw(st.one_of(st.sampled_from((NOW, NOW + 1, NOW - 1, 0, LAST)), st.integers(0, LAST)))
    return Occasion(under, now, draw(st.one_of(st.sampled_from(("", "5e1f:812")), texts)), draw(st.integers(0, 10**12)))


@st.composite
def answers(draw: st.DrawFn) -> Answered:
    """About up to three fields, to a question in whose texts anything may be."""
    asked: Request = draw(requests)
    attributes = dict.fromkeys(draw(st.lists(WORDS, max_size=3)), draw(st.sampled_from((None, 0, ""))))
    asked = replace(asked, service=draw(WORDS), attributes=dict(asked.attributes) | attributes)
    some = draw(st.lists(st.one_of(results, of_several, unasked), min_size=1, max_size=3))
    results_ = tuple(replace(result, unknown_name=draw(WORDS)) for result in some)
    return Answered(
        decision_id="",
        call=draw(st.sampled_from(Call)),
        caller=draw(WORDS),
        pseudonym=b"",
        request=asked,
        outcome=Outcome(results_, co_subjects=draw(st.integers(0, 7))),
        occasion=draw(occasions(small())),
        seconds=0.0,
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_lines_are_what_encoding_them_whole_gives(data: st.DataObject) -> None:
    """Byte for byte, however often an outcome was logged before, and whatever a caller puts into its texts."""
    known = data.draw(st.lists(answers(), min_size=1, max_size=3))
    when = [one.occasion for one in known]
    one = st.builds(
        Answered._replace,
        st.sampled_from(known),
        occasion=st.sampled_from(when),
        decision_id=st.text("0123456789abcdef-", max_size=20),
        pseudonym=st.binary(min_size=16, max_size=16),
        seconds=st.floats(0, 1e6),
    )
    given = data.draw(st.lists(one, min_size=1, max_size=12))
    renderer = Renderer(kept_bytes=data.draw(st.sampled_from((0, 3_000, 10**6))))

    assert expected(*given) == b"".join(renderer.render([each]) for each in given[:3]) + renderer.render(given[3:])


def test_a_plain_tuple_will_do() -> None:
    """As bursts make them, the first time and later."""
    one = answered(ALLOWED, ALLOWED)
    plain = (
        one.decision_id,
        one.call,
        one.caller,
        one.pseudonym,
        one.request,
        one.outcome,
        one.occasion,
        one.seconds,
    )

    assert expected(one) * 3 == Renderer().render([plain] * 3)


@pytest.mark.parametrize("microseconds", [0, 999, 1_000, 10**12])
def test_however_long_it_took(microseconds: int) -> None:
    """The usual and the unusual."""
    one = answered()._replace(seconds=microseconds / 1e6)

    assert expected(one) * 3 == Renderer().render([one] * 3)


def test_what_is_logged_again_is_encoded_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome is kept the second time: what is never logged again costs no room."""
    made: list[Outcome] = []
    lines = Recorder.lines

    def counting(self: Recorder, one: Answered) -> tuple[Line, ...]:
        made.append(one.outcome)
        return lines(self, one)

    monkeypatch.setattr(Recorder, "lines", counting)
    renderer, one, other = Renderer(), answered(), answered()
    for _ in range(5):
        renderer.render([one])
    renderer.render([other])

    assert (2, 1) == (made.count(one.outcome), made.count(other.outcome))


def test_an_outcome_is_one_questions() -> None:
    """Should it be given for another one, its line says what that asked."""
    one = answered()
    other = one._replace(request=replace(one.request, service="fraud"))
    given = [one, one, other, other, one]

    assert expected(*given) == Renderer().render(given)


def test_what_is_kept_is_bounded() -> None:
    """The text that was made first goes first, and is made again."""
    first, second = answered(), answered()
    renderer = Renderer(kept_bytes=1_000)  # room for one
    renderer.render([first, first, second, second])

    assert (None, True) == (first.outcome.logged, isinstance(second.outcome.logged, Said))
    assert expected(first) * 3 == renderer.render([first] * 3)


def test_a_notice_that_supersedes_another_changes_what_is_said() -> None:
    """The footing is that of the time decided for, forwards and, where a clock is set back, backwards."""
    since = parse("2026-07-01T00:00:00Z")
    one = answered(under=snapshot({"catalog/notices.yaml": NOTICES}))
    renderer = Renderer()
    found = []
    for now in (since - 2, since - 1, since, since + SECOND, since - SECOND):
        then = one._replace(occasion=one.occasion._replace(now=now))
        text = renderer.render([then])
        footing = decode(text).footing
        assert expected(then) == text
        assert footing is not None
        found.append(footing.notices)

    old, new = found[0], found[2]
    assert old != new
    assert [old, old, new, new, old] == found


def test_bundles_may_take_turns() -> None:
    """As when one replaces the other under load."""
    one, two = answered(), answered(under=snapshot({"catalog/notices.yaml": NOTICES}))
    given = [one, two] * 4

    assert expected(*given) == Renderer().render(given)


def test_a_field_that_was_not_put_to_the_policies_has_no_facts() -> None:
    """Each line has its own."""
    unknown = FieldResult(field="x", effect=Effect.DENY, reason=Reason.UNKNOWN_FIELD, unknown_name="x")
    one = answered(unknown, ALLOWED)

    assert expected(one) * 3 == Renderer().render([one] * 3)
