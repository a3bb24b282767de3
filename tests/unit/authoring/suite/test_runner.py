from pathlib import Path

import pytest

from sidecar.authoring.suite.runner import run_suites
from sidecar.errors import BundleError
from sidecar.policy.bundle import read_draft
from tests.unit.authoring.suite.suites import draft, run
from tests.unit.policy.bundles import write

MAIL = "service: newsletter, field: customer.email, purpose: marketing.email"
ONE = f"- {{name: one, ask: {{{MAIL}, subject: %s}}, want: %s}}\n"


@pytest.mark.parametrize(
    ("subject", "want", "passes"),
    [
        pytest.param("bea", "allow", True, id="allowed"),
        pytest.param("bea", "deny", False, id="allowed-but-a-deny-wanted"),
        pytest.param("ada", "CONSENT_WITHDRAWN", True, id="a-reason"),
        pytest.param("ada", "CONSENT_REFUSED", False, id="another-reason"),
        pytest.param("stranger", "deny", True, id="somebody-without-a-record"),
        pytest.param("bea", "hash", False, id="a-mask-that-is-not-there"),
        pytest.param("bea", "{determining: [consented]}", True, id="policies"),
        pytest.param("bea", "{determining: []}", False, id="no-policies"),
        pytest.param("bea", "{mask: null, facts: {consent: given, explicit: false}}", True, id="facts"),
        pytest.param("ada", "{ask_not_before: 2026-06-01T12:00:00Z}", True, id="when-to-ask-again"),
        pytest.param("ada", "{ask: {explicit: false, channel: email}}", True, id="what-to-ask-for"),
    ],
)
def test_a_word_or_a_mapping_is_compared(tmp_path: Path, subject: str, want: str, *, passes: bool) -> None:
    """What is wanted is compared, and nothing else."""
    assert passes is run(tmp_path, ONE % (subject, want)).passed


@pytest.mark.parametrize(
    ("subject", "others", "want", "passes"),
    [
        pytest.param("bea", "[clear]", "{effect: allow, co_subjects_denied: 0}", True, id="all-stated"),
        pytest.param("bea", "[stranger]", "{reason: CONSENT_UNKNOWN, ask: null}", True, id="stated-and-lived"),
        pytest.param("bea", "[ada, stranger]", "{reason: CONSENT_WITHDRAWN, co_subjects_denied: 2}", True, id="two"),
        pytest.param("ada", "[bea]", "{reason: CONSENT_WITHDRAWN, co_subjects_denied: 0}", True, id="the-subject"),
        pytest.param("ada", "stranger", "{reason: CONSENT_WITHDRAWN, co_subjects_denied: 1}", True, id="all-lived"),
        pytest.param("bea", "[ada]", "allow", False, id="allowed-wanted"),
    ],
)
def test_several_people_are_asked_together(
    tmp_path: Path, subject: str, others: str, want: str, *, passes: bool
) -> None:
    """Whether what they did is told, or the facts about them are stated."""
    test = f"- {{name: one, ask: {{{MAIL}, subject: {subject}, co_subjects: {others}}}, want: {want}}}\n"

    assert passes is run(tmp_path, test).passed


def test_nobody_is_counted_where_a_name_is_unknown(tmp_path: Path) -> None:
    """The question does not get as far as people."""
    ask = "{service: newsletter, field: nothing, purpose: marketing.email, subject: bea, co_subjects: [stranger]}"

    assert run(
        tmp_path, f"- {{name: one, ask: {ask}, want: {{reason: UNKNOWN_FIELD, co_subjects_denied: 0}}}}\n"
    ).passed


def test_a_timeline_counts_until_the_clock(tmp_path: Path) -> None:
    """What a person does after the pinned instant has not happened yet."""
    tests = ONE % ("ada", "CONSENT_WITHDRAWN") + ONE.replace("one,", "then, now: 2026-02-01,") % ("ada", "allow")

    assert () == run(tmp_path, tests).failures


def test_several_fields_want_one_answer_for_all_or_one_each(tmp_path: Path) -> None:
    """An answer for all fields, or an answer for each, in order."""
    ask = "{service: newsletter, subject: bea, fields: [mail, customer.diet], purpose: marketing.email}"
    tests = (
        f"- {{name: each, ask: {ask}, want: [allow, CONSENT_NOT_EXPLICIT]}}\n- {{name: all, ask: {ask}, want: allow}}\n"
    )

    outcome = run(tmp_path, tests)

    assert [(2, 0), (2, 1)] == [(len(case.rows), len(case.failed)) for case in outcome.cases]


def test_what_a_matrix_does_not_list_must_be_denied(tmp_path: Path) -> None:
    """Every combination is asked; one that is allowed and not listed fails at the matrix."""
    matrix = "{subjects: all, services: [newsletter], fields: all, purposes: [marketing.email]}"
    listed = "[{subjects: [bea], fields: [mail]}, {subjects: [ada], fields: mail, want: CONSENT_WITHDRAWN}]"
    outcome = run(tmp_path, f"- {{name: all, matrix: {matrix}, expect: {listed}}}\n")

    (case,) = outcome.cases
    assert 3 * 2 == len(case.rows)
    assert [("clear", "customer.diet"), ("clear", "customer.email")] == sorted(
        (row.row.ask.subject, row.row.ask.field) for row in case.failed
    )


def test_a_matrix_asks_each_recipient_and_channel(tmp_path: Path) -> None:
    """To share is asked with every third party, a purpose with several channels through each."""
    matrix = (
        "{subjects: [bea], services: [newsletter], actions: all, fields: customer.email, purposes: [marketing.email]}"
    )
    purposes = "marketing.email: {basis: consent, channels: [email, sms]}\nessential.fraud: {basis: contract}\n"
    test = f"{{name: n, matrix: {matrix}, expect: [{{actions: [use, share]}}]}}"
    suite = f"suite: s\nnow: 2026-01-01\nsubjects: {{bea: {{consent: given}}}}\ntests: [{test}]\n"

    outcome = run_suites(read_draft(write(tmp_path, {"catalog/purposes.yaml": purposes, "tests/basics.yaml": suite})))

    asked = {(row.row.ask.action.value, row.row.ask.channel, row.row.ask.recipient) for row in outcome.cases[0].rows}
    assert outcome.passed
    assert {("share", "email", "grocer"), ("share", "sms", "grocer"), ("use", "email", None)} <= asked
    assert 4 * 2 == len(asked)


def test_a_failure_says_what_was_asked_and_who_decided(tmp_path: Path) -> None:
    """A failure is a problem at the place of what is wanted."""
    (problem,) = run(tmp_path, ONE % ("bea", "deny")).failures

    assert ("tests/basics.yaml", 13, "test.failed") == (problem.file, problem.line, problem.code)
    assert "`one`: expected deny, got allow" == problem.message
    assert "asked: newsletter use customer.email for marketing.email of bea; decided by `consented`" == problem.hint


def test_a_suite_that_cannot_be_read_is_an_invalid_bundle(tmp_path: Path) -> None:
    """Nothing is run of a bundle whose tests are broken."""
    with pytest.raises(BundleError, match="`tests` is missing"):
        run_suites(draft(tmp_path, "suite: s\n"))


def test_the_demo_bundle_passes_its_own_tests() -> None:
    """Every test in policies/tests holds."""
    assert () == run_suites(read_draft(Path("policies"))).failures
