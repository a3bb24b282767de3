"""Places in a bundle, as an editor finds them."""

from pathlib import Path

from sidecar.policy.bundle import Draft
from sidecar.policy.problems import Place


def path_of(place: Place, draft: Draft) -> str:
    """*place* from the current folder, if *draft* was read from a folder; else in the bundle."""
    folder = Path(draft.source)
    return str(place._replace(file=str(folder / place.file))) if folder.is_dir() else str(place)
