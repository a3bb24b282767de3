"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path
from stat import S_IMODE


def write_whole(path: Path, content: bytes) -> None:
    """Make *content* that of the file *path*; whoever reads it meanwhile sees the old one or the new one.

    The mode of a file that is there stays, and a link stays a link. Raises ``OSError``.
    """
    target = path.resolve()
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
