"""The data folder, and bearer tokens in files (ADR-0008)."""

import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from sidecar.config import Config
from sidecar.errors import ConfigError
from sidecar.transport.credentials import Credentials

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


def bearer_token(path: Path, *, setting: str = "token.file") -> str:
    """The token in the file *path*, which is written, readable by its owner only, if it does not exist.

    Raises ``ConfigError``, naming the *setting* that says where it is, if it cannot be read or written, or holds none.
    """
    try:
        if not path.exists():
            _write_token(path)
        token = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"`{setting}`: cannot read or write `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"`{setting}`: `{path}` is not text in ASCII") from error
    if len(token) < MIN_TOKEN or not token.isprintable() or " " in token:
        raise ConfigError(
            f"`{setting}`: `{path}` holds no token, which is one word of at least {MIN_TOKEN} characters; "
            "remove the file to have one written"
        )
    if mode & stat.S_IROTH:
        _log.warning("everybody on this machine can read a bearer token", extra={"details": {"file": str(path)}})
    return token


def credentials(config: Config) -> Credentials:
    """All tokens that callers may have; raises ``ConfigError`` as ``bearer_token`` does, or if two are the same."""
    operator = bearer_token(config.token_file)
    whose = {operator: "the operator"}
    consumers: dict[str, str] = {}
    for consumer in config.consumers.known:
        token = bearer_token(consumer.token_file, setting="consumers.known")
        if token in whose:
            raise ConfigError(
                f"`consumers.known`: `{consumer.name}` has the token of {whose[token]}; each needs a token of its own"
            )
        whose[token] = f"`{consumer.name}`"
        consumers[consumer.name] = token
    return Credentials(operator, consumers)


def _write_token(path: Path) -> None:
    """Write a new token as a whole or not at all."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
