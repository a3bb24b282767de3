"""The data folder, and the operator's token in it (ADR-0008)."""

import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from sidecar.errors import ConfigError

MIN_TOKEN: Final = 16
"""Characters; what we write has 43."""

_log = logging.getLogger(__name__)


def make_data_dir(path: Path) -> None:
    """Make the folder *path*, which only its owner may enter, if it does not exist; ``ConfigError`` if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"`data.dir`: cannot make the folder `{path}`: {error.strerror}; choose another with --data-dir"
        ) from error


def operator_token(path: Path) -> str:
    """The token in the file *path*, which is written, readable by its owner only, if it does not exist.

    Raises ``ConfigError`` if it cannot be read or written, or holds no token.
    """
    try:
        if not path.exists():
            _write_token(path)
        token = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"`token.file`: cannot read or write `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"`token.file`: `{path}` is not text in ASCII") from error
    if len(token) < MIN_TOKEN or not token.isprintable() or " " in token:
        raise ConfigError(
            f"`token.file`: `{path}` holds no token, which is one word of at least {MIN_TOKEN} characters; "
            "remove the file to have one written"
        )
    if mode & stat.S_IROTH:
        _log.warning("everybody on this machine can read the operator's token", extra={"details": {"file": str(path)}})
    return token


def _write_token(path: Path) -> None:
    """Write a new token as a whole or not at all."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
