"""Every setting there is; ``docs/configuration.md`` is generated from this module."""

# ruff: noqa: RUF009 - `setting` makes a dataclass field

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from sidecar.config.consent import Consent
from sidecar.config.consumer import Consumer, Consumers
from sidecar.config.listener import TRANSPORTS, Listener, join_host_port, split_host_port
from sidecar.config.nats import Nats
from sidecar.config.setting import between, one_of, setting
from sidecar.errors import ConfigError

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("auto", "json", "console")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The policies, the catalog and all that belongs to them."""

    path: Path = setting(Path("policies"), "Folder of the bundle, or an archive of `sidecar policy build`.")
    public_key: Path | None = setting(
        None,
        "PEM file with one or more Ed25519 public keys; with it only archives are served that one of them signed. "
        "`none`: whatever is there is served.",
    )
    min_serial: int = setting(
        0, "The least serial of an archive that is served, against going back to an older one; needs `public_key`."
    )
    poll_seconds: float = setting(1.0, "How often to look whether the bundle changed.", unit="seconds")
    settle_seconds: float = setting(
        1.0, "How long a change must have stood still before the bundle is read: a checkout takes time.", unit="seconds"
    )
    reload_timeout_seconds: float = setting(
        60.0, "How long checking and testing a changed bundle may take; past that it is not served.", unit="seconds"
    )

    def __post_init__(self) -> None:
        between("bundle.poll_seconds", self.poll_seconds, 0.01, 3_600)
        between("bundle.settle_seconds", self.settle_seconds, 0, 3_600)
        between("bundle.reload_timeout_seconds", self.reload_timeout_seconds, 1, 3_600)
        between("bundle.min_serial", self.min_serial, 0, 2**63 - 1)
        if self.min_serial and self.public_key is None:
            # Of what is not signed, anybody could say any serial.
            raise ConfigError("`bundle.min_serial`: a floor needs signed archives; set `bundle.public_key` too")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the sidecar keeps."""

    dir: Path = setting(
        Path(".data"), "Folder of the consent log, its key and the operator's token; made with mode 0700 if missing."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The operator's bearer token, which guards everything but `Check`."""

    file: Path | None = setting(
        None, "File of the token, written with mode 0600 if missing; `none` means `operator.token` in `data.dir`."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The gRPC server."""

    listen: tuple[Listener, ...] = setting(
        (Listener(address="127.0.0.1:7070"),),
        "Where to listen: `HOST:PORT` or `unix:PATH`, then `,service=KEY` to count every caller as that service, "
        "`,mode=OCTAL` for the socket file (0660), and `,transport=` one of "
        f"{', '.join(f'`{each}`' for each in TRANSPORTS)} (`auto`: native where that is possible).",
    )
    allow_plaintext_network: bool = setting(
        False,  # noqa: FBT003 - a default, not a flag
        "Whether to listen on addresses that other machines reach; there is no TLS yet, "
        "so anyone on the way reads subject ids and tokens.",
    )
    threads: int = setting(
        20,
        "Worker threads, shared by all listeners; more than `limits.streams` + `limits.watches` + `limits.parked` + "
        "`limits.audiences`.",
    )
    drain_seconds: float = setting(10.0, "How long calls in flight may take to finish at a stop.", unit="seconds")

    def __post_init__(self) -> None:
        if not self.listen:
            raise ConfigError("`server.listen`: at least one listener is needed")
        for listener in self.listen:
            if not listener.is_local and not self.allow_plaintext_network:
                raise ConfigError(
                    f"`server.listen`: `{listener}` would be reached in plain text from other machines; "
                    "listen on 127.0.0.1 or unix:PATH, or set `server.allow_plaintext_network` to true"
                )
        between("server.threads", self.threads, 2, 1_000)
        between("server.drain_seconds", self.drain_seconds, 0, 3_600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The HTTP listener: `/metrics`, `/livez`, `/readyz`."""

    address: str = setting(
        "auto", "`HOST:PORT`, `off`, or `auto`: the port after that of the first TCP listener, off if there is none."
    )

    def __post_init__(self) -> None:
        if self.address in ("auto", "off"):
            return
        try:
            split_host_port(self.address)
        except ValueError as error:
            raise ConfigError(f"`http.address`: `{self.address}`: {error}, nor auto, nor off") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one call, and all calls together, may ask for; the protocol's own limits can only be lowered."""

    message_bytes: int = setting(65_536, "Size of a message.", unit="bytes")
    fields: int = setting(64, "Fields in a question.")
    attributes: int = setting(32, "Attributes in a question.")
    string_bytes: int = setting(1_024, "Size of a string, where its own limit is not lower.", unit="bytes")
    batch_items: int = setting(64, "Questions in a batch.")
    audiences: int = setting(2, "Calls of `FilterSubjects` being answered; each holds a thread. 0: none is.")
    audience_subjects: int = setting(10_000, "Subjects in such a call.")
    audience_bytes: int = setting(524_288, "Size of its message, instead of `limits.message_bytes`.", unit="bytes")
    calls_in_flight: int = setting(
        1_024,
        "Calls per listener, waiting or being answered; streams count. A native listener counts `Check`, "
        "`CheckBatch` and `FilterSubjects` apart from the others.",
    )
    streams: int = setting(8, "Open streams of questions; each holds a thread.")
    watches: int = setting(4, "Open streams of changes; each holds a thread.")
    watch_stall_seconds: float = setting(
        10.0, "How long the reader of a stream of changes may leave a message lying before it is cut.", unit="seconds"
    )
    misses_per_second: float = setting(
        500.0,
        "Questions of one service that policies must be asked, since nobody asked them before.",
        unit="per second",
    )
    misses_burst: int = setting(5_000, "As many more of them at once, after a quiet time.")
    parked: int = setting(4, "Calls that wait for a revision to arrive; each holds a thread.")
    park_seconds: float = setting(
        2.0, "How long a call without a deadline, or with a later one, waits for a revision.", unit="seconds"
    )

    def __post_init__(self) -> None:
        between("limits.message_bytes", self.message_bytes, 4_096, 4_194_304)
        between("limits.fields", self.fields, 1, 64)
        between("limits.attributes", self.attributes, 0, 32)
        between("limits.string_bytes", self.string_bytes, 64, 1_024)
        between("limits.batch_items", self.batch_items, 1, 64)
        between("limits.audiences", self.audiences, 0, 500)
        between("limits.audience_subjects", self.audience_subjects, 1, 10_000)
        between("limits.audience_bytes", self.audience_bytes, 4_096, 4_194_304)
        between("limits.calls_in_flight", self.calls_in_flight, 1, 1_000_000)
        between("limits.misses_per_second", self.misses_per_second, 1, 1_000_000)
        between("limits.misses_burst", self.misses_burst, 1, 1_000_000)
        between("limits.streams", self.streams, 0, 500)
        between("limits.watches", self.watches, 0, 500)
        between("limits.watch_stall_seconds", self.watch_stall_seconds, 0.1, 3_600)
        between("limits.parked", self.parked, 0, 500)
        between("limits.park_seconds", self.park_seconds, 0, 60)

    @property
    def largest_bytes(self) -> int:
        """Size of the largest message of any method."""
        return max(self.message_bytes, self.audience_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old the two sources of an answer may be; past that the purpose's failure mode decides."""

    max_consent_age_seconds: float | None = setting(
        30.0, "Age of the view of consent; `none` is no bound.", unit="seconds"
    )
    max_policy_age_seconds: float | None = setting(
        None,
        "Time since what is served was last found to be what the bundle's source holds: it grows while that cannot be "
        "read, or has a bad bundle; `none` is no bound.",
        unit="seconds",
    )

    def __post_init__(self) -> None:
        for name in ("max_consent_age_seconds", "max_policy_age_seconds"):
            value = getattr(self, name)
            if value is not None:
                between(f"freshness.{name}", value, 0.001, 31_536_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What the process says on its standard error."""

    level: str = setting("info", f"The least level to log: {', '.join(LEVELS)}.")
    format: str = setting("auto", "`json`, `console`, or `auto`: console on a terminal, else JSON.")

    def __post_init__(self) -> None:
        one_of("log.level", self.level, LEVELS)
        one_of("log.format", self.format, FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLog:
    """One line of JSON for each decided field, see [the decision log](decision-log.md)."""

    output: str = setting(
        "off",
        "`off`, `stdout` (what `serve` itself says then goes to standard error), or a file to append to, made with "
        "mode 0600 if missing.",
    )
    queue: int = setting(65_536, "Answers that may wait to be written; further ones are dropped and counted.")

    def __post_init__(self) -> None:
        if not self.output or "\0" in self.output:
            raise ConfigError("`decision_log.output`: it is not off, nor stdout, nor a file")
        between("decision_log.queue", self.queue, 1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration."""

    bundle: Bundle = field(default_factory=Bundle)
    data: Data = field(default_factory=Data)
    token: Token = field(default_factory=Token)
    server: Server = field(default_factory=Server)
    http: Http = field(default_factory=Http)
    limits: Limits = field(default_factory=Limits)
    consent: Consent = field(default_factory=Consent)
    freshness: Freshness = field(default_factory=Freshness)
    consumers: Consumers = field(default_factory=Consumers)
    log: Log = field(default_factory=Log)
    decision_log: DecisionLog = field(default_factory=DecisionLog)
    nats: Nats = field(default_factory=Nats)

    def __post_init__(self) -> None:
        limits = self.limits
        held = limits.streams + limits.watches + limits.parked + limits.audiences
        if self.server.threads <= held:
            raise ConfigError(
                f"`server.threads`: `{self.server.threads}` must be more than `limits.streams` + `limits.watches` + "
                f"`limits.parked` + `limits.audiences` ({held}), so that some are left for other calls"
            )

    @property
    def token_file(self) -> Path:
        """Where the operator's token is."""
        return self.token.file or self.data.dir / "operator.token"

    @property
    def key_file(self) -> Path:
        """Where the key of pseudonyms is."""
        return self.consent.key_file or self.data.dir / "pseudonym.key"

    @property
    def http_address(self) -> str | None:
        """Where to serve HTTP; ``None``: nowhere."""
        if self.http.address != "auto":
            return None if self.http.address == "off" else self.http.address
        tcp = next((listener for listener in self.server.listen if not listener.path), None)
        if tcp is None:
            return None
        host, port = split_host_port(tcp.address)
        if port == 65_535:
            raise ConfigError(f"`http.address`: `auto` has no port after that of `{tcp}`; name one, or say off")
        return join_host_port(host, port + 1 if port else 0)

    def redacted(self) -> dict[str, dict[str, object]]:
        """Every setting with its value, as a file would have it; none holds a secret, only files of them."""
        return {
            section.name: {
                each.name: plain(getattr(getattr(self, section.name), each.name))
                for each in fields(getattr(self, section.name))
            }
            for section in fields(self)
        }


def plain(value: object) -> object:
    """*value* of a setting as a configuration file would have it."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Listener | Consumer | Path):
        return str(value)
    return value
