"""The consent log that the configuration names, the view of it, and the threads that keep both up."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard

from sidecar.config import Config
from sidecar.consent.log import ConsentLog, SharedLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.applier import Applier, Outside
from sidecar.consent.view.cache import ConsentCache, FollowedCache
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.keeper import Keeper, Saving
from sidecar.consent.view.loading import Load
from sidecar.consent.view.on_demand import OnDemand
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import DAY, FILE, Snapshot
from sidecar.errors import ConfigError, ConsentLogError
from sidecar.model.instant import SECOND, Instant
from sidecar.transport.world import Source

if TYPE_CHECKING:
    from sidecar.consent.nats.log import NatsLog

LOG_FILE: Final = "consent.db"

_HOST_CHARACTERS: Final = 40


class Consent:
    """A log and a view of it: ``load`` once, ``close`` in the end.

    Making it raises ``ConsentLogError`` or ``ConfigError``, each saying what to do; then everything is closed.
    """

    def __init__(self, config: Config, *, clock: Callable[[], Instant], ticks: Callable[[], Instant]) -> None:
        section = config.consent
        self._clock = clock
        self._ticks = ticks
        self._contact = Contact()
        self._load = Load(ticks)
        self._saved_in = config.data.dir / FILE
        self._max_offline = round(section.max_offline_days * DAY)
        self._save_seconds = section.snapshot_seconds
        self._last_first = ExitStack()
        self._saving: Saving | None = None
        self._shared: tuple[SharedLog, FollowedCache] | None = None
        self.pseudonyms: Final = _pseudonyms(config)
        self.log: Final[ConsentLog] = _open(config, self.pseudonyms)
        self._last_first.callback(self.log.close)
        self.cache: Final = self._view(section.holds)
        self.source: Final = Source(
            backend=self.log.backend,
            mode="replica" if section.holds is None else "on_demand",
            instance=section.instance or _instance(config.data.dir),
        )

    @property
    def shared(self) -> bool:
        """Whether other processes write to the log too."""
        return self._shared is not None

    @property
    def outlook(self) -> str:
        """What keeps the view from being that of the log as it is; empty if nothing does."""
        lost, loading = self.cache.lost, self.cache.loading
        loaded = "" if loading is None else f"{loading}"
        if not lost:
            return loaded
        return f"the consent log is lost: {lost}" + (f"; what descends from it is loaded: {loaded}" if loaded else "")

    @property
    def pending(self) -> int:
        """How many entries are known to be in the log that the view does not have yet."""
        return self._contact.pending

    def load(self, report: Callable[[BaseException], None]) -> None:
        """Make the view complete and keep it up. A shared log is waited for; its failures go to *report*.

        Raises ``ConsentLogError`` if a log of this process alone cannot be read.
        """
        outside = Outside(clock=self._clock, ticks=self._ticks, report=report)
        if self._shared is None:
            self.cache.load(now=self._clock(), ticks=self._ticks())
        else:
            applier = Applier(*self._shared, self._load, outside, max_offline=self._max_offline)
            self._last_first.callback(applier.stop)
            applier.load()
            applier.start()
        keeper = Keeper(self.log, self.cache, outside, name=self.source.instance, saving=self._saving)
        self._last_first.callback(keeper.stop)
        keeper.start()

    def close(self) -> None:
        """Save the view, stop the threads, let go of the log."""
        self._last_first.close()

    def _view(self, holds: int | None) -> ConsentCache:
        if not _is_shared(self.log):
            return self._replica(None)
        followed: FollowedCache
        if holds is None:
            followed = self._replica(self._contact)
        else:
            followed = OnDemand(self.log, self.pseudonyms, contact=self._contact, capacity=holds)
        self._shared = (self.log, followed)
        return followed

    def _replica(self, contact: Contact | None) -> Replica:
        seconds, snapshot = self._save_seconds, None
        if seconds is not None:
            snapshot = Snapshot(self._saved_in, self.log, self.pseudonyms, max_offline=self._max_offline)
        replica = Replica(self.log, self.pseudonyms, contact=contact, load=self._load, snapshot=snapshot)
        if seconds is not None:
            self._saving = Saving(lambda now, pause: replica.save(now=now, pause=pause), round(seconds * SECOND))
        return replica


def _is_shared(log: ConsentLog) -> TypeGuard[SharedLog]:
    return not isinstance(log, SqliteLog)


def _open(config: Config, pseudonyms: Pseudonyms) -> ConsentLog:
    if config.consent.log == "sqlite":
        return SqliteLog.open(config.data.dir / LOG_FILE, pseudonyms)
    return nats_log().open(config.nats, pseudonyms)


def _pseudonyms(config: Config) -> Pseudonyms:
    """Under the key of the log; only one that this process alone has may be given a new key."""
    key_file, log_file = config.key_file, config.data.dir / LOG_FILE
    if config.consent.log == "sqlite":
        if log_file.exists() and not key_file.exists():
            # A new key for an old log would find nobody in it, and be in the way when the old one is restored.
            raise ConfigError(
                f"`data.dir`: `{log_file}` is there, but its key `{key_file}` is not; "
                "restore the key from a backup, see docs/runbook.md"
            )
        return Pseudonyms.load_or_create(key_file)
    if not key_file.exists():
        raise ConsentLogError(
            f"there is no pseudonym key `{key_file}`: a log that is shared has one key, which `sidecar consent init` "
            "makes; copy that file here, or name it in `consent.key_file`"
        )
    return Pseudonyms.load(key_file)


def _instance(data_dir: Path) -> str:
    """A name that stays the same, and that no other sidecar of this machine has."""
    host = "".join(character if character.isalnum() else "-" for character in socket.gethostname())
    return f"{host[:_HOST_CHARACTERS]}-{blake2b(str(data_dir.resolve()).encode(), digest_size=3).hexdigest()}"


def nats_log() -> "type[NatsLog]":
    """The kind of log that is on NATS; raises ``ConfigError`` if what it needs is not installed."""
    try:
        from sidecar.consent.nats.log import NatsLog  # noqa: PLC0415 - an extra brings what it needs
    except ImportError as error:
        raise ConfigError(
            "`consent.log`: `nats` needs the extra `nats`: pip install 'consent-sidecar[nats]'"
        ) from error
    return NatsLog
