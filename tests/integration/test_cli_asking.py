"""Questions on the command line: answers, and what would change a deny."""

import shlex

import pytest

from tests.integration.shell import EMAIL, NEWS, YES, Shell


def test_a_yes_opens_and_a_withdrawal_closes(shell: Shell) -> None:
    """The next answer after each knows it, and the exit code tells the shell."""
    before = shell.run(*EMAIL, "--subject", "ada")
    shell.run(*YES, "--subject", "ada")
    given = shell.run(*EMAIL, "--subject", "ada")
    shell.run("consent", "withdraw", "--subject", "ada", *NEWS)
    withdrawn = shell.run(*EMAIL, "--subject", "ada")

    assert [2, 0, 2] == [before.exit_code, given.exit_code, withdrawn.exit_code]
    assert "CONSENT_UNKNOWN" in before.stdout
    assert "ALLOWED" in given.stdout
    assert "CONSENT_WITHDRAWN" in withdrawn.stdout
    assert "the person took consent back; do not ask again before" in withdrawn.stdout


@pytest.mark.parametrize(
    ("subject", "question"),
    [
        ("remedy-1", ("newsletter", "customer.email", "--purpose", "marketing.communications.email")),
        ("remedy 2", ("offers", "customer.diet", "--purpose", "personalize.content")),
        ("remedy-3", ("recommendations", "viewing.interests", "--purpose", "personalize.content")),
        (
            "remedy-4",
            (
                *("fridge", "fridge.shopping_list", "--purpose", "essential.service"),
                *("--action", "share", "--recipient", "grocer-partner"),
            ),
        ),
    ],
)
def test_the_command_that_a_deny_prints_changes_it(shell: Shell, subject: str, question: tuple[str, ...]) -> None:
    """Copied and run as it is, it makes the same question allowed: special categories and recipients included."""
    denied = shell.json("check", *question, "--subject", subject)
    (result,) = denied["results"]  # type: ignore[misc]
    words = shlex.split(result["remedy"]["command"])  # type: ignore[has-type]

    changed = shell.run(*words[words.index("consent") :])

    assert not denied["allowed"]
    assert 0 == changed.exit_code
    assert 0 == shell.run("check", *question, "--subject", subject).exit_code


def test_json_of_a_check_is_complete(shell: Shell) -> None:
    """Every part of the answer is there, absent ones as null."""
    answer = shell.json(*EMAIL, "customer.phone", "--subject", "bob")

    expected_keys = {
        *("allowed", "results", "policy_revision", "consent_revision", "consent_age_ms"),
        *("clock_changes_at", "cache_for_ms", "decision_id", "co_subjects_denied"),
    }
    assert expected_keys == set(answer)
    results = answer["results"]
    assert isinstance(results, list)
    assert ["customer.email", "customer.phone"] == [result["field"] for result in results]
    assert {
        *("field", "effect", "reason", "determining_policies", "obligations"),
        *("consent_to_ask", "ask_not_before", "unknown_name", "by_co_subjects", "held", "remedy"),
    } == set(results[0])
    assert "deny" == results[0]["effect"]


def test_an_obligation_is_printed(shell: Shell) -> None:
    """Allowed with a mask is 0, and says what must be done."""
    question = ("check", "analytics", "home.telemetry", "--subject", "eve")

    result = shell.run(*question, "--purpose", "essential.service.operations.improve")

    assert 0 == result.exit_code
    assert "ALLOW_WITH_OBLIGATIONS" in result.stdout
    assert "home.telemetry: mask it by `hash` before use" in result.stdout


def test_attributes_reach_the_policies(shell: Shell) -> None:
    """An integer of the right name opens; the same digits as text are another type."""
    question = ("check", "fraud", "home.location", "--subject", "eve", "--purpose", "essential.fraud_detection")

    assert 2 == shell.run(*question).exit_code
    assert 0 == shell.run(*question, "--attribute", "amount_cents=10000").exit_code
    text = shell.run(*question, "--attribute", 'amount_cents="10000"')
    assert 2 == text.exit_code
    assert "UNKNOWN_ATTRIBUTE" in text.stdout
    assert "`type Attributes` of schema.cedarschema declares no `amount_cents`, or declares it with" in text.stdout


