"""``policy matrix``: everything that a bundle answers."""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from sidecar.authoring.matrix.page import page
from sidecar.authoring.matrix.plain import plain
from sidecar.authoring.matrix.sheet import sheet
from sidecar.authoring.matrix.wanted import Wanted
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import effect_text, line_width, output_option, printable, show_json, show_line
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.report import STDOUT, ReportFile, check_printed_once, write_report
from sidecar.model.vocabulary import Action
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.matrix import Answer, Block, Matrix, decision_matrix
from sidecar.policy.analysis.words import Words, law_text, uses_text
from sidecar.policy.bundle import read_draft

_WIDTH: Final = 100


@click.command("matrix", short_help="Show every answer that a bundle gives.")
@bundle_argument()
@click.option("--service", "services", multiple=True, metavar="KEY", help="Only this service; may be repeated.")
@click.option("--field", "fields", multiple=True, metavar="KEY", help="Only this field; may be repeated.")
@click.option("--purpose", "purposes", multiple=True, metavar="KEY", help="Only this purpose and those below it.")
@click.option("--action", "actions", multiple=True, type=click.Choice(list(map(str, Action))), help="Only this action.")
@click.option(
    "--csv", "sheet_at", type=ReportFile(), metavar="FILE", help="Write a sheet: a row a use and situations; - prints."
)
@click.option("--html", "page_at", type=ReportFile(), metavar="FILE", help="Write a page to look around in; - prints.")
@output_option
def show_matrix(
    *,
    bundle: str,
    services: tuple[str, ...],
    fields: tuple[str, ...],
    purposes: tuple[str, ...],
    actions: tuple[Action, ...],
    sheet_at: Path | None,
    page_at: Path | None,
    output: str,
) -> None:
    """Show every answer that BUNDLE gives: to each declared use, about everybody. Nothing is sampled.

    BUNDLE is a folder, an archive that `sidecar policy build` made, or a revision in git such as `main:policies`.
    Uses that are answered alike are one block; a situation is a person and what the caller sends, as far as policies
    tell them apart. What is not declared is always denied, and not listed.
    """
    check_printed_once(output, sheet_at, page_at)
    printed = STDOUT in (sheet_at, page_at)
    draft = read_draft(bundle)
    wanted = Wanted(services=services, fields=fields, purposes=purposes, actions=tuple(map(Action, actions)))
    mistake = wanted.mistake(draft.catalog)
    if mistake:
        raise CommandError(Failure(code="policy.filter", message=mistake.message, hint=mistake.hint))
    analysis = analyse(draft)

    def matrix(*, states_apart: bool) -> Matrix:
        return decision_matrix(analysis, wanted.fits, states_apart=states_apart)

    written = []
    if sheet_at:
        written += _write(sheet_at, lambda: sheet(matrix(states_apart=True)))
    if page_at:
        written += _write(page_at, lambda: page(matrix(states_apart=False)))
    if output == "json":
        show_json({"written": list(map(str, written))} if written else plain(matrix(states_apart=True)))
    elif written and not printed:
        for path in written:
            show_line(f"wrote {path}")
    elif not printed:
        _show(matrix(states_apart=False))


def _write(path: Path, text: Callable[[], str]) -> list[Path]:
    """Write or print what *text* gives; what was written."""
    write_report(path, text())
    return [] if path == STDOUT else [path]


def _show(matrix: Matrix) -> None:
    words, width = Words(matrix.analysis), line_width(_WIDTH)
    for block in matrix.blocks:
        for line in uses_text(block.uses):
            for part in textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False):
                show_line(Text(printable(part), style="bold"))
        show_line(Text(printable(_about(block)), style="dim"))
        for answer in block.answers:
            for shown in _lines(answer, words, width):
                show_line(shown)
        show_line()
    for line in _wrapped(_counts(matrix), width):
        show_line(line)
    for one in matrix.inexact:
        # Not wrapped: it may be there to be searched for in the policies.
        show_line(f"depends on `{one.text}`, in {', '.join(one.policies)}: its values cannot be listed", style="yellow")
    if matrix.inexact:
        show_line("so not exact: some of these situations may be impossible", style="yellow")


def _about(block: Block) -> str:
    parts = [_number(len(block.uses), "use"), f"basis {block.law.bases[0].replace('_', ' ')}", law_text(block.law)]
    return "  " + ", ".join(filter(None, parts))


_EFFECT: Final = 30
_COUNT: Final = 6


def _lines(answer: Answer, words: Words, width: int) -> Iterator[Text]:
    """An answer, how many situations get it, and which."""
    outcome = answer.outcomes[0]
    shown = effect_text(outcome.effect)
    shown.plain = "ALLOW" if outcome.allowed else "DENY"
    detail = f"mask {outcome.mask}" if outcome.mask else "" if outcome.allowed else str(outcome.reason)
    if len(answer.outcomes) > 1:
        detail = "CONSENT_… by its state"
    head = Text.assemble("  ", shown, " " * (6 - len(shown)), detail)
    head.pad_right(_EFFECT - len(head))
    head.append(f"{answer.situations:>{_COUNT}}  ", style="dim")
    indent = " " * len(head)
    for number, box in enumerate(answer.boxes):
        text = f"or {words.box(box)}" if number else words.box(box)
        for line in _wrapped(printable(text), width - len(indent)):
            yield Text.assemble(head, line)
            head = Text(indent)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """*text* in lines that end behind a comma; a part that is longer than a line is torn between its words."""
    kept = ", ".join(part.replace(" ", _NO_BREAK) if len(part) < width else part for part in text.split(", "))
    for line in textwrap.wrap(kept, width, break_on_hyphens=False, break_long_words=False):
        yield line.replace(_NO_BREAK, " ")


_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def _counts(matrix: Matrix) -> str:
    shades = ", ".join(f"{count} {shade}" for shade, count in matrix.shades().items() if count)
    uses = _number(len(matrix.uses), "declared use")
    return f"{uses}, each about {matrix.situations} situations: {shades}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
