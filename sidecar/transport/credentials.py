"""The operator's bearer token (ADR-0008)."""

from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

from sidecar.errors import CredentialsError

_SCHEME: Final = "bearer "


class Credentials:
    """Knows the operator's token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def check(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> None:
        """Raise ``CredentialsError`` unless *metadata* has exactly one ``authorization``, ``Bearer`` and the token."""
        sent = [value for name, value in metadata or () if name == "authorization"]
        if not sent:
            raise CredentialsError("this needs the operator's token, as `authorization: Bearer <token>`")
        value = sent[0] if isinstance(sent[0], str) else sent[0].decode("latin-1")
        right = value[: len(_SCHEME)].lower() == _SCHEME
        token = value[len(_SCHEME) :].strip().encode()
        # Compared even without the scheme, in a time that does not tell how much of it was right.
        if not (compare_digest(token, self._token) and right and len(sent) == 1):
            raise CredentialsError("the operator's token is wrong")
