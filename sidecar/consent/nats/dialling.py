"""Reaching a server: how the client is set up, and what its errors mean."""

import asyncio
import contextlib
import errno
import os
import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sidecar.config.nats import Nats
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from nats.aio.client import Client

LEAVING_SECONDS: Final = 1.0
"""How long taking leave of a client may take."""

_PING_SECONDS: Final = 2
_PINGS_UNANSWERED: Final = 2

_NO_GREETING: Final = ("empty response from server", "info message, json parse error")
"""What the client says of whoever greets as something else, or not at all."""

_NUMBER: Final = re.compile(r"\[Errno (-?\d+)\]")


def options_of(settings: Nats) -> dict[str, Any]:
    """What the client is told; raises ``ConfigError`` for files that cannot be read."""
    try:
        import nats.aio.client  # noqa: F401, PLC0415 - only whether the extra is there
    except ImportError as error:
        raise ConfigError(
            "a consent log on NATS needs the extra `nats`: pip install 'consent-sidecar[nats]'"
        ) from error
    options: dict[str, Any] = {
        "name": "consent-sidecar",
        "allow_reconnect": False,  # a client that reconnects sends late what its caller gave up
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0,
        "connect_timeout": settings.timeout_seconds,
        "ping_interval": _PING_SECONDS,
        "max_outstanding_pings": _PINGS_UNANSWERED,
    }
    if settings.password_file is not None:
        try:
            options |= {"user": settings.user, "password": settings.password_file.read_text("utf-8").strip()}
        except OSError as error:
            said = _lowered(error)
            raise ConfigError(f"`nats.password_file`: cannot read `{settings.password_file}`: {said}") from error
        except UnicodeDecodeError:  # which holds what is in the file
            raise ConfigError(f"`nats.password_file`: `{settings.password_file}` is not UTF-8") from None
    if settings.tls_ca or settings.tls_cert or any(address.startswith("tls:") for address in settings.addresses):
        options["tls"] = _tls(settings)
    return options


def _tls(settings: Nats) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"`nats.tls_ca`: cannot use `{settings.tls_ca}`: {_lowered(error)}") from error
    if settings.tls_cert is not None:
        pair = f"`nats.tls_cert`, `nats.tls_key`: cannot use `{settings.tls_cert}` with `{settings.tls_key}`"
        try:
            context.load_cert_chain(settings.tls_cert, settings.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{pair}: {_lowered(error)}") from error
    return context


def _lowered(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


REFUSED: Final = "the server does not take user or password; see `nats.user` and `nats.password_file`"


def meaning(error: Exception) -> str:
    """What *error* says, and what to do where that is known."""
    said = str(error).removeprefix("nats: ").strip("'") or type(error).__name__
    if "authorization violation" in said.lower():
        return REFUSED
    if isinstance(error, TimeoutError) or said.startswith(_NO_GREETING):
        return "what is there does not answer as a NATS server"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return _of_the_system(error, said)
    return said


def _of_the_system(error: OSError, said: str) -> str:
    """What *error* says in words; a name may have several addresses, each with an error of its own."""
    numbers = [int(number) for number in _NUMBER.findall(said)]
    if errno.ECONNREFUSED in numbers:
        return "nothing listens there"
    if any(number < 0 for number in numbers):  # a name that is not known
        return (error.strerror or said).lower()
    return ", ".join(dict.fromkeys(os.strerror(number).lower() for number in numbers)) or said


def unreachable(troubles: Mapping[str, str], user: str, *, before: str) -> str:
    """Why none of the servers takes *user*: the trouble with each that was tried, or what broke what was *before*."""
    if troubles and all(trouble == REFUSED for trouble in troubles.values()):
        who = f"user `{user}` with this password" if user else "a client without user and password"
        servers = ", ".join(f"`{address}`" for address in troubles)
        return f"{who} is refused by {servers}; see `nats.user` and `nats.password_file`"
    why = "; ".join(f"`{address}`: {trouble}" for address, trouble in troubles.items())
    return f"no server can be reached ({why or before or 'the connection broke'}); see `nats.servers`"


async def leave(client: "Client") -> None:
    """Close *client*, however it is; it may hang, or fail for want of a transport."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(LEAVING_SECONDS):
            await client.close()
    with contextlib.suppress(Exception):  # a client that hangs while it closes would leave it open
        client._transport.close()  # type: ignore[union-attr] # noqa: SLF001
