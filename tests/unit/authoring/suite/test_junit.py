from pathlib import Path
from xml.etree.ElementTree import fromstring

from sidecar.authoring.suite.junit import to_junit
from tests.unit.authoring.suite.suites import run

ASK = "service: newsletter, field: customer.email, purpose: marketing.email, subject: bea"


def test_a_report_has_a_case_for_each_test(tmp_path: Path) -> None:
    """Tests, failures and their places, in the form that CI systems read."""
    outcome = run(
        tmp_path, f"- {{name: good, ask: {{{ASK}}}, want: allow}}\n- {{name: bad <é>, ask: {{{ASK}}}, want: deny}}\n"
    )

    root = fromstring(to_junit(outcome))

    (suite,) = root
    good, bad = suite
    assert {"tests": "2", "failures": "1", "errors": "0", "skipped": "0"}.items() <= root.attrib.items()
    assert {"name": "mail", "file": "tests/basics.yaml", "failures": "1"}.items() <= suite.attrib.items()
    assert {"name": "good", "classname": "mail", "file": "tests/basics.yaml", "line": "13"} == good.attrib
    assert [] == list(good)
    (failure,) = bad
    assert "`bad <é>`: expected deny, got allow" == failure.attrib["message"]
    assert failure.text is not None
    assert failure.text.startswith("tests/basics.yaml:14:")
