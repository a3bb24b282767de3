from pathlib import Path

import pytest

from tests.unit.authoring.suite.suites import SUBJECTS, found
from tests.unit.policy.bundles import marked

ASK = "service: newsletter, field: customer.email, purpose: marketing.email, subject: ada"
FRAUD = (
    "[{name: a, want: deny, ask: {service: fraud, subject: stranger, field: customer.email, purpose: essential.fraud}}]"
)
MATRIX = "subjects: [bea], services: [newsletter], fields: [mail], purposes: [marketing.email]"


def _test(text: str) -> str:
    return f"{SUBJECTS}tests:\n  - {{name: one, {text}}}\n"


def _step(text: str) -> str:
    test = f"{{name: one, ask: {{{ASK}}}, want: deny}}"
    return f"suite: s\nnow: 2026-01-01\nsubjects:\n  ada:\n    - {text}\ntests:\n  - {test}\n"


@pytest.mark.parametrize(
    ("suite", "problem"),
    [
        pytest.param("¦[]", "suite.wrong_type: a suite must be a mapping", id="no-mapping"),
        pytest.param("suite: s\nnow: 2026-01-01\ntests: ¦[]", "suite.empty: `tests` is empty", id="no-tests"),
        pytest.param(
            _test(f"¦wnat: deny, ask: {{{ASK}}}, want: deny"), "suite.unknown_key: unknown key `wnat`", id="key"
        ),
        pytest.param(_test(f"ask: {{{ASK}}}, want: ¦alow"), "suite.want: unknown answer `alow`", id="answer"),
        pytest.param(_test(f"ask: {{{ASK}}}, want: ¦ALLOWED"), "suite.want: unknown answer `ALLOWED`", id="allowed"),
        pytest.param(_test(f"ask: {{{ASK}}}, want: ¦{{}}"), "suite.want: nothing is wanted", id="nothing"),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: {{effect: ¦permit}}"),
            "suite.unknown_value: unknown value of `effect`: `permit`",
            id="effect",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: {{determining: [¦consent]}}"),
            "suite.unknown_policy: unknown policy `consent`",
            id="policy",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: {{mask: ¦sha}}"),
            "suite.unknown_value: unknown value of `mask`: `sha`",
            id="mask",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: {{facts: {{age: ¦old}}}}"),
            "suite.unknown_value: unknown value of `age`: `old`",
            id="facts",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: {{ask: ¦yes}}"), "suite.want: `ask` must be a mapping or null", id="ask-word"
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: ¦[deny, deny]"),
            "suite.want: 1 field is asked for, and 2 answers wanted",
            id="answers",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: [¦[deny]]"), "suite.want: there is more than one answer", id="nested"
        ),
        pytest.param(
            _test(
                "ask: {service: ¦newsleter, field: mail, purpose: marketing.email, subject: ada}, want: deny"
            ).replace("field: mail", "field: customer.email"),
            "suite.unknown_service: unknown service `newsleter`",
            id="service",
        ),
        pytest.param(
            _test(f"ask: {{{ASK.replace('customer', '¦custmer')}}}, want: deny"),
            "suite.unknown_field: unknown field `custmer.email`",
            id="field",
        ),
        pytest.param(
            _test(f"ask: {{{ASK.replace('ada', '¦eve')}}}, want: deny"),
            "suite.unknown_subject: nobody is called `eve` here",
            id="subject",
        ),
        pytest.param(
            _test(f"ask: ¦{{{ASK}, action: share}}, want: deny"),
            "suite.recipient: to share is to name the recipient",
            id="share",
        ),
        pytest.param(
            _test(f"ask: ¦{{{ASK}, recipient: grocer}}, want: deny"),
            "suite.recipient: only `share` names a recipient",
            id="recipient",
        ),
        pytest.param(
            _test(f"ask: ¦{{{ASK}, facts: {{}}}}, want: deny"),
            "suite.ask: `subject` and `facts` are both there",
            id="both",
        ),
        pytest.param(
            _test(f"ask: ¦{{{ASK.partition(', subject')[0]}}}, want: deny"),
            "suite.ask: `subject` is missing",
            id="nobody",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}, facts: ¦3}}, want: deny").replace(", subject: ada", ""),
            "suite.wrong_type: `facts` must be a mapping",
            id="facts-word",
        ),
        pytest.param(_test("ask: ¦x, want: deny"), "suite.wrong_type: `ask` must be a mapping", id="ask"),
        pytest.param(
            _test(f"ask: {{{ASK}, attributes: ¦3}}, want: deny"),
            "suite.wrong_type: `attributes` must be a mapping",
            id="attributes",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}, attributes: {{count: ¦{{}}}}}}, want: deny"),
            "suite.attribute: `count` must be a boolean, a whole number, a text or a list of texts",
            id="attribute",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: deny, expect: ¦[]"),
            "suite.unknown_key: `expect` means nothing in a test with `ask`",
            id="expect",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}}}, want: ¦deny"),
            "suite.unknown_key: `want` means nothing in a test with a matrix",
            id="want",
        ),
        pytest.param(_test("matrix: ¦[]"), "suite.wrong_type: `matrix` must be a mapping", id="matrix"),
        pytest.param(
            _test(f"matrix: {{{MATRIX.replace('[mail]', '[¦male]')}}}"),
            "suite.unknown_field: unknown field `male`",
            id="matrix-field",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}, recipients: ¦[grocer]}}"),
            "suite.recipient: only `share` names a recipient, and the matrix does not share",
            id="matrix-recipient",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}}}, expect: ¦3"), "suite.wrong_type: `expect` must be a list", id="expect-word"
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}}}, expect: [¦3]"),
            "suite.wrong_type: an entry of `expect` must be a mapping",
            id="expect-entry",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}}}, expect: [{{subjects: [¦ada]}}]"),
            "suite.matrix: `ada` is not among the subjects of the matrix",
            id="outside",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}, actions: [use, share]}}, expect: [¦{{actions: [use], recipients: [grocer]}}]"),
            "suite.matrix: no combination of the matrix is in this part",
            id="covers-nothing",
        ),
        pytest.param(
            _test(f"matrix: {{{MATRIX}}}, expect: [{{}}, ¦{{want: deny}}]"),
            "suite.matrix: `newsletter use customer.email for marketing.email of bea` is expected here "
            "and, otherwise, at line 13",
            id="contradiction",
        ),
        pytest.param(
            _step("¦{given: {purposes: [marketing.email], categories: ['*']}}"),
            "suite.missing_key: `at` is missing",
            id="no-time",
        ),
        pytest.param(_step("¦{at: 2026-01-01}"), "suite.step: a step says one thing, this one nothing", id="no-act"),
        pytest.param(
            _step("¦{at: 2026-01-01, refused: {}, objected: {}}"),
            "suite.step: a step says one thing, this one `refused` and `objected`",
            id="two-acts",
        ),
        pytest.param(_step("¦once"), "suite.wrong_type: a step must be a mapping", id="step-word"),
        pytest.param(
            _step("{at: 2026-01-01, refused: ¦once}"), "suite.step: `refused` is not as it should be", id="scope"
        ),
        pytest.param(
            _step("{at: 2026-01-01, refused: {purposes: ¦marketing.email}}"),
            "suite.step: expected `array`, got `str`",
            id="scope-list",
        ),
        pytest.param(
            _step("¦{at: 2026-01-01, refused: {purposes: [marketing.mail]}}"),
            "suite.refused: this step is refused: `event.submission.choices[0].scope.purposes[0]`: "
            "the catalog has no purpose `marketing.mail`",
            id="purpose",
        ),
        pytest.param(
            _step("¦{at: 2026-01-01, refused: {}, error: event}"),
            "suite.taken: this step is taken, and must be refused because of `event`",
            id="taken",
        ),
        pytest.param(
            _step("{at: 2026-01-02, refused: {}}\n    - ¦{at: 2026-01-01, refused: {}}"),
            "suite.order: this step is earlier than the one before it",
            id="order",
        ),
        pytest.param(
            _step("¦{at: 2026-01-01, erased: ['*']}"),
            "suite.refused: this step is refused: `event.erasure.categories`: `*` is no category; "
            "name none to erase the person",
            id="erased",
        ),
        pytest.param(
            "suite: s\nnow: 2026-01-01\nsubjects: ¦[]\ntests: " + FRAUD,
            "suite.wrong_type: `subjects` must be a mapping",
            id="subjects",
        ),
        pytest.param(
            _test(
                "ask: {service: fraud, subject: stranger, field: customer.email, purpose: essential.fraud}, want: deny"
            ).replace("  ada:", "  ¦stranger: []\n  ada:"),
            "suite.stranger: `stranger` is always somebody without a record",
            id="stranger",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: deny").replace("  ada:", "  bob: ¦3\n  ada:"),
            "suite.wrong_type: a subject is what it did, or facts",
            id="person",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: deny").replace("{willing:", "{¦ada:"),
            "suite.group: `ada` is the name of something else already",
            id="group-name",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: deny").replace("{mail: [customer.email]}", "¦3"),
            "suite.wrong_type: `fields` must be a mapping",
            id="group",
        ),
        pytest.param(
            "suite: s\nnow: 2026-01-01\ngroups: ¦3\ntests: " + FRAUD,
            "suite.wrong_type: `groups` must be a mapping",
            id="groups",
        ),
        pytest.param(
            f"suite: s\nsubjects: {{ada: []}}\ntests:\n  - ¦{{name: one, ask: {{{ASK}}}, want: deny}}\n",
            "suite.missing_key: `now` is missing",
            id="no-clock",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}, co_subjects: ¦[ada, eve]}}, want: deny"),
            "suite.unknown_subject: nobody is called `eve` here",
            id="co-subject",
        ),
        pytest.param(
            "suite: s\nnow: 2026-01-01\nsubjects: {a: , b: , c: , d: , e: , f: , g: , h: , ada: }\n"
            f"tests: [{{name: one, ask: {{{ASK}, co_subjects: ¦[a, b, c, d, e, f, g, h]}}, want: deny}}]\n",
            "suite.co_subjects: `co_subjects` has 8, and a question has at most 7",
            id="co-subjects",
        ),
        pytest.param(
            _test(f"ask: {{{ASK}}}, want: deny") + f"  - {{name: ¦one, ask: {{{ASK}}}, want: deny}}\n",
            "suite.duplicate: test `one` is there twice, first at line 13",
            id="twice",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, suite: str, problem: str) -> None:
    """Each mistake of an author is found where it stands, alone."""
    text, place = marked(suite)

    assert [f"{place} {problem}"] == found(tmp_path, text)


