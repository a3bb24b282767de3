"""A replica on the disk: what the next start need not read from the log (ADR-0025).

The file is a row of sealed parts: how long, what, and a code that only the key of the pseudonyms gives it *and all that
came before*. First says what it is a view of; then come slots, with the profiles and their entries that were not there
before; last how many there were. Whatever is wrong with it, it is thrown away: the log has everything.
"""

import contextlib
import logging
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Generic, NamedTuple, TypeVar

from msgspec import MsgspecError, Struct, msgpack

from sidecar.consent.codec import digest
from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.profile import Profile, ProfileEntry
from sidecar.consent.pseudonym import CODE_BYTES, Pseudonyms, sync_folder
from sidecar.consent.revision import Revision
from sidecar.consent.view.sharing import Shared
from sidecar.consent.view.slots import Own, Slots
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import AgeBand

FILE: Final = "view.snapshot"

VERSION: Final = 2

DAY: Final = 86_400 * SECOND

_T = TypeVar("_T")

_CLOCK_SLACK: Final = SECOND
_HEAD, _SUBJECTS, _END = b"H", b"S", b"E"
_LENGTH: Final = struct.Struct(">I")
_MOST_BYTES: Final = 64 * 1024 * 1024
_SUBJECTS_AT_ONCE: Final = 64
"""In a part; the interpreter is let go in between."""

_log = logging.getLogger(__name__)


def let_go() -> None:
    """Have others take the interpreter, for a moment."""
    time.sleep(0)


class Restored(NamedTuple):
    """A view as it was saved."""

    slots: Slots
    position: int  # everything up to here is in the slots, and perhaps some more
    last_entry: int  # position of an entry that the log has; 0: not known
    resolved_at: Instant  # the latest instant that a slot was resolved at


class _Part(Struct, array_like=True, forbid_unknown_fields=True):
    """What every part of the format has in common."""


class _Head(_Part):
    version: int
    log_id: str
    key_id: str
    position: int
    witness: tuple[int, bytes] | None  # an entry that the log had, and a code for it
    saved_at: Instant


class _Profile(_Part):
    """A profile, its entries as places among all entries of the file."""

    entries: tuple[int, ...]
    erased_categories: tuple[tuple[str, int], ...]
    erased: bool
    age: AgeBand
    jurisdiction: str | None


class _Subjects(_Part):
    """Slots of one shard, and what is new among their profiles."""

    entries: list[ProfileEntry]
    profiles: list[_Profile]
    shard: int
    keys: list[bytes]
    numbers: list[int]  # of their profiles among all of the file
    own: list[Own]


class _End(_Part):
    resolved_at: Instant


_encode: Final = msgpack.Encoder().encode
_head_decoder: Final = msgpack.Decoder(_Head)
_subjects_decoder: Final = msgpack.Decoder(_Subjects)
_end_decoder: Final = msgpack.Decoder(_End)


class _UselessError(Exception):
    """The file cannot be used; its text says why."""


class Snapshot:
    """The file at *path*, of views of *log*; *max_offline* is how old one may be, in microseconds. For one thread."""

    def __init__(self, path: Path, log: ConsentLog, pseudonyms: Pseudonyms, *, max_offline: Instant) -> None:
        self._path = path
        self._log = log
        self._pseudonyms = pseudonyms
        self._max_offline = max_offline

    def read(self, *, now: Instant) -> Restored | None:
        """What was saved, if it is a view of this log, and fresh enough; ``None``, and a line that says why, if not.

        Raises ``ConsentLogError`` if the log cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return self._restored(_Opened(file, self._pseudonyms), now)
        except FileNotFoundError:
            return None
        except (OSError, MsgspecError, ValueError, IndexError, _UselessError) as error:
            details: dict[str, object] = {"file": str(self._path), "because": str(error)}
            _log.warning("the saved view of consent is thrown away", extra={"details": details})
            with contextlib.suppress(OSError):
                self._path.unlink()
            return None

    def write(  # noqa: PLR0913 - each by its name
        self,
        slots: Slots,
        revision: Revision,
        *,
        last_entry: int,
        now: Instant,
        resolved_at: Callable[[], Instant],
        pause: Callable[[], object] = let_go,
    ) -> None:
        """Save *slots*, which have everything up to *revision*, in place of what was saved; others may go on writing.

        *last_entry* is the position of an entry that the log has. *resolved_at*, asked in the end, gives the latest
        instant that a slot was resolved at; *pause* is called after each part. Raises ``ConsentLogError`` if the log
        cannot be read, or ``OSError``.
        """
        head = _Head(
            version=VERSION,
            log_id=revision.log_id,
            key_id=self._pseudonyms.key_id,
            position=revision.position,
            witness=self._witness(last_entry),
            saved_at=now,
        )
        draft = self._path.with_name(f"{self._path.name}.new")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                seal = _Seal(self._pseudonyms)
                file.write(seal.sealed(_HEAD, _encode(head)))
                for part in _parts(slots):
                    file.write(seal.sealed(_SUBJECTS, _encode(part)))
                    pause()
                file.write(seal.sealed(_END, _encode(_End(resolved_at()))))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(self._path.parent)

    def _restored(self, opened: "_Opened", now: Instant) -> Restored:
        head = _head_decoder.decode(opened.part(_HEAD))
        self._check(head, now)
        slots, entries, table = Slots(), list[ProfileEntry](), list[Shared]()
        while opened.comes(_SUBJECTS):
            new = _subjects_decoder.decode(opened.part(_SUBJECTS))
            entries.extend(new.entries)
            table.extend(slots.share(_profile(profile, entries)) for profile in new.profiles)
            slots.fill(new.shard, new.keys, [table[number] for number in new.numbers], new.own)
        end = _end_decoder.decode(opened.part(_END))
        if opened.comes():
            raise _UselessError("something comes behind its end")
        if now < end.resolved_at - _CLOCK_SLACK:
            raise _UselessError("it was made under a clock that was ahead of this one")
        return Restored(slots, head.position, 0 if head.witness is None else head.witness[0], end.resolved_at)

    def _check(self, head: _Head, now: Instant) -> None:
        if head.version != VERSION:
            raise _UselessError(f"it has version {head.version}, this program knows {VERSION}")
        if head.log_id != self._log.log_id:
            raise _UselessError(f"it is of the log {head.log_id}, this one is {self._log.log_id}")
        if now < head.saved_at - _CLOCK_SLACK:
            raise _UselessError("it was saved under a clock that was ahead of this one: how old it is nobody knows")
        if now - head.saved_at > self._max_offline:
            raise _UselessError(f"it is older than {self._max_offline // DAY} days")
        if head.position > self._log.last_position():
            raise _UselessError(
                "it has seen more than the log has: the log was restored from an older backup, and what was recorded "
                "since is to be sent again"
            )
        if head.witness is not None and self._witness(head.witness[0]) != head.witness:
            raise _UselessError("where its last entry was, the log has another one, or one that was erased")

    def _witness(self, position: int) -> tuple[int, bytes] | None:
        """A code for the log's entry at *position*; ``None`` if there is none."""
        for entry in self._log.entries(after=position - 1, limit=1) if position else ():
            if entry.position == position:
                return position, self._pseudonyms.authenticate(_told(entry))
        return None


