"""The examination itself: one bundle, from its files to what the server needs to serve it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from sidecar.authoring.examination.messages import End, Ending, Looked, Order, Part, pieces
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.runner import Asking
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import BundleError, Problem
from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.fingerprint import fingerprint
from sidecar.policy.problems import Problems
from sidecar.policy.source.reading import read_source
from sidecar.policy.table import Row
from sidecar.policy.warming import decide_again

Send = Callable[[object], None]

WARM_SECONDS: Final = 5.0
"""How long questions are decided again; those asked last come first."""


def examine(order: Order, rows: Sequence[Row], send: Send) -> None:
    """Examine what *order* names and *send* all there is to say of it, an ``End`` last.

    Of a good bundle that is, too, what it says to the questions of *rows*.

    The files are read once: what is checked is what is compiled, whatever happens to them meanwhile.
    """
    source, problems = Path(order.source), Problems()
    before = fingerprint(source)
    try:
        read = read_source(source, problems, order.trust)
    except BundleError as error:
        send(Looked(revision="", before=before, after=fingerprint(source)))
        _refuse(error.problems, send)
        return
    send(Looked(revision=read.files.revision, before=before, after=fingerprint(source)))
    if read.files.revision == order.serving and not problems.invalid:
        send(End(ending=Ending.UNCHANGED))
        return
    try:
        draft = check_files(read.files, problems, source=read.name)
        _hand_over(draft, rows, send)
    except BundleError as error:
        _refuse(error.problems, send)


def _refuse(problems: tuple[Problem, ...], send: Send) -> None:
    for problem in problems:
        send(problem)
    send(End(ending=Ending.BAD))


def _hand_over(draft: Draft, rows: Sequence[Row], send: Send) -> None:
    """Run the bundle's own tests, and send it if it passes; raises ``BundleError`` with all that fails."""
    suites = load_suites(draft)
    compiled = draft.compiled()
    bundle = draft.bundle(compiled)
    failures = Asking(Snapshot(bundle)).run(suites).failures
    if failures:
        raise BundleError(failures + draft.findings)
    for finding in draft.findings:
        send(finding)
    for part, value in ((Part.CATALOG, draft.catalog), (Part.COMPILED, compiled)):
        for piece in pieces(part, value):
            send(piece)
    until = monotonic() + WARM_SECONDS
    for row in decide_again(rows, bundle.policies, bundle.catalog):
        send(row)
        if monotonic() > until:
            break
    send(End(ending=Ending.GOOD))
