"""``consent restore``: a log from its exports."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from sidecar.app.log import draft_log, place_of
from sidecar.cli.consentlog.stopping import undone_by_signals
from sidecar.cli.importing import progress_bar
from sidecar.cli.output import output_option, show_json, show_line, show_pairs, show_warning
from sidecar.cli.settings import log_options, read_log_settings
from sidecar.config import Config
from sidecar.consent.archive.plan import in_order
from sidecar.consent.archive.reading import ExportFile, Part
from sidecar.consent.archive.restoring import Restoring
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.model.instant import Instant, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of a restore."""

    log_id: str
    of: str  # the revision up to which it has everything of the log that was exported
    entries: int
    subjects: int
    latest: Instant | None  # when the last entry was accepted
    breaks_off: tuple[Path, ...]


@click.command("restore", short_help="Make a log again from its exports.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@log_options
@click.option("--incomplete", is_flag=True, help="Take what is there of a file that breaks off, too.")
@output_option
def restore_log(
    *, files: tuple[Path, ...], config_file: Path | None, data_dir: str | None, incomplete: bool, output: str
) -> None:
    """Make the consent log of the configuration from FILE..., which `consent export` wrote. Needs no server.

    A full export, and any parts that were exported later; in whichever order. Every line is checked before anything is
    made, and the log is there as a whole or not at all. It never replaces one, and needs the key file of the old one.

    The log gets a new id, so that revisions handed out by the old one are not taken for its own. Sidecars that followed
    the old one on a shared server go on with it.
    """
    settings = read_log_settings(config_file, data_dir=data_dir)
    restored = _restore(settings, files, incomplete=incomplete, shown=output == "table")
    for file in restored.breaks_off:
        show_warning(
            f"`{file}` breaks off: what was behind that is missing, and whom an erasure removed while it was written"
            " may be here again; repeat what was recorded since, erasures first"
        )
    if output == "json":
        show_json(
            {
                "log_id": restored.log_id,
                "log": place_of(settings),
                "restored_through": restored.of,
                "entries": restored.entries,
                "subjects": restored.subjects,
                "latest_accepted_at": None if restored.latest is None else show(restored.latest),
                "incomplete": [str(file) for file in restored.breaks_off],
            }
        )
    else:
        _show(settings, restored)


def _show(settings: Config, restored: Restored) -> None:
    show_pairs(
        [
            ("log", f"{restored.log_id}, {place_of(settings)}"),
            ("entries", f"{restored.entries}, everything through {restored.of}"),
            ("people", restored.subjects),
        ]
    )
    if restored.latest is not None:
        show_line()
        show_line(
            f"Send again what was recorded after {show(restored.latest)}: `sidecar consent import`,"
            " and `sidecar consent erase` for erasures."
        )


def _restore(settings: Config, files: Sequence[Path], *, incomplete: bool, shown: bool) -> Restored:
    pseudonyms = Pseudonyms.load(settings.key_file)
    read = {file: ExportFile(file, pseudonyms.authenticate, key_id=pseudonyms.key_id) for file in dict.fromkeys(files)}
    with _bytes_bar("checking", read, shown=shown) as progress:
        parts = in_order(part for file in read.values() for part in file.parts(progress, incomplete=incomplete))
    header = parts[0].header
    with undone_by_signals() as let_be:
        draft = draft_log(settings, pseudonyms)
        try:
            restoring = Restoring(draft, pseudonyms)
            with _bytes_bar("restoring", {part.file for part in parts}, shown=shown) as progress:
                _add(restoring, parts, read, progress)
            let_be()
            return Restored(
                log_id=draft.finish(descends_from=(*header.descends_from, header.log_id)),
                of=f"{header.log_id}.{parts[-1].through}",
                entries=restoring.entries,
                subjects=restoring.subjects,
                latest=restoring.latest,
                breaks_off=tuple(part.file for part in parts if not part.whole),
            )
        finally:
            draft.discard()


def _add(
    restoring: Restoring, parts: Sequence[Part], read: Mapping[Path, ExportFile], progress: Callable[[int], None]
) -> None:
    reached = 0
    for part in parts:
        lines = read[part.file].entries(part, progress)
        restoring.add(line for line in lines if line.position > reached)
        reached = part.through


@contextmanager
def _bytes_bar(title: str, files: Iterable[Path], *, shown: bool) -> Iterator[Callable[[int], None]]:
    size = sum(file.stat().st_size for file in files if file.is_file())
    with progress_bar(title, size or None, shown=shown) as progress:
        yield lambda size: progress(0, size)
