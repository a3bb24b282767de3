"""``demo``: a server, ten thousand people, and what it answers about them."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click
from rich.text import Text

from sidecar.cli.connection import Connection
from sidecar.cli.demo import people
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.cli.demo.page.person import PersonView
from sidecar.cli.demo.page.server import serving_page
from sidecar.cli.demo.scenes import play
from sidecar.cli.demo.seeding import import_people
from sidecar.cli.demo.tour import STOPS, Visited, visit
from sidecar.cli.importing import progress_bar
from sidecar.cli.output import effect_text, output_option, show_json, show_line, show_table
from sidecar.cli.running import Reach, running, stopped_by_signals
from sidecar.client import Client
from sidecar.config import load


@click.command()
@click.option("--page", is_flag=True, help="Serve a preference page about these people, until stopped.")
@output_option
def demo(*, page: bool, output: str) -> None:
    """Watch a withdrawal turn the very next answer.

    Starts a server on a free port with data in a temporary folder, imports ten thousand invented people, asks about
    them, withdraws a consent, explains an answer, erases a person. Needs nothing, leaves nothing behind.

    With --page it serves a page instead, on a free port of this machine, where their boxes can be ticked and unticked.
    """
    if page:
        _serve_page(as_table=output == "table")
    else:
        _show_tour(as_table=output == "table")


def _show_tour(*, as_table: bool) -> None:
    with _server() as reach, reach.connect() as connection, Client(reach.address, timeout_seconds=5) as client:
        imported = _import(reach, connection, as_table=as_table)
        visited = [visit(client, stop) for stop in STOPS]
        if as_table:
            _show_questions(visited)
        scenes = []
        for scene in play(client, connection, visited[0].question):
            scenes.append(scene)
            if as_table:
                _title(scene.title)
                for line in scene.seen:
                    show_line(f"  {line}")
    if not as_table:
        show_json(
            {
                "imported": imported,
                "questions": [_visited_to_plain(each) for each in visited],
                "scenes": [asdict(scene) for scene in scenes],
            }
        )


def _serve_page(*, as_table: bool) -> None:
    """Until a signal stops it."""
    with (
        stopped_by_signals(),
        _server() as reach,
        reach.connect() as connection,
        Client(reach.address, timeout_seconds=5) as client,
    ):
        imported = _import(reach, connection, as_table=as_table)
        with serving_page(PersonView(connection, client)) as address:
            if as_table:
                _title(f"a preference page on {address} until you press Ctrl-C")
            else:
                show_json({"imported": imported, "page": address, "address": reach.address})
            sys.stdout.flush()
            while True:
                signal.pause()


def _import(reach: Reach, connection: Connection, *, as_table: bool) -> dict[str, object]:
    """Bring the people in; what is to be told of it."""
    if as_table:
        _title(f"a server on {reach.address}, policies from {demo_bundle()}")
    started = perf_counter()
    with progress_bar("importing", None, shown=as_table) as progress:
        outcome = import_people(connection, progress)
    seconds = perf_counter() - started
    if as_table:
        _title(f"{people.COUNT} invented people, {outcome.recorded} events, imported in {seconds:.1f} s")
    return {"subjects": people.COUNT, "events": outcome.recorded, "seconds": round(seconds, 3)}


@contextmanager
def _server() -> Iterator[Reach]:
    with TemporaryDirectory(prefix="sidecar-demo-") as folder:
        flags = {
            "bundle.path": demo_bundle(),
            "data.dir": Path(folder) / "data",
            "server.listen": ("127.0.0.1:0",),
            "http.address": "off",
            "log.level": "error",
        }
        with running(load(flags=flags)) as (_, reach):
            yield reach


def _title(text: str) -> None:
    show_line()
    show_line(Text(text, style="bold"))


def _show_questions(visited: list[Visited]) -> None:
    show_table(
        ["", "service", "field", "purpose", "answer", "reason"],
        [
            [
                each.stop.about,
                each.question.service,
                each.question.field_keys[0],
                each.question.purpose,
                effect_text(each.decision.fields[0].effect),
                each.decision.fields[0].reason,
            ]
            for each in visited
        ],
    )


def _visited_to_plain(visited: Visited) -> dict[str, object]:
    question, field = visited.question, visited.decision.fields[0]
    return {
        "about": visited.stop.about,
        "service": question.service,
        "action": question.action,
        "subject": question.subject,
        "field": field.field,
        "purpose": question.purpose,
        "effect": field.effect,
        "reason": field.reason,
        "mask": field.mask,
    }
