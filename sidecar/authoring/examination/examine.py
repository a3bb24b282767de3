"""The examination itself: one bundle, from its files to what the server needs to serve it."""

from collections.abc import Callable
from pathlib import Path

from sidecar.authoring.examination.messages import End, Ending, Looked, Order, Part, pieces
from sidecar.errors import BundleError, Problem
from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.files import read_files
from sidecar.policy.fingerprint import fingerprint
from sidecar.policy.problems import Place, Problems

Send = Callable[[object], None]


def examine(order: Order, send: Send) -> None:
    """Examine what *order* names and *send* all there is to say of it, an ``End`` last.

    The files are read once: what is checked is what is compiled, whatever happens to them meanwhile.
    """
    source = Path(order.source)
    problems = Problems()
    before = fingerprint(source)
    if not source.is_dir():
        problems.error(Place(order.source), "bundle.missing", "there is no such folder", "name the folder of a bundle")
        send(Looked(revision="", before=before, after=fingerprint(source)))
        _refuse(problems.sorted(), send)
        return
    files = read_files(source, problems)
    send(Looked(revision=files.revision, before=before, after=fingerprint(source)))
    if files.revision == order.serving and not problems.invalid:
        send(End(ending=Ending.UNCHANGED))
        return
    try:
        draft = check_files(files, problems, source=order.source)
    except BundleError as error:
        _refuse(error.problems, send)
        return
    _hand_over(draft, send)


def _refuse(problems: tuple[Problem, ...], send: Send) -> None:
    for problem in problems:
        send(problem)
    send(End(ending=Ending.BAD))


def _hand_over(draft: Draft, send: Send) -> None:
    for finding in draft.findings:
        send(finding)
    for part, value in (
        (Part.CATALOG, draft.catalog),
        (Part.COMPILED, compile_policies(draft.policies, draft.catalog)),
    ):
        for piece in pieces(part, value):
            send(piece)
    send(End(ending=Ending.GOOD))
