"""What happens to a sidecar while it is asked: people who decide, bundles that change, audiences that are looked up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks.servers.sidecar import Sidecar
from benchmarks.worlds.bundle import FIELDS, PURPOSE, SERVICE
from benchmarks.worlds.people import RECORDED
from sidecar.api.v1 import authorization_pb2, authorization_pb2_grpc, consent_pb2, consent_pb2_grpc, model_pb2
from sidecar.cli.demo import people

TICK_SECONDS: Final = 0.05
EMAIL: Final = "marketing.communications.email"
AUDIENCE: Final = 10_000


@dataclass
class Done:
    """What a disturbance has done so far."""

    times: int = 0
    began: float = field(default_factory=time.perf_counter)
    ended: float = 0.0
    failure: str = ""

    @property
    def rate(self) -> float:
        """How often a second."""
        return self.times / ((self.ended or time.perf_counter()) - self.began)


@contextmanager
def _beside(work: Callable[[Event, Done], None]) -> Iterator[Done]:
    """*work* on a thread; a failure of it is raised in the end."""
    stop, done = Event(), Done()

    def run() -> None:
        try:
            work(stop, done)
        except (grpc.RpcError, OSError) as error:
            done.failure = str(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()
        done.ended = time.perf_counter()
    if done.failure:
        raise RuntimeError(done.failure)


@contextmanager
def deciding(sidecar: Sidecar, per_second: int) -> Iterator[Done]:
    """People who have a record give and withdraw consent, so many times a second, by an import that does not end."""

    def work(stop: Event, done: Done) -> None:
        each = max(1, round(per_second * TICK_SECONDS))

        def requests() -> Iterator[consent_pb2.ImportEventsRequest]:
            lines, due = count(1), time.monotonic()
            while not stop.is_set():
                yield consent_pb2.ImportEventsRequest(lines=[_line(next(lines)) for _ in range(each)])
                due += TICK_SECONDS
                time.sleep(max(0.0, due - time.monotonic()))

        with sidecar.channel("grpcio") as channel:
            stub = consent_pb2_grpc.ConsentServiceStub(channel)
            for answer in stub.ImportEvents(requests(), metadata=sidecar.operator):
                done.times += answer.recorded
                if answer.rejections:
                    raise OSError(answer.rejections[0].message)

    with _beside(work) as done:
        yield done


def _line(number: int) -> consent_pb2.ImportLine:
    scope = consent_pb2.Scope(purposes=[EMAIL], categories=["user.contact.email"])
    kind = consent_pb2.CHOICE_KIND_WITHDRAWN if (number // RECORDED) % 2 else consent_pb2.CHOICE_KIND_GIVEN
    now = Timestamp()
    now.GetCurrentTime()
    event = consent_pb2.Event(
        id=f"{time.time_ns()}-{number}",
        occurred_at=now,
        submission=consent_pb2.Submission(choices=[consent_pb2.Choice(kind=kind, scope=scope)]),
    )
    return consent_pb2.ImportLine(line=number, subject=people.subject_id(1 + number % RECORDED), event=event)


@contextmanager
def reloading(bundle: Path, every_seconds: float) -> Iterator[Done]:
    """A policy of *bundle* changes again and again, each time into one that decides the same."""
    file = bundle / "grounds.cedar"
    before = file.read_text(encoding="utf-8")

    def work(stop: Event, done: Done) -> None:
        while not stop.wait(every_seconds):
            done.times += 1
            text = before.replace('@title("the person agreed', f'@title("{time.time_ns()}: the person agreed')
            draft = file.with_name(".grounds.new")
            draft.write_text(text, encoding="utf-8")
            draft.rename(file)

    with _beside(work) as done:
        yield done


@contextmanager
def filtering(sidecar: Sidecar, transport: str, ids: Callable[[int], str]) -> Iterator[Done]:
    """Ten thousand people at a time are looked up for a mailing, one call after the other; ``times`` counts people."""
    request = authorization_pb2.FilterSubjectsRequest(
        service=SERVICE,
        action=model_pb2.ACTION_USE,
        subjects=map(ids, range(AUDIENCE)),
        fields=FIELDS[:1],
        purpose=PURPOSE,
    )

    def work(stop: Event, done: Done) -> None:
        with sidecar.channel(transport) as channel:
            stub = authorization_pb2_grpc.AuthorizationServiceStub(channel)
            while not stop.is_set():
                stub.FilterSubjects(request, timeout=30)
                done.times += AUDIENCE

    with _beside(work) as done:
        yield done
