"""Short ways to call a running sidecar, and to say events."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import (
    authorization_pb2_grpc,
    choices_pb2_grpc,
    consent_pb2,
    consent_pb2_grpc,
    feed_pb2_grpc,
    holds_pb2_grpc,
    log_pb2_grpc,
    model_pb2,
    status_pb2_grpc,
)
from sidecar.testing import Served

_T = TypeVar("_T")

EMAIL = "marketing.communications.email"
CATEGORY = "user.contact.email"


def question(subject: str = "p1", **changes: Any) -> pb.CheckRequest:
    """May the newsletter use the address of *subject* to write to them?"""
    base: dict[str, Any] = {"service": "newsletter", "fields": ["customer.email"], "purpose": EMAIL}
    return pb.CheckRequest(**{**base, "subject": subject, **changes})


def choice(event_id: str, kind: str, **changes: Any) -> consent_pb2.Event:
    """One choice about the newsletter, made now."""
    scope = consent_pb2.Scope(purposes=[EMAIL], categories=[CATEGORY])
    choices = [consent_pb2.Choice(kind=f"CHOICE_KIND_{kind}", scope=scope, **changes)]
    return consent_pb2.Event(id=event_id, submission=consent_pb2.Submission(choices=choices))


@dataclass(frozen=True, slots=True)
class Caller:
    """The stubs of a channel, and the operator's token."""

    channel: grpc.Channel
    operator: tuple[tuple[str, str], ...]

    @property
    def authorization(self) -> Any:
        """AuthorizationService."""
        return authorization_pb2_grpc.AuthorizationServiceStub(self.channel)

    @property
    def choices(self) -> Any:
        """ChoiceService."""
        return choices_pb2_grpc.ChoiceServiceStub(self.channel)

    @property
    def holds(self) -> Any:
        """HoldService."""
        return holds_pb2_grpc.HoldServiceStub(self.channel)

    @property
    def consent(self) -> Any:
        """ConsentService."""
        return consent_pb2_grpc.ConsentServiceStub(self.channel)

    @property
    def feed(self) -> Any:
        """FeedService."""
        return feed_pb2_grpc.FeedServiceStub(self.channel)

    @property
    def log(self) -> Any:
        """LogService."""
        return log_pb2_grpc.LogServiceStub(self.channel)

    @property
    def status(self) -> Any:
        """StatusService."""
        return status_pb2_grpc.StatusServiceStub(self.channel)

    def check(self, request: pb.CheckRequest, timeout: float = 5.0) -> pb.CheckResponse:
        """The answer to *request*."""
        response: pb.CheckResponse = self.authorization.Check(request, timeout=timeout)
        return response

    def reason(self, request: pb.CheckRequest) -> str:
        """The reason of the first field's answer."""
        return model_pb2.Reason.Name(self.check(request).results[0].reason).removeprefix("REASON_")

    def record(self, subject: str, event: consent_pb2.Event) -> consent_pb2.RecordEventResponse:
        """Record *event*."""
        request = consent_pb2.RecordEventRequest(subject=subject, event=event)
        response: consent_pb2.RecordEventResponse = self.consent.RecordEvent(request, metadata=self.operator, timeout=5)
        return response

    def raw(self, method: str, data: bytes) -> bytes:
        """The bytes that *method*, for example ``AuthorizationService/Check``, answers to *data*."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(f"/sidecar.api.v1.{method}")
        response: bytes = call(data, metadata=self.operator, timeout=5)
        return response


@contextmanager
def calling(served: Served, address: str | None = None) -> Iterator[Caller]:
    """A caller of *served*, by TCP unless an *address* is given."""
    with served.channel(address) as channel:
        yield Caller(channel, served.operator)


def ends_with(code: grpc.StatusCode, call: Callable[[], object]) -> str:
    """The text of the status that *call* ends with, which must be *code*."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = caught.value

    assert isinstance(error, grpc.Call)
    assert code is error.code(), error.details()
    return error.details() or ""


def eventually(look: Callable[[], _T], *, within_seconds: float = 5.0) -> _T:
    """What *look* returns once it raises no more: for what another thread or process is about to do."""
    until = time.monotonic() + within_seconds
    while True:
        try:
            return look()
        except (OSError, HTTPException, AssertionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
