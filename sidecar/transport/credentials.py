"""Bearer tokens: the operator's, and one for each consumer (ADR-0008, ADR-0030)."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from types import MappingProxyType
from typing import Final, NamedTuple

from sidecar.errors import CredentialsError

OPERATOR: Final = ""
"""Whose token it is if it is no consumer's; no consumer has an empty name."""

_SCHEME: Final = "bearer "
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})

Metadata = Iterable[tuple[str, str | bytes]] | None


class Credentials:
    """Knows the operator's *token*, and those of *consumers* by their names."""

    def __init__(self, token: str, consumers: Mapping[str, str] = _NOBODY) -> None:
        self._token = token.encode()
        self._known = {OPERATOR: self._token, **{name: each.encode() for name, each in consumers.items()}}

    def check(self, metadata: Metadata) -> None:
        """Raise ``CredentialsError`` unless *metadata* has exactly one ``authorization``, ``Bearer`` and the token."""
        sent = _sent(metadata, "the operator's token")
        if not (compare_digest(sent.token, self._token) and sent.well_formed):
            raise CredentialsError("the operator's token is wrong")

    def bearer(self, metadata: Metadata) -> str:
        """The consumer whose token *metadata* has, or ``OPERATOR``; raises ``CredentialsError`` if it is nobody's."""
        sent = _sent(metadata, "a consumer's token")
        whose = [name for name, token in self._known.items() if compare_digest(sent.token, token)]  # all: no short cut
        if not (whose and sent.well_formed):
            raise CredentialsError("the token is neither a consumer's nor the operator's")
        return whose[0]


class _Sent(NamedTuple):
    token: bytes
    well_formed: bool


def _sent(metadata: Metadata, needed: str) -> _Sent:
    """The token that was sent, also where it was not sent as it should be: it is compared all the same.

    So the time that it takes does not tell how much of it was right.
    """
    sent = [value for name, value in metadata or () if name == "authorization"]
    if not sent:
        raise CredentialsError(f"this needs {needed}, as `authorization: Bearer <token>`")
    value = sent[0] if isinstance(sent[0], str) else sent[0].decode("latin-1")
    scheme, token = value[: len(_SCHEME)].lower(), value[len(_SCHEME) :].strip()
    return _Sent(token.encode(), scheme == _SCHEME and len(sent) == 1)
