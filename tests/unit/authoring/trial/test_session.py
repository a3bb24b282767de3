from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from sidecar.authoring.suite.runner import run_suites
from sidecar.authoring.suite.suite import Ask
from sidecar.authoring.trial.lines import read_question, read_step, read_time
from sidecar.authoring.trial.saved import to_suite
from sidecar.authoring.trial.session import Session
from sidecar.authoring.trial.words import WordError
from sidecar.errors import RequestError
from sidecar.model.decision import AttributeValue
from sidecar.model.instant import DAY, parse
from sidecar.model.vocabulary import Action, Effect, Reason
from sidecar.policy.bundle import read_draft

DEMO: Final = read_draft(Path("policies"))
TRAITS: Final = "traits of_age_at=2030-01-31 digital_consent_at=2028-01-31 jurisdiction=DE"
NEWS: Final = "newsletter customer.email marketing.communications.email"


def _session() -> Session:
    return Session(DEMO, now=parse("2026-06-01T12:00:00Z"))


def _ask(session: Session, words: str, **attributes: AttributeValue) -> Reason:
    return session.ask(read_question(words.split(), session, attributes)).result.reason


def _do(session: Session, line: str) -> None:
    verb, *words = line.split()
    session.change(read_step(verb, words, session))


def test_what_is_asked_after_a_change_is_answered_by_it() -> None:
    """Ask, give what is lacking, ask again, take it back, ask again."""
    session = _session()

    reasons = [_ask(session, NEWS)]
    for line in ("give", "withdraw marketing.communications"):
        _do(session, line)
        reasons.append(_ask(session, ""))

    assert [Reason.CONSENT_UNKNOWN, Reason.ALLOWED, Reason.CONSENT_WITHDRAWN] == reasons


def test_what_changed_is_told() -> None:
    """Of the answer and of the facts, only what is otherwise than before."""
    session = _session()
    _ask(session, NEWS)
    assert session.last is not None
    assert {} == session.last.changed

    _do(session, "give")
    _ask(session, "")
    assert ("unknown", "given") == session.last.changed["consent"]
    assert ("deny", "allow") == session.last.changed["effect"]
    assert "age" not in session.last.changed


def test_words_stand_in_any_order_and_the_rest_stays() -> None:
    """A question is what its words say; without a service it goes on from the last one, with one it begins anew."""
    session = _session()
    words = ["share", "ad-network", "marketing.advertising.third_party.targeted", "customer.browsing", "offers"]
    session.ask(read_question(words, session, {"amount_cents": 1}))

    again = read_question(["customer.purchases"], session, {})
    assert ("offers", Action.SHARE, "ad-network", {"amount_cents": 1}) == (
        again.service,
        again.action,
        again.recipient,
        again.attributes,
    )
    assert ("customer.purchases", None) == (again.field, again.channel)
    new = read_question(NEWS.split(), session, {})
    assert Ask(service="newsletter", subject="", field="customer.email", purpose=NEWS.split()[2]) == new


def test_the_last_recipient_is_kept_only_while_sharing() -> None:
    """Another action has no recipient."""
    session = _session()
    _ask(session, "share grocer-partner fridge fridge.shopping_list essential.service")

    assert read_question(["use"], session, {}).recipient is None


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("refuse", {"refused": {}}),
        ("object third_party by=system", {"objected": {"recipients": ["third_party"]}, "actor": "system"}),
        ("lift", {"lifted": {}}),
        (
            "restrict essential.service email",
            {"restricted": {"purposes": ["essential.service"], "channels": ["email"]}},
        ),
        ("erase user.sensor", {"erased": ["user.sensor"]}),
        (
            "traits jurisdiction=DE of_age_at=+1d",
            {"traits": {"jurisdiction": "DE", "of_age_at": "2026-06-02T12:00:00Z"}},
        ),
        (
            "give train_ai_system * explicit until=2027-01-01 home@2 by=guardian",
            {
                "given": {"purposes": ["train_ai_system"], "categories": ["*"]},
                "explicit": True,
                "expires_at": "2027-01-01T00:00:00Z",
                "actor": "guardian",
                "notice": "home@2",
            },
        ),
    ],
)
def test_a_line_is_a_step_of_a_suite(line: str, step: dict[str, object]) -> None:
    """What is typed is what a suite would say."""
    verb, *words = line.split()

    assert step == read_step(verb, words, _session())


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("give", "give what?", "give PURPOSE CATEGORY...; alone it gives what the last answer asks for"),
        ("give until=x", "`x` is no time", "2027-01-31, 2027-01-31T12:00:00Z, or +30d (also s, m, h, w, y)"),
        ("refuse by=me", "no by `me`", "one of `guardian`, `operator`, `subject`, `system`"),
        ("refuse notice=home@9", "no notice `home@9`", "did you mean `home@2`?"),
        (
            "refuse x=y",
            "`x=` means nothing here",
            "one of `by`, `category`, `channel`, `notice`, `purpose`, `recipient`",
        ),
        ("refuse by=system by=subject", "`system` and `subject` are both a by", "name one"),
        ("traits", "which traits?", "traits of_age_at=2030-01-31 digital_consent_at=2028-01-31 jurisdiction=DE"),
        (
            "traits age=9",
            "`age=9` is no trait",
            "traits of_age_at=2030-01-31 digital_consent_at=2028-01-31 jurisdiction=DE",
        ),
    ],
)
def test_a_change_that_means_nothing_is_told(line: str, message: str, hint: str) -> None:
    """With what to type instead."""
    verb, *words = line.split()

    with pytest.raises(WordError) as caught:
        read_step(verb, words, _session())

    assert (message, hint) == (str(caught.value), caught.value.hint)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("newsletter customer.email", "the question has no purpose"),
        ("newsletter fridge customer.email", "`newsletter` and `fridge` are both a service"),
        (f"{NEWS} share", "to share is to name the recipient"),
        ("newsleter", "`newsleter` is no service, field, purpose, action, channel, recipient"),
    ],
)
def test_a_question_that_means_nothing_is_told(words: str, message: str) -> None:
    """With the first thing that is wrong."""
    session = _session()

    with pytest.raises(WordError) as caught:
        read_question(words.split(), session, {})

    assert message == str(caught.value)


