"""``policy replay``: what a bundle would have answered to what was asked."""

from pathlib import Path
from typing import NoReturn

import click
from rich.text import Text

from sidecar.authoring.replay.again import Change, Given, Replay
from sidecar.authoring.replay.lines import DamagedError, read_lines
from sidecar.authoring.replay.tally import Kind, Tally
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.importing import opened, progress_bar
from sidecar.cli.output import output_option, show_json, show_line, show_table
from sidecar.cli.policy.argument import BundleReference
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.telemetry.decisionlog.audience import AudienceLine
from sidecar.telemetry.decisionlog.line import FactsJson

_FLAGS = ("explicit", "by_guardian", "objected", "restricted", "erased")
_STYLES = {Change.NEWLY_ALLOWED: "bold red", Change.OBLIGATIONS: "yellow", Change.NEWLY_DENIED: "bold"}
_SHOWN = 50


@click.command("replay", short_help="Decide a decision log again under a bundle.")
@click.argument("log", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--bundle", type=BundleReference(), metavar="BUNDLE", required=True, help="The bundle to decide under.")
@click.option("--fail-on-flips", is_flag=True, help="Exit 1 if any answer would be another.")
@click.option(
    "--fail-on-widening", is_flag=True, help="Exit 1 if more would be allowed, or with a laxer mask, than was."
)
@output_option
def replay_log(*, log: Path, bundle: str, fail_on_flips: bool, fail_on_widening: bool, output: str) -> NoReturn:
    """Decide every line of the decision log LOG again under BUNDLE and list the answers that would be others.

    LOG is a file, compressed with gzip or not ('-': standard input). Facts are those that the log recorded, so it needs
    neither the consent log nor anybody's id. A line whose facts may not be the same under BUNDLE (its field is in
    another category, say) is not replayable, and told as such.

    BUNDLE is a folder, an archive or a revision in git such as `main:policies`. The exit code is 0 whatever it finds,
    unless asked otherwise; 3 if BUNDLE is invalid.
    """
    loaded = load_bundle(bundle)
    tally = _tally(log, loaded, shown=output == "table")
    if output == "json":
        show_json(_to_plain(tally, loaded))
    else:
        _show(tally, loaded)
    if tally.lines and tally.malformed == tally.lines:
        message = f"`{log}` is no decision log: none of its {tally.lines} lines is a decision"
        raise CommandError(Failure(code="replay.malformed", message=message, hint="docs/decision-log.md shows a line"))
    failed = (fail_on_flips and any(tally.flipped.values())) or (fail_on_widening and tally.widened)
    click.get_current_context().exit(ExitCode.ERROR if failed else ExitCode.SUCCESS)


def _tally(log: Path, bundle: Bundle, *, shown: bool) -> Tally:
    tally, replay = Tally(), Replay(bundle)
    try:
        with opened(log) as (stream, size), progress_bar("replaying", size, shown=shown) as progress:
            for numbered in read_lines(stream, lambda count: progress(0, count)):
                if numbered.line is None:
                    tally.add_malformed(numbered)
                elif isinstance(numbered.line, AudienceLine):
                    tally.audiences += 1
                else:
                    tally.add(numbered.line, replay.outcome(numbered.line))
    except DamagedError as error:
        message = f"`{log}` cannot be unpacked {error}"
        raise CommandError(
            Failure(code="replay.damaged", message=message, hint="copy it again, or unpack what is whole: `zcat`")
        ) from error
    return tally


def _show(tally: Tally, bundle: Bundle) -> None:
    groups = tally.groups()
    for change in Change:
        chosen = [(kind, group) for kind, group in groups if kind.flip.change is change]
        if not chosen:
            continue
        show_line(Text(f"{change.value}: {_lines(tally.flipped[change])}", style=_STYLES.get(change, "")))
        show_table(
            ["lines", "question", "was", "would be", "facts", "for example"],
            [
                [
                    group.count,
                    _question(kind),
                    _given(kind.flip.old),
                    _given(kind.flip.new),
                    _facts(kind.facts),
                    group.example,
                ]
                for kind, group in chosen[:_SHOWN]
            ],
        )
        if len(chosen) > _SHOWN:
            show_line(f"and {len(chosen) - _SHOWN} more kinds: --output json has them all")
    if tally.reasons:
        show_line(f"not replayable: {_lines(tally.not_replayable)}")
        reasons = sorted(tally.reasons.items(), key=lambda item: -item[1].count)
        show_table(
            ["lines", "why", "for example"], [[group.count, why, group.example] for why, group in reasons[:_SHOWN]]
        )
        if len(reasons) > _SHOWN:
            show_line(f"and {len(reasons) - _SHOWN} more reasons: --output json has them all")
    for number, why in tally.named:
        show_line(f"line {number} is malformed: {why}")
    if tally.unlisted:
        show_line(f"{_lines(tally.unlisted)} of kinds too many to list are only counted")
    flipped = sum(tally.flipped.values())
    show_line(
        f"{_lines(tally.lines)} under {bundle.revision}: {tally.same} the same, {flipped} would be answered otherwise, "
        f"{tally.not_replayable} not replayable, {tally.skipped} skipped (stale or unavailable), "
        f"{tally.malformed} malformed{f', {tally.audiences} about audiences' if tally.audiences else ''}"
    )


def _lines(count: int) -> str:
    return f"{count} line{'s' * (count != 1)}"


def _question(kind: Kind) -> str:
    with_whom = f" with {kind.recipient}" if kind.recipient else ""
    by = f" by {kind.channel}" if kind.channel else ""
    return f"{kind.service}: {kind.action} {kind.field} for {kind.purpose}{with_whom}{by}"


def _given(given: Given) -> str:
    return (
        f"{given.effect}, {given.mask}"
        if given.mask
        else str(given.effect if given.reason == "ALLOWED" else given.reason)
    )


def _facts(facts: FactsJson | None) -> str:
    if facts is None:
        return "-"
    flags = [name.replace("_", " ") for name in _FLAGS if getattr(facts, name)]
    return ", ".join((f"consent {facts.consent}", *flags, f"age {facts.age}", f"on {facts.basis}"))


def _to_plain(tally: Tally, bundle: Bundle) -> object:
    return {
        "revision": bundle.revision,
        "lines": tally.lines,
        "same": tally.same,
        "flipped": {change.name.lower(): count for change, count in tally.flipped.items()},
        "widened": tally.widened,
        "not_replayable": tally.not_replayable,
        "skipped": tally.skipped,
        "audiences": tally.audiences,
        "malformed": tally.malformed,
        "unlisted": tally.unlisted,
        "flips": [
            {
                "change": kind.flip.change.name.lower(),
                "widens": kind.flip.widens,
                "service": kind.service,
                "action": kind.action,
                "field": kind.field,
                "purpose": kind.purpose,
                "channel": kind.channel,
                "recipient": kind.recipient,
                "facts": None
                if kind.facts is None
                else {n: getattr(kind.facts, n) for n in kind.facts.__struct_fields__},
                "old": kind.flip.old._asdict(),
                "new": kind.flip.new._asdict(),
                "lines": group.count,
                "example": group.example,
            }
            for kind, group in tally.groups()
        ],
        "reasons": [
            {"why": why, "lines": group.count, "example": group.example} for why, group in tally.reasons.items()
        ],
        "malformed_lines": [{"line": number, "why": why} for number, why in tally.named],
    }
