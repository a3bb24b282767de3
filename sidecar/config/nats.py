"""The settings of a consent log on NATS JetStream."""

# ruff: noqa: RUF009 - `setting` makes a dataclass field

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sidecar.config.setting import between, one_of, setting
from sidecar.errors import ConfigError

STORAGES: Final = ("file", "memory")

_STREAM: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nats:
    """A consent log that several sidecars share, as a stream of NATS JetStream; needs the extra `nats`."""

    servers: str = setting(
        "nats://127.0.0.1:4222", "Servers of one cluster, `nats://HOST:PORT` or `tls://HOST:PORT`, with blanks between."
    )
    stream: str = setting(
        "CONSENT", "Name of the stream; `sidecar consent init` makes it, and `<name>_MARKS` beside it."
    )
    user: str = setting("", "User to connect as; empty for none.")
    password_file: Path | None = setting(None, "File with the user's password, a blank or line break at its end apart.")
    tls_ca: Path | None = setting(
        None, "PEM file of the authorities that may vouch for the servers; `none`: those of the system."
    )
    tls_cert: Path | None = setting(None, "PEM file of the certificate that this process shows; needs `tls_key`.")
    tls_key: Path | None = setting(None, "PEM file of its private key.")
    timeout_seconds: float = setting(
        5.0, "How long a read or an append may take before it counts as failed.", unit="seconds"
    )
    replicas: int = setting(1, "On how many servers a new stream is kept: 1, 3 or 5.")
    storage: str = setting("file", f"Where a new stream is kept: {', '.join(STORAGES)}; `memory` forgets at a restart.")
    max_bytes: int | None = setting(
        None, "How much a new stream may hold; past that nothing is recorded. `none` is no limit.", unit="bytes"
    )

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ConfigError("`nats.servers`: name at least one server")
        for address in self.addresses:
            _check_address(address)
        if not _STREAM.fullmatch(self.stream):
            raise ConfigError(
                f"`nats.stream`: `{self.stream}` is not a name of up to 64 letters, digits, `_` and `-`, without dots"
            )
        if (self.password_file is None) != (not self.user):
            raise ConfigError("`nats.user` and `nats.password_file` go together; set both or neither")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError("`nats.tls_cert` and `nats.tls_key` go together; set both or neither")
        between("nats.timeout_seconds", self.timeout_seconds, 0.1, 60)
        if self.replicas not in (1, 3, 5):
            raise ConfigError(f"`nats.replicas`: `{self.replicas}` is not 1, 3 or 5")
        one_of("nats.storage", self.storage, STORAGES)
        if self.max_bytes is not None:
            between("nats.max_bytes", self.max_bytes, 1_048_576, 2**63 - 1)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The servers, one by one."""
        return tuple(self.servers.split())


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("nats", "tls") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        more = bool(parts.path.strip("/") or parts.query or parts.fragment)
    except ValueError:
        known, more = False, False
    if "@" in address:  # not shown: there may be a password in it
        raise ConfigError("`nats.servers`: user and password do not belong here; see `nats.user`")
    if known and more:  # not shown either: a token, say
        raise ConfigError("`nats.servers`: give scheme, host and port only, such as nats://127.0.0.1:4222")
    if not known:
        shown = address.partition("?")[0]
        raise ConfigError(f"`nats.servers`: `{shown}` is no server such as nats://127.0.0.1:4222")
