"""``consent verify``: the log held against itself, and the running view of consent against the log."""

from contextlib import closing
from pathlib import Path
from typing import Final

import click

from sidecar.api.v1 import status_pb2
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.consentlog.audit import Audit
from sidecar.cli.consentlog.part import entries_bar
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.output import output_option, show_json, show_line, show_pairs, show_table, show_warning
from sidecar.cli.policy.argument import BundleReference
from sidecar.errors import BundleError
from sidecar.policy.bundle import Draft, read_draft

STATUS: Final = Method.of("StatusService", "GetStatus")


@click.command("verify", short_help="Hold the log against itself, and the view against it.")
@click.option(
    "--bundle",
    type=BundleReference(),
    metavar="BUNDLE",
    help="Under which records are made again. Default: the one that the sidecar serves, if it can be read here.",
)
@address_option
@token_option
@output_option
def verify_log(*, bundle: str | None, address: str, token_file: Path, output: str) -> None:
    """Make every record of the log again, from its event and the record before it, and compare.

    Then ask the sidecar whether it answers from what the last record of everybody says. It goes on serving meanwhile.

    Exits 1 if anything differs, each told by its revision. What was recorded under names that the bundle no longer has
    cannot be made again: that is counted, and is no difference.
    """
    shown = output == "table"
    with Connection(address, read_token(token_file)) as connection:
        status = connection.call(STATUS, status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse)
        draft = _draft(bundle, status.policy)
        with (
            closing(Audit(connection, draft.catalog, everybody=status.consent.mode == "replica")) as audit,
            entries_bar("reading", shown=shown) as entries,
            entries_bar("comparing", shown=shown) as people,
        ):
            audit.run(entries, people)
            plain = _to_plain(audit)
    if output == "json":
        show_json({**plain, "bundle": draft.source})
    else:
        _show(audit, plain, draft.source)
    click.get_current_context().exit(ExitCode.ERROR if audit.found else ExitCode.SUCCESS)


def _draft(named: str | None, served: status_pb2.PolicyStatus) -> Draft:
    """The bundle to make records again under; ``CommandError`` if the one that is served is not to be had here."""
    if named is not None:
        return read_draft(named)
    hint = "name a bundle with --bundle: the one that is served, or of the time when most was recorded"
    try:
        draft = read_draft(Path(served.source))
    except BundleError as error:
        message = f"the bundle that is served, `{served.source}`, cannot be read here: {error.summary}"
        raise CommandError(Failure(code="bundle", message=message, hint=hint)) from error
    if draft.bundle().revision != served.revision:
        message = f"`{served.source}` is not here what the sidecar serves from there"
        raise CommandError(Failure(code="bundle", message=message, hint=hint))
    return draft


def _to_plain(audit: Audit) -> dict[str, object]:
    counts = audit.refolding.counts
    return {
        "log_id": audit.log_id,
        "verified_through": f"{audit.log_id}.{audit.through}",
        "entries": counts.entries,
        "subjects": audit.subjects,
        "renamed": counts.renamed,
        "not_verifiable": counts.unknown,
        "not_verifiable_because": [{"why": why, "entries": number} for why, number in sorted(counts.whys.items())],
        "compared": audit.compared,
        "read_before_use": audit.unheld,
        "unsettled": audit.unsettled,
        "differences": audit.found,
        "found": [
            {
                "revision": f"{audit.log_id}.{difference.position}",
                "code": difference.kind.value,
                "message": difference.message,
            }
            for difference in audit.differences
        ],
    }


def _show(audit: Audit, plain: dict[str, object], source: str) -> None:
    counts = audit.refolding.counts
    rows = [(f"{audit.log_id}.{each.position}", each.kind.value, each.message) for each in audit.differences]
    if rows:
        show_table(("revision", "what", "difference"), rows)
        show_line()
    show_pairs(
        [
            ("entries", f"{counts.entries}, everything through {plain['verified_through']}, made again under {source}"),
            (
                "people",
                f"{audit.compared} compared, {audit.unheld} of them are read before they are next decided about",
            ),
            ("differences", f"{audit.found}{', the first of them above' if audit.found > len(rows) else ''}"),
        ]
    )
    for why, number in sorted(counts.whys.items()):
        show_warning(f"{number} entries cannot be made again under this bundle: {why}")
    if audit.unsettled:
        show_warning(f"{audit.unsettled} people's records kept changing, or the view did not catch up; run it again")
