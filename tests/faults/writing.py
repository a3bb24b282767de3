"""Many who write at once, whatever happens: each act is sent again under its id until it is acknowledged."""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event, Lock
from typing import Final

import grpc

from sidecar.api.v1 import consent_pb2
from tests.fleet import Member
from tests.integration.caller import choice

PAUSE_SECONDS: Final = 0.05
AT_ONCE: Final = 50
"""Lines of an import that are recorded together."""


@dataclass(frozen=True, slots=True)
class Act:
    """One choice of one person about the newsletter."""

    subject: str
    event_id: str
    kind: str  # GIVEN, WITHDRAWN, ...


def acts(prefix: str, *, people: int, each: int) -> list[Act]:
    """*each* acts of each of so many people, yes and no in turn; those of one person far from each other."""
    return [
        Act(f"{prefix}-{person}", f"{prefix}-{number}", "WITHDRAWN" if number % 2 else "GIVEN")
        for number in range(each)
        for person in range(people)
    ]


@dataclass
class Acknowledged:
    """What was acknowledged so far; safe for any number of threads."""

    revisions: dict[Act, str] = field(default_factory=dict)
    again: int = 0  # how often something had to be sent once more
    _lock: Lock = field(default_factory=Lock)
    _grown: Event = field(default_factory=Event)

    def add(self, some: Iterable[Act], revision: str) -> None:
        """These are, at *revision* or before."""
        with self._lock:
            self.revisions.update(dict.fromkeys(some, revision))
        self._grown.set()

    def failed(self) -> None:
        """Something was not."""
        with self._lock:
            self.again += 1

    def await_count(self, count: int, within_seconds: float = 60) -> None:
        """Return once so many are."""
        deadline = time.monotonic() + within_seconds
        while len(self.revisions) < count:
            assert time.monotonic() < deadline, f"{len(self.revisions)} of {count}"
            self._grown.clear()
            self._grown.wait(0.1)

    @property
    def latest(self) -> str:
        """The revision that has all of them."""
        return max(self.revisions.values(), key=lambda revision: int(revision.partition(".")[2]))


def write_all(
    members: Sequence[Member], to_do: Sequence[Act], done: Acknowledged, *, writers: int = 6, seconds: float = 90
) -> None:
    """Have *to_do* recorded by several writers, half of whom import; each goes to another member when one fails."""
    deadline = time.monotonic() + seconds
    shares = [to_do[number::writers] for number in range(writers)]
    with ThreadPoolExecutor(writers) as pool:
        running = [
            pool.submit(_import_all if number % 2 else _record_all, _round(members, number), share, done, deadline)
            for number, share in enumerate(shares)
        ]
        for each in running:
            each.result()


def _round(members: Sequence[Member], first: int) -> Iterator[Member]:
    place = first % len(members)
    return cycle((*members[place:], *members[:place]))


def _record_all(members: Iterator[Member], share: Sequence[Act], done: Acknowledged, deadline: float) -> None:
    member = next(members)
    for act in share:
        while True:
            try:
                response = member.caller.record(act.subject, choice(act.event_id, act.kind))
            except grpc.RpcError as error:
                member = _next(members, error, done, deadline)
            else:
                done.add((act,), response.revision)
                break


def _import_all(members: Iterator[Member], share: Sequence[Act], done: Acknowledged, deadline: float) -> None:
    member = next(members)
    for start in range(0, len(share), AT_ONCE):
        some = share[start : start + AT_ONCE]
        request = _import_request(some)  # once: it must be the same when it is sent again
        while True:
            try:
                revision = _import(member, request)
            except grpc.RpcError as error:
                member = _next(members, error, done, deadline)
            else:
                done.add(some, revision)
                break


def _import_request(some: Sequence[Act]) -> consent_pb2.ImportEventsRequest:
    lines = []
    for number, act in enumerate(some, start=1):
        event = choice(act.event_id, act.kind)
        event.occurred_at.GetCurrentTime()
        lines.append(consent_pb2.ImportLine(line=number, subject=act.subject, event=event))
    return consent_pb2.ImportEventsRequest(lines=lines)


def _import(member: Member, request: consent_pb2.ImportEventsRequest) -> str:
    """The revision that has all of it."""
    caller = member.caller
    (response,) = caller.consent.ImportEvents(iter((request,)), metadata=caller.operator, timeout=20)
    assert [] == list(response.rejections)
    revision: str = response.revision
    return revision


def _next(members: Iterator[Member], error: grpc.RpcError, done: Acknowledged, deadline: float) -> Member:
    """The member to try next; raises *error* if it is one that trying again does not mend."""
    assert isinstance(error, grpc.Call)
    assert error.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    ), error
    assert time.monotonic() < deadline, error
    done.failed()
    time.sleep(PAUSE_SECONDS)
    return next(members)
