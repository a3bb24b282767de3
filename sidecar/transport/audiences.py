"""Audiences: of many people, those whose data may be used; put together in slices that leave others their turn."""

from collections.abc import Generator, Iterator, Sequence
from threading import Semaphore
from time import monotonic, perf_counter, sleep
from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.engine.filtering import Filtered, Filtering
from sidecar.errors import OverloadedError
from sidecar.pace import BREATH_SECONDS, SLICE_SECONDS
from sidecar.telemetry.decisionlog.audience import Audience
from sidecar.transport.convert.audiences import SubjectReader, read_able, to_filter_response
from sidecar.transport.convert.parsing import parse, sized
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.convert.text import check_count
from sidecar.transport.decider import Decider
from sidecar.transport.identity import Identity
from sidecar.transport.shared import Shared
from sidecar.transport.world import Policies

SLICE: Final = 128
"""People who are looked at between two breaths: some 0.3 ms."""

_ROUNDS: Final = 4  # as for one question: a slot may run out, or make room, again while it is resolved


class Audiences:
    """What all calls of ``FilterSubjects`` share. Safe for any number of threads."""

    def __init__(self, shared: Shared, decider: Decider, reader: QuestionReader, ids: Iterator[str]) -> None:
        self._shared = shared
        self._world = shared.world
        self._limits = shared.limits
        self._decider = decider
        self._reader = reader
        self._ids = ids
        self._places = Semaphore(shared.limits.audiences)

    def wait(self, data: bytes, identity: Identity, until: float) -> bytes:
        """The answer to *data*, on a thread that may wait *until* then."""
        return self.finish(self.steps(data, identity, until))

    def finish(self, steps: Generator[bool, None, bytes]) -> bytes:
        """What the rest of *steps* comes to, on a thread that may wait: with a breath between two of them."""
        while True:
            try:
                next(steps)
            except StopIteration as end:
                response: bytes = end.value
                return response
            sleep(BREATH_SECONDS)

    def steps(self, data: bytes, identity: Identity, until: float) -> Generator[bool, None, bytes]:
        """The answer to *data*, a ``FilterSubjectsRequest``, in steps of less than a millisecond.

        Yields between two steps whether the next may wait, *until* then on the monotonic clock, or ask policies: so a
        thread that must do neither can take the first ones, and leave the others to one that may. Raises what
        ``status_of`` has a status for, ``OverloadedError`` if too many are at it.
        """
        if not self._places.acquire(blocking=False):
            raise OverloadedError(
                f"no more than {self._limits.audiences} audiences are put together at a time (`limits.audiences`)"
            )
        try:
            return (yield from self._steps(data, identity, until))
        finally:
            self._places.release()

    def _steps(self, data: bytes, identity: Identity, until: float) -> Generator[bool, None, bytes]:
        began = perf_counter()
        message = parse(pb.FilterSubjectsRequest, sized(data, self._limits.audience_bytes))
        most, limit = self._limits.audience_subjects, "limits.audience_subjects"
        check_count(len(message.subjects), "subjects", least=1, most=most, limit=limit)
        policies = self._world.policies
        catalog = policies.snapshot.catalog
        request = self._reader.read_for_many(message, lambda named: identity.service(named, catalog))
        able = read_able(message)
        yield False
        filtering = Filtering(self._world.cache, request, policies.snapshot)
        if filtering.awaited is not None:
            yield True
            if self._decider.wait_for(filtering.awaited, until):
                filtering = Filtering(self._world.cache, request, policies.snapshot)
        for places, subjects in SubjectReader(message.subjects).slices(SLICE):
            filtering.look(places, subjects, now=self._world.clock(), freshness=self._world.freshness(policies))
            yield bool(filtering.aside)
            if filtering.aside:  # at once: what is learned of them serves the others
                yield from self._decide(filtering, message.subjects, policies, until)
        now = self._world.clock()
        filtered, decision_id = filtering.filtered(able, now=now), next(self._ids)
        yield False
        response = to_filter_response(filtered, decision_id).SerializeToString()
        self._shared.metrics.filtered(filtered)
        if self._shared.decisions is not None:
            yield False
            audience = Audience(
                decision_id=decision_id,
                caller=identity.pin,
                request=request,
                able=able,
                filtered=filtered,
                snapshot=policies.snapshot,
                now=now,
                seconds=perf_counter() - began,
            )
            pseudonyms = yield from self._pseudonyms(filtered, message.subjects)
            self._shared.decisions.put_line(audience.line(pseudonyms))
        return response

    def _decide(
        self, filtering: Filtering, subjects: Sequence[str], policies: Policies, until: float
    ) -> Iterator[bool]:
        """Decide whoever is aside, one by one; who cannot be decided *until* then is left out.

        Yields when a slice is used up; one person who policies must be asked about may take longer.
        """
        breath_at = perf_counter() + SLICE_SECONDS
        aside, filtering.aside = filtering.aside, []
        for place in aside:
            for _ in range(_ROUNDS):
                now = self._world.clock()
                freshness = self._world.freshness(policies)
                pending = filtering.decide(place, subjects[place], now=now, freshness=freshness)
                if pending is None or monotonic() >= until or not self._decider.resolve(pending, now, until):
                    break
            if pending is not None:
                freshness = self._world.freshness(policies)
                filtering.decide(place, subjects[place], now=self._world.clock(), freshness=freshness, may_wait=False)
            if perf_counter() >= breath_at:
                yield True
                breath_at = perf_counter() + SLICE_SECONDS

    def _pseudonyms(
        self, filtered: Filtered, subjects: Sequence[str]
    ) -> Generator[bool, None, Sequence[Sequence[bytes]]]:
        """Those of each group that may be used."""
        pseudonym_of = self._world.cache.pseudonym
        found: list[list[bytes]] = []
        for group in filtered.usable:
            found.append([])
            for start in range(0, len(group.places), SLICE):
                found[-1] += [pseudonym_of(subjects[place]) for place in group.places[start : start + SLICE]]
                yield False
        return found
