"""Which parts of which files make a log again, and in which order."""

from collections.abc import Iterable

from sidecar.consent.archive.reading import Part
from sidecar.errors import ExportFileError


def in_order(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Those of *parts* that have something to tell, each going on where the one before it ends, or before that.

    Raises ``ExportFileError`` if they are of different logs, or something is missing between them.
    """
    found = sorted(parts, key=lambda part: (part.header.after, -part.through))
    for part in found:
        _check_same(found[0], part)
    taken: list[Part] = []
    reached = 0
    for part in found:
        if part.header.after > reached:
            raise _missing(taken, part, reached)
        if part.through > reached or not taken:
            taken.append(part)
            reached = part.through
    return tuple(taken)


def _check_same(one: Part, other: Part) -> None:
    first, second = one.header, other.header
    if first.log_id == second.log_id:
        return
    hint = "restore one log at a time"
    for older, newer in ((first, second), (second, first)):
        if older.log_id in newer.descends_from:
            hint = f"{newer.log_id} was restored from {older.log_id}: give only the exports of {newer.log_id}"
    raise ExportFileError(f"`{one.file}` is of log {first.log_id}, `{other.file}` of log {second.log_id}; {hint}")


def _missing(taken: list[Part], part: Part, reached: int) -> ExportFileError:
    after = part.header.after
    if not taken:
        return ExportFileError(
            f"`{part.file}` begins behind position {after}; name the export that has what comes before it too"
        )
    return ExportFileError(
        f"between `{taken[-1].file}`, which ends at position {reached}, and `{part.file}`, which begins behind"
        f" position {after}, entries are missing; name the export that has them too"
    )
