"""Chromium without a window, led by its driver over the W3C's WebDriver protocol: what a person does, and sees."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

SECONDS = 60
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key under which the protocol names an element


@dataclass(frozen=True)
class Window:
    """One session of a browser; every call may raise ``urllib.error.HTTPError`` with what the driver says."""

    session: str

    def open(self, address: str) -> None:
        """Go to *address*, and wait until it has loaded."""
        self._call("POST", "url", {"url": address})

    def run(self, script: str, *arguments: object) -> Any:
        """What *script* returns in the page."""
        return self._call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """Click like a mouse: what is hidden or covered cannot be clicked."""
        found = self._call("POST", "element", {"using": "css selector", "value": selector})
        self._call("POST", f"element/{found[_ELEMENT]}/click", {})

    def complaints(self) -> list[str]:
        """All that the console has said since it was last asked: errors, and refusals of the page's policy."""
        return [entry["message"] for entry in self._call("POST", "se/log", {"type": "browser"})]

    def until(self, script: str, expected: object, *arguments: object) -> None:
        """Wait until *script* returns *expected*."""
        until = time.monotonic() + SECONDS
        while (found := self.run(script, *arguments)) != expected:
            assert time.monotonic() < until, f"{script}: {found!r} is not {expected!r}"

    def _call(self, method: str, path: str, body: object) -> Any:
        return _call(method, f"{self.session}/{path}", body)


@contextmanager
def browsing(scratch: Path) -> Iterator[Window]:
    """A browser with a profile in *scratch*; fails where Chromium or its driver is missing."""
    driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
    assert browser, "`chromium` is not installed: on Debian, `apt-get install chromium`"
    assert driver, "`chromedriver` is not installed: on Debian, `apt-get install chromium-driver`"
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True, cwd=scratch) as process:
        try:
            address = _address(process)
            session = _call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": _wanted(browser, scratch)}})
            path = f"{address}/session/{session['sessionId']}"
            try:
                yield Window(path)
            finally:
                _call("DELETE", path, None)
        finally:
            process.terminate()


def _wanted(browser: str, scratch: Path) -> dict[str, object]:
    arguments = (
        "--headless=new",
        "--no-sandbox",  # the page is ours, and root runs the tests of a container
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1200,2400",
        "--lang=en",
        f"--user-data-dir={scratch / 'profile'}",
    )
    return {
        "browserName": "chrome",
        "goog:chromeOptions": {"binary": browser, "args": list(arguments)},
        "goog:loggingPrefs": {"browser": "ALL"},
    }


def _address(process: "subprocess.Popen[str]") -> str:
    """Where the driver listens, which it says when it does."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "started successfully on port " in line:
            return f"http://127.0.0.1:{line.rpartition('port ')[2].strip().rstrip('.')}"
    raise AssertionError(f"chromedriver does not start: {''.join(said)}")


def _call(method: str, address: str, body: object) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(address, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)["value"]