def test_unknown_names_are_no_mistake_where_they_are_the_point(tmp_path: Path) -> None:
    """Who wants `UNKNOWN_FIELD` may ask for a field that nothing has."""
    assert [] == found(tmp_path, _test(f"ask: {{{ASK.replace('customer', 'custmer')}}}, want: UNKNOWN_FIELD"))


def test_two_suites_have_two_names(tmp_path: Path) -> None:
    """The name of a suite is unique in its bundle."""
    suite = _test(f"ask: {{{ASK}}}, want: deny")

    (problem,) = found(tmp_path, suite, more=suite)

    assert "1:8 suite.duplicate: suite `mail` is there twice, first at tests/basics.yaml:1:8" == problem


@pytest.mark.parametrize(
    "step",
    [
        "{at: 2026-01-01, refused: {}, notice: home@2}",
        "{at: 2026-01-01, restricted: {}}",
        "{at: 2026-01-01, lifted: {}}",
        "{at: 2026-01-01, erased: []}",
        "{at: 2026-01-01, traits: {of_age_at: 2030-01-01, jurisdiction: DE}}",
        "{at: 2026-01-01, imported: true, occurred_at: 2025-01-01T00:00:00Z, objected: {recipients: [third_party]}}",
        "{at: 2026-01-01, choices: [{kind: given, purposes: [marketing.email], categories: ['*'], explicit: true}]}",
        "{at: 2026-01-01, given: {purposes: [marketing.email], categories: ['*']}, actor: guardian}",
        "{at: 2026-01-01, given: {purposes: [marketing.email], categories: ['*']}, expires_at: 2027-01-01}",
        "{at: 2026-01-01, given: {categories: ['*']}, error: 'event.submission.choices[0].scope.purposes'}",
    ],
)
def test_everything_that_people_do_can_be_a_step(tmp_path: Path, step: str) -> None:
    """Each kind of act is read and taken, or refused as the step says."""
    assert [] == found(tmp_path, _step(step))