def test_a_name_of_two_kinds_must_say_which() -> None:
    """A service may be called like a field."""
    service = DEMO.catalog.services["fridge"]
    services = {**DEMO.catalog.services, "customer.email": replace(service, key="customer.email")}
    session = Session(replace(DEMO, catalog=replace(DEMO.catalog, services=services)), now=0)

    with pytest.raises(WordError) as caught:
        read_question(["customer.email"], session, {})
    assert "say service=customer.email or field=customer.email" == caught.value.hint

    ask = read_question(["service=fridge", "field=customer.email", "essential.service"], session, {})
    assert ("fridge", "customer.email") == (ask.service, ask.field)


def test_time_moves_on_only() -> None:
    """By a date, or by so much."""
    session = _session()
    session.move(read_time("+30d", session.now))

    assert parse("2026-07-01T12:00:00Z") == session.now
    with pytest.raises(RequestError, match="time does not run back"):
        session.move(session.now - DAY)


def test_what_is_refused_leaves_nothing() -> None:
    """A step that the ledger would not take does not happen."""
    session = _session()

    with pytest.raises(RequestError, match="must name its data categories"):
        _do(session, "give marketing.communications.email")
    assert [] == session.done


def test_undo_takes_back_the_last_step_and_what_was_asked_since() -> None:
    """What was asked of a record that never was is no test."""
    session = _session()
    _ask(session, NEWS)
    _do(session, "give")
    _ask(session, "")

    assert session.undo() is not None
    assert [Effect.DENY] == [asked.result.effect for asked in session.asked]
    assert Reason.CONSENT_UNKNOWN is _ask(session, "")
    assert session.undo() is None


def test_the_last_question_can_be_explained() -> None:
    """Clause by clause, also where no policy is asked."""
    session = _session()
    _ask(session, NEWS)
    assert session.last is not None

    assert 22 == len(session.explain(session.last.ask).policies)
    assert () == session.explain(replace(session.last.ask, purpose="train_ai_system")).policies


def test_a_saved_session_is_a_suite_that_passes() -> None:
    """Whatever was done and asked, the saved tests hold, at once."""
    session = _session()
    _ask(session, NEWS)
    for line in (
        "give",
        "object marketing by=system",
        "traits of_age_at=2030-01-01",
        "refuse",
        "erase",
        "erase user.sensor",
    ):
        _do(session, line)
        _ask(session, NEWS)
        session.move(session.now + DAY)
    _ask(session, "fraud home.location essential.fraud_detection", amount_cents=20_000)
    _ask(session, "share grocer-partner fridge fridge.shopping_list essential.service")
    _do(session, "give essential.service user.content.private grocer-partner")
    _ask(session, "")
    _ask(session, "analytics customer.browsing essential.service.operations.improve", tags=frozenset({"b", "a"}))
    _ask(session, "offers post customer.browsing marketing.advertising.first_party.contextual")

    text = to_suite(session, "tried")
    files = replace(DEMO.files, paths=("tests/tried.yaml",), texts={"tests/tried.yaml": text})
    outcome = run_suites(replace(DEMO, files=files))

    assert () == outcome.failures
    assert len(session.asked) == sum(len(case.rows) for case in outcome.cases)
