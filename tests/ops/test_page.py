"""The preference page of `demo --page`, in a real browser: what is ticked there is what services are told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import authorization_pb2_grpc, model_pb2
from tests.documents import ROOT
from tests.ops.webdriver import Window, browsing

NEWSLETTER = "newsletter@2/marketing.communications.email/user.contact.email/email/first_party"
IMPROVE = "partners@1/essential.service.operations.improve/user.behavior/*/first_party"
SERVICE = "partners@1/essential.service/user.behavior/*/first_party"

TICKED = 'return document.querySelector(`[data-key="${arguments[0]}"]`)?.checked'
ANSWER = 'return document.querySelector(`[data-check="${arguments[0]}"]`)?.dataset.reason'
STATUS = "return document.getElementById('status').textContent"
TEXT = "return document.getElementById(arguments[0]).textContent"


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, str]]:
    """A demo that serves its page: the addresses of both."""
    command = [sys.executable, "-m", "sidecar", "demo", "--page", "--output", "json"]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "}\n")  # until the end of the object
            yield json.loads("".join(lines) + "}")
        finally:
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """A browser for all tests here."""
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def window(demo: dict[str, str], browser: Window) -> Window:
    """The page, loaded anew."""
    browser.open(demo["page"])
    browser.complaints()  # of the test before
    return browser


def _reason(demo: dict[str, str], subject: str) -> str:
    """Why the newsletter may write to *subject*, or may not, by the API."""
    request = pb.CheckRequest(
        service="newsletter", fields=["customer.email"], subject=subject, purpose="marketing.communications.email"
    )
    with grpc.insecure_channel(demo["address"], options=(("grpc.enable_http_proxy", 0),)) as channel:
        (result,) = authorization_pb2_grpc.AuthorizationServiceStub(channel).Check(request, timeout=5).results
    return model_pb2.Reason.Name(result.reason).removeprefix("REASON_")


def _look_at(window: Window, subject: str) -> None:
    """Have the page show *subject*."""
    window.run("document.getElementById('subject').value = arguments[0]", subject)
    window.click("#who button")
    window.until(STATUS, "")
    window.until("return document.querySelectorAll('#checks li').length", 8)


def _tick(window: Window, key: str, done: str = "Saved.") -> None:
    """Click the box of *key*, and wait until the page says that it is done."""
    window.click(f'[data-key="{key}"]')
    window.until(STATUS, done)


def test_a_box_turns_the_next_answer(demo: dict[str, str], window: Window) -> None:
    """Ticked, the newsletter may write; unticked, the very next check says that consent was taken back; and again."""
    _look_at(window, "person-00004")
    if not window.run(TICKED, NEWSLETTER):
        _tick(window, NEWSLETTER)
    seen = [_reason(demo, "person-00004")]
    for _ in range(2):
        _tick(window, NEWSLETTER)
        seen.append(_reason(demo, "person-00004"))

        assert seen[-1] == window.run(ANSWER, "newsletter")

    assert ["ALLOWED", "CONSENT_WITHDRAWN", "ALLOWED"] == seen
    assert window.run(TICKED, NEWSLETTER)
    assert "given marketing.communications.email" in window.run(TEXT, "history")
    assert "withdrawn marketing.communications.email" in window.run(TEXT, "history")
    assert "preference-page" in window.run(TEXT, "history")
    assert "you agreed to our use of “User Contact Email”" in window.run(TEXT, "record")
    assert [] == window.complaints()


def test_what_needs_no_consent_is_objected_to(window: Window) -> None:
    """It is ticked until then; what a contract needs is shown, and locked."""
    _look_at(window, "person-00007")
    before = window.run(ANSWER, "improvement")
    _tick(window, IMPROVE)

    assert ("ALLOWED", "OBJECTED") == (before, window.run(ANSWER, "improvement"))
    assert (True, True) == (
        window.run(TICKED, SERVICE),
        window.run('return document.querySelector(`[data-key="${arguments[0]}"]`).disabled', SERVICE),
    )
    assert [] == window.complaints()


def test_a_person_is_erased(demo: dict[str, str], window: Window) -> None:
    """Only after a second question; then nothing is known any more, and everything is denied."""
    _look_at(window, "person-00010")
    window.click("#erase")
    window.click("#confirm-no")
    kept = window.run(ANSWER, "support")
    window.click("#erase")
    window.click("#confirm-yes")
    window.until(STATUS, "Erased.")

    assert ("ALLOWED", "ERASED") == (kept, window.run(ANSWER, "support"))
    assert _reason(demo, "person-00010") in ("ERASED", "CONSENT_UNKNOWN")
    assert window.run(TICKED, NEWSLETTER) is False
    assert "everything about you was erased" in window.run(TEXT, "record")
    assert "erased everything" in window.run(TEXT, "history")
    assert [] == window.complaints()


def test_another_language(window: Window) -> None:
    """Titles of the catalog, the record and the page itself."""
    window.run(
        "const one = document.getElementById('language'); one.value = 'de'; one.dispatchEvent(new Event('change'))"
    )
    window.until("return document.querySelector('legend')?.textContent", "Neuigkeiten per E-Mail oder SMS")

    assert "de" == window.run("return document.documentElement.lang")
    assert "Ihre Daten, Ihre Entscheidungen" == window.run("return document.title")
    assert [] == window.complaints()


def test_an_answer_that_comes_late_is_not_shown(window: Window) -> None:
    """Whoever asked for another language, or another person, sees no more of what was asked before."""
    _look_at(window, "person-00001")
    window.run("""
        const real = window.fetch;
        const wait = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));
        window.fetch = async (...all) => {
            window.fetch = real;
            const answer = await real(...all);
            await wait(500);
            wait(200).then(() => { window.shown = true; });
            return answer;
        };
        document.querySelector("#who button").click();
        const one = document.getElementById('language');
        one.value = 'de';
        one.dispatchEvent(new Event('change'));
    """)
    window.until("return window.shown", expected=True)

    assert "Neuigkeiten per E-Mail oder SMS" == window.run("return document.querySelector('legend')?.textContent")


def test_every_control_has_a_name(window: Window) -> None:
    """For those who do not see the page: each box, field and button says what it is."""
    _look_at(window, "person-00001")
    nameless = """
      const named = (one) => one.labels?.length || one.textContent.trim() || one.ariaLabel;
      const controls = [...document.querySelectorAll("input, select, button, form[data-label]")];
      return controls.filter((one) => !named(one)).length;
    """
    described = """
      const about = (one) => one.getAttribute("aria-describedby").split(" ");
      const boxes = [...document.querySelectorAll(".box input")];
      return boxes.every((one) => about(one).every((id) => document.getElementById(id)));
    """

    assert 0 == window.run(nameless)
    assert window.run(described)


def test_nobody_else_is_shown(window: Window) -> None:
    """The page is about invented people; and what it refuses, it says."""
    _look_at(window, "person-00001")
    window.run("document.getElementById('subject').removeAttribute('pattern')")
    window.run("document.getElementById('subject').value = 'ada@example.org'")
    window.click("#who button")
    window.until(STATUS, "That failed: the page is about person-00001 to person-10000 only")

    assert all("403" in complaint for complaint in window.complaints())
