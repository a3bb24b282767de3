"""What a stream says of itself: that it is a consent log, of which version, under which key."""

from collections.abc import Callable
from typing import Final

from msgspec import MsgspecError, Struct, json

from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError

SCHEMA_VERSION: Final = 1


class _Version(Struct):
    version: int


class Meta(Struct, kw_only=True, frozen=True):
    """Written last when a log is made: a stream without it is none."""

    version: int = SCHEMA_VERSION
    log_id: str
    key_id: str
    descends_from: tuple[str, ...] = ()  # the logs whose followers may go on with this one
    code: bytes = b""  # only who has the key can have followers of another log come over

    def authenticated(self, authenticate: Callable[[bytes], bytes]) -> "Meta":
        """The same, with its code."""
        return Meta(
            version=self.version,
            log_id=self.log_id,
            key_id=self.key_id,
            descends_from=self.descends_from,
            code=authenticate(self._content()),
        )

    def _content(self) -> bytes:
        return json.encode((self.version, self.log_id, self.key_id, self.descends_from))


def to_bytes(meta: Meta, pseudonyms: Pseudonyms) -> bytes:
    """*meta* as the stream has it."""
    return json.encode(meta.authenticated(pseudonyms.authenticate))


def from_bytes(data: bytes, pseudonyms: Pseudonyms, *, name: str, log_id: str) -> Meta:
    """What the log *name* says of itself; raises ``ConsentLogError`` if it cannot be used here, with what to do."""
    try:
        version = json.decode(data, type=_Version).version
        if version != SCHEMA_VERSION:
            raise ConsentLogError(
                f"{name}: the stream has schema version {version}, this program knows {SCHEMA_VERSION};"
                " use the program that wrote it"
            )
        meta = json.decode(data, type=Meta)
    except MsgspecError as error:
        raise ConsentLogError(f"{name}: what the stream says of itself is damaged ({error})") from error
    if meta.key_id != pseudonyms.key_id:
        raise ConsentLogError(
            f"{name}: written under pseudonym key {meta.key_id}, but the key here is {pseudonyms.key_id}; give every"
            " sidecar of this log the key file that belongs to it: under another key nobody in it would be found"
        )
    if meta.log_id != log_id or meta.authenticated(pseudonyms.authenticate) != meta:
        raise ConsentLogError(f"{name}: what the stream says of itself was not written by a sidecar of this key")
    return meta
