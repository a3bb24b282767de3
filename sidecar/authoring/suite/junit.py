"""An outcome in the form that JUnit gave its reports, which every CI system shows."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sidecar.authoring.suite.outcome import CaseResult, Outcome, failure


def to_junit(outcome: Outcome) -> bytes:
    """*outcome* as XML; a test with several rows is one case, its failures are one text."""
    root = Element("testsuites", {"name": "sidecar policy test", **_counts(outcome.cases)})
    by_suite: dict[str, list[CaseResult]] = {}
    for case in outcome.cases:
        by_suite.setdefault(case.suite.name, []).append(case)
    for name, cases in by_suite.items():
        suite = SubElement(
            root, "testsuite", {"name": _legal(name), "file": cases[0].case.place.file, **_counts(cases)}
        )
        for case in cases:
            _add_case(suite, case)
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_case(suite: Element, case: CaseResult) -> None:
    place = case.case.place
    element = SubElement(
        suite,
        "testcase",
        name=_legal(case.case.name),
        classname=_legal(case.suite.name),
        file=place.file,
        line=str(place.line),
    )
    if case.failed:
        problems = [failure(case, row) for row in case.failed]
        told = SubElement(element, "failure", type="test.failed", message=_legal(problems[0].message))
        told.text = _legal("\n".join(map(str, problems)))


def _counts(cases: Sequence[CaseResult]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failed) for case in cases)),
        "errors": "0",
        "skipped": "0",
    }


def _legal(text: str) -> str:
    """*text* without the characters that XML cannot hold."""
    return "".join(character if character in "\n\t" or character.isprintable() else "\ufffd" for character in text)
