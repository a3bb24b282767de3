"""One sidecar, from configuration to the last closed file."""

import logging
from collections.abc import Callable
from contextlib import ExitStack

from sidecar import __version__
from sidecar.app.clock import system_clock, system_ticks
from sidecar.app.consent import Consent
from sidecar.app.datadir import credentials, make_data_dir
from sidecar.app.decisions import open_decision_log
from sidecar.app.garbage import undisturbed
from sidecar.app.pins import unknown_pins
from sidecar.app.reload.reloader import Reloader
from sidecar.app.trust import trust_of
from sidecar.config import Config
from sidecar.consent.ledger import Ledger
from sidecar.consent.log import ConsentLog
from sidecar.consent.retention import Retention
from sidecar.consent.view.loading import Loading
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import ConfigError
from sidecar.model.instant import Instant
from sidecar.policy.budget import MissBudget
from sidecar.policy.bundle import load_bundle
from sidecar.policy.fingerprint import fingerprint
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry, State, StateCollector
from sidecar.telemetry.reloads import Reloads
from sidecar.transport.completion import Completion
from sidecar.transport.downstream import Downstream, Lookout
from sidecar.transport.edge import Edge
from sidecar.transport.feed import FeedServicer
from sidecar.transport.http import HttpListener, Pages
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.pulse import Pulse
from sidecar.transport.server import GrpcServer
from sidecar.transport.shared import Shared
from sidecar.transport.streams import Streams
from sidecar.transport.sweep import Sweep
from sidecar.transport.world import Policies, World

_log = logging.getLogger(__name__)


def build(
    config: Config, *, clock: Callable[[], Instant] = system_clock, ticks: Callable[[], Instant] = system_ticks
) -> "Sidecar":
    """A sidecar, not started: its bundle is loaded, its log open, nothing listens.

    Raises ``BundleError``, ``ConsentLogError`` or ``ConfigError``, each saying what to do, with everything closed.
    """
    now, checked_at = clock(), ticks()
    seen = fingerprint(config.bundle.path)  # before it is read: what changes meanwhile is a change
    limits = config.limits
    budget = MissBudget(per_second=limits.misses_per_second, burst=limits.misses_burst)
    snapshot = Snapshot(load_bundle(config.bundle.path, trust_of(config.bundle)), budget=budget)
    for problem in unknown_pins(config.server.listen, snapshot.catalog):
        raise ConfigError(f"{problem.message}; {problem.hint}")
    make_data_dir(config.data.dir)
    with ExitStack() as undo:
        consent = Consent(config, clock=clock, ticks=ticks)
        undo.callback(consent.close)
        log, cache, pseudonyms = consent.log, consent.cache, consent.pseudonyms
        ledger = Ledger(log, cache, pseudonyms, catalog=lambda: world.policies.snapshot.catalog, clock=clock)
        policies = Policies(snapshot=snapshot, loaded_at=now, checked_at=checked_at)
        world = World(policies=policies, cache=cache, ledger=ledger, clock=clock, ticks=ticks, bounds=config.freshness)
        downstream = Downstream.over(log, cache, pseudonyms, config, clock=clock)
        sidecar = Sidecar(config, world, consent, downstream, seen=seen)
        undo.pop_all()
        return sidecar


