"""A new bundle: a small shop that passes its own checks and tests, to be changed into something real."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sidecar.authoring.schemas.published import FOLDER, schema_files

_STARTER: Final = Path(__file__).parent / "starter"
_HARMLESS: Final = (".git",)
"""What may be in the folder already: a repository without files is where many bundles begin."""


def is_vacant(folder: Path) -> bool:
    """Whether a bundle can be put into *folder* without touching anything that is there; raises ``OSError``."""
    return not folder.exists() or all(entry.name in _HARMLESS for entry in folder.iterdir())


def starter_files() -> Mapping[str, str]:
    """Every file of a new bundle, by path, sorted."""
    texts = {
        path.relative_to(_STARTER).as_posix(): path.read_text(encoding="utf-8")
        for path in _STARTER.rglob("*")
        if path.is_file()
    }
    texts |= {f"{FOLDER}/{name}": text for name, text in schema_files().items()}
    return dict(sorted(texts.items()))


def scaffold(folder: Path) -> tuple[Path, ...]:
    """Write a new bundle into *folder*, which must be vacant, and is made if need be.

    Raises ``OSError``; nothing is left of it then.
    """
    written: list[Path] = []
    try:
        for path, text in starter_files().items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="") as stream:  # never over a file that just appeared
                written.append(target)
                stream.write(text)
    except BaseException:
        for target in written:
            target.unlink(missing_ok=True)
        for inside in sorted({path.parent for path in written}, key=lambda path: -len(path.parts)):
            with suppress(OSError):  # it is not empty: somebody else's
                inside.rmdir()
        raise
    return tuple(written)