def test_what_is_the_same_for_all_fields_is_told_once(shell: Shell) -> None:
    """One unknown service is one sentence and one thing to do, however many fields were asked about."""
    result = shell.run("check", "nobody", "customer.email", "customer.phone", *NEWS, "--subject", "eve")

    assert 2 == result.exit_code
    assert 1 == result.stdout.count("the catalog has no service `nobody`")
    assert "customer.email, customer.phone: the catalog has no service `nobody`" in result.stdout
    assert 1 == result.stdout.count("to change that:")


def test_what_is_malformed_is_an_error(shell: Shell) -> None:
    """A malformed question has no answer: exit code 1, not 2."""
    result = shell.run(*EMAIL, "--subject", "eve", "--recipient", "ad-network")

    assert 1 == result.exit_code
    assert "recipient" in result.stderr


def test_a_question_too_long_for_one_call_says_what_to_do(shell: Shell) -> None:
    """The limit is the server's; who asks reads how to stay below it."""
    result = shell.run(*EMAIL, "--subject", "eve", "--attribute", "note=" + "x" * 70_000)

    assert 1 == result.exit_code
    assert "too much for one call" in result.stderr
    assert "limits.message_bytes" in result.stderr


def test_explain_names_the_choice_and_what_would_change_it(shell: Shell) -> None:
    """The event that decided is named, in text and in JSON."""
    recorded = shell.json(*YES, "--subject", "gil", "--notice", "newsletter@2", "--until", "2099-01-01")

    text = shell.run("explain", *EMAIL[1:], "--subject", "gil")
    as_json = shell.json("explain", *EMAIL[1:], "--subject", "gil")

    assert 0 == text.exit_code
    for told in (str(recorded["event_id"]), "newsletter@2", "2099-01-01T00:00:00Z", "command-line"):
        assert told in text.stdout
    (explanation,) = as_json["explanations"]  # type: ignore[misc]
    assert recorded["event_id"] == explanation["choices"][0]["event_id"]  # type: ignore[has-type]
    assert {"decision", "explanations"} == set(as_json)

    denied = shell.run("explain", "printer", "customer.email", *NEWS, "--subject", "gil")
    assert 2 == denied.exit_code
    assert "would change it: add catalog/services/printer.yaml" in denied.stdout


def test_several_people_are_asked_about_at_once(shell: Shell) -> None:
    """All must agree; how many do not is told, but nobody's name, and the command that explains asks the same."""
    recording = ("voice-assistant", "voice.recording", "--purpose", "train_ai_system", "--subject", "vera")
    for subject in ("vera", "will"):
        shell.run(
            "consent",
            "record",
            "--given",
            "--purpose",
            "train_ai_system",
            "--category",
            "user.sensor",
            "--subject",
            subject,
        )
    agreed = shell.run("check", *recording, "--co-subject", "will")
    denied = shell.run("check", *recording, "--co-subject", "will", "--co-subject", "xena")
    explained = shell.run("explain", *recording, "--co-subject", "will", "--co-subject", "xena")
    as_json = shell.json("check", *recording, "--co-subject", "will", "--co-subject", "xena")
    own = shell.run("check", *recording[:-1], "yuri", "--co-subject", "zoe")

    assert [0, 2, 2] == [agreed.exit_code, denied.exit_code, explained.exit_code]
    for told in (denied.stdout, explained.stdout):
        assert "co-subjects who do not allow all of it: 1; who is not told" in told
        assert "somebody else in the same data stands in the way: the person has not agreed to this" in told
        assert "xena" not in told
        assert "will" not in told
    assert 1 == as_json["co_subjects_denied"]
    assert "consent record --subject yuri" in own.stdout
