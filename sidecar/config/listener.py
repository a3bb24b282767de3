"""Where the sidecar listens: the grammar of a listener, the same in file, environment and flags."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self

from sidecar.errors import ConfigError

UNIX: Final = "unix:"
DEFAULT_MODE: Final = 0o660
AUTO: Final = "auto"
NATIVE: Final = "native"
GRPCIO: Final = "grpcio"
TRANSPORTS: Final = (AUTO, NATIVE, GRPCIO)
MAX_PATH_BYTES: Final = 107
"""What fits into the kernel's address of a Unix socket."""

_OPTIONS: Final = {"service": "service=KEY", "mode": "mode=OCTAL", "transport": f"transport={'|'.join(TRANSPORTS)}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One place to listen, written ``ADDRESS[,service=KEY][,mode=OCTAL][,transport=KIND]``.

    ADDRESS is ``HOST:PORT``, ``[IPV6]:PORT`` or ``unix:PATH``; port 0 takes a free one.
    """

    address: str
    service: str = ""  # every caller counts as this service; empty: callers say who they are
    mode: int = DEFAULT_MODE  # of the socket file; only with unix:
    transport: str = AUTO  # auto: native where that is possible, else grpcio

    @classmethod
    def parse(cls, text: str) -> Self:
        """The listener that *text* describes; ``ConfigError`` saying what is wrong with it."""
        address, *options = text.split(",")
        given: dict[str, str] = {}
        for option in options:
            name, equals, value = option.partition("=")
            if name not in _OPTIONS or not equals or not value or name in given:
                raise _wrong(text, f"`{option}` is not one of {', '.join(_OPTIONS.values())}, each at most once")
            given[name] = value
        if given.get("transport", AUTO) not in TRANSPORTS:
            raise _wrong(text, f"transport `{given['transport']}` is not one of {', '.join(TRANSPORTS)}")
        if "mode" in given and not address.startswith(UNIX):
            raise _wrong(text, "only a unix: listener has a mode")
        _check_address(address, text)
        listener = cls(
            address=address,
            service=given.get("service", ""),
            mode=_mode(given.get("mode", f"{DEFAULT_MODE:o}"), text),
            transport=given.get("transport", AUTO),
        )
        if listener.transport == NATIVE and not listener.is_local:
            raise _wrong(text, "native is for unix: and loopback addresses; listen on one, or say transport=auto")
        return listener

    @property
    def path(self) -> str:
        """The path of the Unix socket; empty for TCP."""
        return self.address.removeprefix(UNIX) if self.address.startswith(UNIX) else ""

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        if self.path:
            return True
        host, _ = split_host_port(self.address)
        return is_loopback(host)

    def __str__(self) -> str:
        service = f",service={self.service}" if self.service else ""
        mode = f",mode={self.mode:04o}" if self.path else ""
        transport = f",transport={self.transport}" if self.transport != AUTO else ""
        return f"{self.address}{service}{mode}{transport}"


def split_host_port(address: str) -> tuple[str, int]:
    """Host (an IPv6 one without its brackets) and port of *address*; raises ``ValueError``."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 host is written in brackets")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError("it is not HOST:PORT")
    return host, int(port)


def join_host_port(host: str, port: int) -> str:
    """*host* and *port* as one address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine talking to itself; a name other than ``localhost`` never counts."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_address(address: str, text: str) -> None:
    if address.startswith(UNIX):
        path = address.removeprefix(UNIX)
        if not path or "\0" in path:
            raise _wrong(text, "unix: needs the path of the socket file")
        if len(path.encode(errors="surrogateescape")) > MAX_PATH_BYTES:
            raise _wrong(text, f"the path of a socket file has at most {MAX_PATH_BYTES} bytes")
        return
    try:
        split_host_port(address)
    except ValueError as error:
        raise _wrong(text, f"{error}, nor unix:PATH") from error


def _mode(octal: str, text: str) -> int:
    if len(octal) > 4 or not octal or set(octal) - set("01234567") or int(octal, 8) > 0o777:
        raise _wrong(text, f"mode `{octal}` is not three octal digits, such as 0660")
    return int(octal, 8)


def _wrong(text: str, detail: str) -> ConfigError:
    return ConfigError(f"`server.listen`: `{text}`: {detail}")
