"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path
from stat import S_IMODE


def write_whole(path: Path, content: bytes) -> None:
    """Make *content* that of the file *path*; whoever reads it meanwhile sees the old one or the new one.

    The mode of a file that is there stays, and a link stays a link. A device or a pipe is written to, never replaced.
    Raises ``OSError``, which names *path*.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # not that of the draft
        raise


def _replace(target: Path, content: bytes) -> None:
    mode = S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        draft.chmod(mode)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
