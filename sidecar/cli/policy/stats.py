"""``policy stats``: what policies observe, and how many verdicts that makes."""

from pathlib import Path
from typing import Final

import click

from sidecar.api.v1 import status_pb2
from sidecar.authoring.statistics import Statistics, statistics_of
from sidecar.cli.connection import Connection, read_token, token_option
from sidecar.cli.health import STATUS
from sidecar.cli.output import output_option, show_json, show_line, show_pairs, show_table
from sidecar.cli.policy.argument import bundle_argument
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.cedar.footprint import FACTS, QUESTION, Footprint

_ORDER: Final = (*QUESTION, *FACTS)


@click.command("stats", short_help="Show what policies observe, and what that costs.")
@bundle_argument()
@click.option("--address", default=None, help="Show the verdict table of the sidecar at HOST:PORT or unix:PATH too.")
@token_option
@output_option
def show_statistics(*, bundle: str, address: str | None, token_file: Path, output: str) -> None:
    """Show what each policy of BUNDLE observes, and how many different questions that makes.

    Verdicts are remembered by what policies observe. An attribute that one compares and callers vary without end, or
    `context` used as a whole, makes ever new questions, which cost time.
    """
    draft = read_draft(bundle)
    statistics = statistics_of(draft)
    live = None if address is None else _live(address, token_file)
    if output == "json":
        show_json(_plain(draft, statistics, live))
        return
    _show(draft, statistics)
    if live is not None:
        _show_live(draft, live)


def _live(address: str, token_file: Path) -> status_pb2.PolicyStatus:
    with Connection(address, read_token(token_file)) as connection:
        answer = connection.call(STATUS, status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse)
    return answer.policy


def _show(draft: Draft, statistics: Statistics) -> None:
    effects = {policy.id: policy.tree.effect for policy in draft.policies}
    rows = [[id_, effects[id_], _words(footprint)] for id_, footprint in statistics.footprints.items()]
    show_table(["policy", "effect", "observes"], [*rows, ["all verdicts", "", _words(statistics.footprint)]])
    show_line()
    show_pairs([*statistics.sizes.items(), ("different questions", f"at most {_amount(statistics)}")])
    for name in statistics.unread:
        show_line(f"no policy looks at the attribute `{name}`")


def _amount(statistics: Statistics) -> str:
    ways = (
        f", times each value of `{name}`" if count is None else f", times {count} for `{name}`"
        for name, count in statistics.attributes.items()
    )
    return f"{statistics.questions:,}{''.join(ways)}"


def _words(footprint: Footprint) -> str:
    names: list[str] = [name for name in _ORDER if name in footprint.dimensions]
    names += [f"attributes.{name}" for name in sorted(footprint.values)]
    names += [f"has attributes.{name}" for name in sorted(footprint.presence)]
    return ", ".join(names) or "nothing"


def _show_live(draft: Draft, live: status_pb2.PolicyStatus) -> None:
    asked = live.verdict_hits + live.verdict_misses
    share = f" ({live.verdict_hits / asked:.1%})" if asked else ""
    show_line()
    show_pairs(
        [
            ("served revision", live.revision + ("" if live.revision == draft.files.revision else " (another one)")),
            ("verdicts known", f"{live.verdicts:,}"),
            ("found in memory", f"{live.verdict_hits:,}{share}"),
            ("asked of policies", f"{live.verdict_misses:,}"),
        ]
    )


def _plain(draft: Draft, statistics: Statistics, live: status_pb2.PolicyStatus | None) -> dict[str, object]:
    plain: dict[str, object] = {
        "revision": draft.files.revision,
        "sizes": {name.replace(" ", "_"): size for name, size in statistics.sizes.items()},
        "policies": {id_: _footprint(footprint) for id_, footprint in statistics.footprints.items()},
        "verdicts": {
            "observe": _footprint(statistics.footprint),
            "questions": statistics.questions,
            "attributes": dict(statistics.attributes),
        },
        "unread_attributes": list(statistics.unread),
    }
    if live is not None:
        plain["table"] = {
            "revision": live.revision,
            "verdicts": live.verdicts,
            "hits": live.verdict_hits,
            "misses": live.verdict_misses,
        }
    return plain


def _footprint(footprint: Footprint) -> dict[str, list[str]]:
    return {
        "dimensions": [name for name in _ORDER if name in footprint.dimensions],
        "attributes": sorted(footprint.values),
        "presence": sorted(footprint.presence),
    }