class Sidecar:
    """A sidecar: ``start`` once, ``stop`` once."""

    def __init__(self, config: Config, world: World, consent: Consent, downstream: Downstream, *, seen: bytes) -> None:
        self.config = config
        self.world = world
        self.registry = Registry()
        self.lifecycle = Lifecycle(lambda: consent.outlook)
        self._consent = consent
        self._log = consent.log
        metrics = Metrics(self.registry)
        self.errors = ErrorReports(metrics, world.clock)
        self._reloads = Reloads(metrics)
        self._decisions = open_decision_log(config.decision_log, metrics, self.errors)
        shared = Shared(
            world=world,
            lifecycle=self.lifecycle,
            streams=Streams(config.limits.streams),
            edge=Edge(metrics, self.errors),
            limits=config.limits,
            credentials=credentials(config),
            metrics=metrics,
            errors=self.errors,
            reloads=self._reloads,
            decisions=self._decisions,
        )
        self._downstream = downstream
        feed = FeedServicer(shared, downstream, instance=consent.source.instance)
        self._grpc = GrpcServer(shared, config, feed, consent.source)
        self._completion = Completion(world.ledger, self.lifecycle, self.errors)
        self._sweep = _sweep(config, world, self._log, self.lifecycle, self.errors)
        self._lookout = Lookout(downstream, self.lifecycle, self.errors)
        self._pulse = Pulse(world, self.lifecycle, self._grpc.health, self.errors)
        self.reloader = Reloader(config, world, self._reloads, self.errors, seen=seen)
        self._http: HttpListener | None = None
        self.registry.register(StateCollector(self._state))

    @property
    def ledger(self) -> Ledger:
        """Records events and shows records, without a server between."""
        return self.world.ledger

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it listens for gRPC, in the order of the configuration, with the ports that were taken."""
        return tuple(listener.address for listener in self._grpc.listeners)

    @property
    def http_address(self) -> str:
        """Where it listens for HTTP; empty if nowhere."""
        return "" if self._http is None else self._http.address

    def start(self) -> None:
        """Listen, load the view of consent, answer.

        Raises ``ConfigError`` if an address cannot be had, ``ConsentLogError`` if the log cannot be read; then
        everything is closed again.
        """
        try:
            self._start()
        except BaseException:
            self.stop(0)
            raise

    def stop(self, grace_seconds: float) -> None:
        """Say NOT_SERVING, let calls in flight finish for *grace_seconds*, close everything, the log last."""
        served = self.lifecycle.ready
        if served:
            _log.info("draining", extra={"details": {"seconds": grace_seconds}})
        with ExitStack() as last_first:
            last_first.callback(self._consent.close)
            last_first.callback(self._pulse.stop)
            last_first.callback(self._lookout.stop)
            last_first.callback(self._completion.stop)
            if self._sweep is not None:
                last_first.callback(self._sweep.stop)
            last_first.callback(self.reloader.stop)
            if self._http is not None:
                last_first.callback(self._http.stop)
            if self._decisions is not None:
                last_first.callback(self._decisions.stop)
            self._grpc.stop(grace_seconds)
        if served:
            _log.info("stopped")

    def hang_up(self) -> None:
        """What SIGHUP asks for: look at the bundle, open the decision log's file again; fit for a signal handler."""
        self.reloader.look_now()
        if self._decisions is not None:
            self._decisions.reopen()

    def _start(self) -> None:
        self._grpc.bind()
        address = self.config.http_address
        if address is not None:
            self._http = HttpListener(address, Pages(self.registry, self.lifecycle), self.errors)
        if self._decisions is not None:
            self._decisions.start()
        self._grpc.start()
        with undisturbed():
            self._consent.load(lambda error: self.errors.report("consent", error))
        self.lifecycle.begin()
        self._pulse.start()
        self._lookout.start()
        if self._sweep is not None:
            self._sweep.start()
        if self._consent.shared:
            self._completion.start()
        self.reloader.start()
        self._report()

    def _report(self) -> None:
        for finding in self.world.policies.snapshot.bundle.findings:
            _log.warning("%s", finding)
        for listener in self._grpc.listeners:
            if not listener.service:
                _log.info(
                    "callers of this listener are taken at their word for who they are",
                    extra={"details": {"address": listener.address}},
                )
        _log.info(
            "ready",
            extra={
                "details": {
                    "version": __version__,
                    "addresses": self.addresses,
                    "http": self.http_address,
                    "policy_revision": self.world.policies.snapshot.bundle.revision,
                    "subjects": self.world.cache.subjects,
                    "config": self.config.redacted(),
                }
            },
        )

    def _state(self) -> State:
        world, policies = self.world, self.world.policies
        freshness, snapshot = world.freshness(policies), policies.snapshot
        verdicts = snapshot.verdicts
        loading = world.cache.loading or Loading(0, 0, None)
        return State(
            ready=self.lifecycle.ready,
            policy_revision=policies.snapshot.bundle.revision,
            policy_age_seconds=freshness.policy_age_ms / 1_000,
            policy_reload_failed=self._reloads.bad,
            consent_age_seconds=freshness.consent_age_ms / 1_000,
            consent_position=world.cache.applied,
            consent_lost=bool(world.cache.lost),
            consent_pending=self._consent.pending,
            consent_load_done=loading.done,
            consent_load_total=loading.total,
            subjects=world.cache.subjects,
            subject_hits=world.cache.hits,
            profiles=world.cache.profiles,
            held=world.held,
            verdicts=len(verdicts),
            verdict_hits=verdicts.hits,
            verdict_misses=verdicts.misses,
            verdict_refusals={} if snapshot.budget is None else snapshot.budget.refused,
            streams=len(self._grpc.desk.shared.streams),
            watches=len(self._downstream.watches),
            downstream_lags=self._downstream.lags.seconds(world.clock()),
            parked=self._grpc.desk.decider.parked,
            decisions_queued=0 if self._decisions is None else len(self._decisions),
        )


def _sweep(config: Config, world: World, log: ConsentLog, lifecycle: Lifecycle, errors: ErrorReports) -> Sweep | None:
    """What forgets old erasures; ``None`` if they are remembered for ever."""
    days = config.consent.tombstone_days
    if days is None:
        return None
    consumers = tuple(consumer.name for consumer in config.consumers.known)
    return Sweep(Retention(log, world.cache, days=days, consumers=consumers), world, lifecycle, errors)