class _Seal:
    """Codes of parts, each of which depends on all before it."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._authenticate = pseudonyms.authenticate
        self._code = b"view of consent:"

    def code(self, kind: bytes, part: bytes) -> bytes:
        """That of the next part."""
        self._code = self._authenticate(self._code + kind + part)
        return self._code

    def sealed(self, kind: bytes, part: bytes) -> bytes:
        """The next part as it stands in the file."""
        return kind + _LENGTH.pack(len(part)) + part + self.code(kind, part)


class _Opened:
    """A file that is read part by part, each of them checked."""

    def __init__(self, file: BinaryIO, pseudonyms: Pseudonyms) -> None:
        self._file = file
        self._seal = _Seal(pseudonyms)
        self._kind = file.read(1)

    def comes(self, *kinds: bytes) -> bool:
        """Whether the next part is of one of *kinds*, or of whichever if none is named."""
        return self._kind in kinds if kinds else bool(self._kind)

    def part(self, kind: bytes) -> bytes:
        """The next part, which must be of this *kind*."""
        length = self._file.read(_LENGTH.size)
        if self._kind == kind and len(length) == _LENGTH.size:
            part = self._file.read(min(_LENGTH.unpack(length)[0], _MOST_BYTES))
            if self._seal.code(kind, part) == self._file.read(CODE_BYTES):
                self._kind = self._file.read(1)
                return part
        raise _UselessError("it is damaged, or was made under another key")


def _parts(slots: Slots) -> Iterator[_Subjects]:
    """All of *slots*, a few at a time; of those that come or go meanwhile some."""
    profiles, entries = _Numbers[Profile](), _Numbers[ProfileEntry]()
    for shard, items in slots.items(_SUBJECTS_AT_ONCE):
        numbers = [profiles.of(standing.profile) for _, standing in items]
        packed = [_packed(profile, entries) for profile in profiles.new()]
        yield _Subjects(
            entries=entries.new(),
            profiles=packed,
            shard=shard,
            keys=[key for key, _ in items],
            numbers=numbers,
            own=[
                (number, standing.changes_at, standing.packed)
                for number, (_, standing) in enumerate(items)
                if not standing.plain
            ],
        )


class _Numbers(Generic[_T]):
    """Numbers objects in the order in which they are first asked for. By what they *are*: equal ones are mostly one."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._kept: list[_T] = []  # while it is here, no other object has its id
        self._told = 0

    def of(self, item: _T) -> int:
        """The number of *item*."""
        number = self._numbers.get(id(item))
        if number is None:
            number = self._numbers[id(item)] = len(self._kept)
            self._kept.append(item)
        return number

    def new(self) -> list[_T]:
        """Those that were numbered since this was last asked."""
        told, self._told = self._told, len(self._kept)
        return self._kept[told:]


def _packed(profile: Profile, entries: _Numbers[ProfileEntry]) -> _Profile:
    return _Profile(
        entries=tuple([entries.of(entry) for entry in profile.entries]),
        erased_categories=profile.erased_categories,
        erased=profile.erased,
        age=profile.age,
        jurisdiction=profile.jurisdiction,
    )


def _profile(packed: _Profile, entries: list[ProfileEntry]) -> Profile:
    return Profile(
        entries=tuple([entries[place] for place in packed.entries]),
        erased_categories=packed.erased_categories,
        erased=packed.erased,
        age=packed.age,
        jurisdiction=packed.jurisdiction,
    )


def _told(entry: LogEntry) -> bytes:
    """What tells *entry* from another one at its position in a log that went another way."""
    event = (entry.event.id, digest(entry.event))
    return b"entry:" + _encode((entry.position, entry.pseudonym, event, entry.effective_at, entry.accepted_at))
