"""Asks a running server, by nothing but its protocol."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import current_thread
from typing import Any, Final

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2, authorization_pb2_grpc, consent_pb2, consent_pb2_grpc, model_pb2
from sidecar.config import AUTO
from sidecar.engine.decide import Freshness
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import ConsentLogError
from sidecar.model.instant import Instant, show
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.world import World
from tests.case_bundles import bundle_folder, suite_bundle
from tests.case_events import proto_event
from tests.case_files import Case, Suite
from tests.case_worlds import CONFLICT, PERMISSION, CaseError, Observed, blamed, token

PINNED: Final = ("hub",)
"""Services that have a listener of their own, if the bundle has them."""


class ServedWorld:
    """A running server, and nothing but its protocol."""

    def __init__(self, suite: Suite, scratch: Path, stack: ExitStack, *, transport: str = AUTO) -> None:
        self.clock = FixedClock()
        folder = bundle_folder(suite, scratch)
        pinned = tuple(key for key in PINNED if (folder / f"catalog/services/{key}.yaml").exists())
        listen = tuple(f"127.0.0.1:0,service={key}" for key in pinned)
        settings: Mapping[str, object] = {"limits.park_seconds": 0.05}
        self._served: Served = stack.enter_context(
            serving(bundle=folder, clock=self.clock, listen=listen, settings=settings, transport=transport)
        )
        world = self._served.sidecar.world
        if suite.unchecked:
            world.policies = replace(world.policies, snapshot=Snapshot(suite_bundle(suite, folder)))
        addresses = self._served.sidecar.addresses
        channels = {"": self._served.channel(addresses[0])}
        channels |= {key: self._served.channel(address) for key, address in zip(pinned, addresses[2:], strict=True)}
        for channel in channels.values():
            stack.callback(channel.close)
        self._authorization = {
            key: authorization_pb2_grpc.AuthorizationServiceStub(channel) for key, channel in channels.items()
        }
        self._consent = consent_pb2_grpc.ConsentServiceStub(channels[""])

    def record(self, subject: str, step: Mapping[str, Any], id_: str) -> bool:
        """Through the consent service."""
        if "erased" in step:
            erase = consent_pb2.EraseRequest(subject=subject, id=id_, categories=step["erased"])
            return bool(self._call(self._consent.Erase, erase).duplicate)
        event = proto_event(step, id_)
        if "imported" not in step:
            request = consent_pb2.RecordEventRequest(subject=subject, event=event)
            return bool(self._call(self._consent.RecordEvent, request).duplicate)
        lines = iter(
            [consent_pb2.ImportEventsRequest(lines=[consent_pb2.ImportLine(line=1, subject=subject, event=event)])]
        )
        (batch,) = self._call(lambda request, **how: list(self._consent.ImportEvents(request, **how)), lines)
        for rejection in batch.rejections:
            raise CaseError(blamed(rejection.message))
        return bool(batch.duplicates)

    def ask(self, case: Case, subject: str, others: tuple[str, ...]) -> Observed:
        """By ``Check``, and by ``Explain``, which must answer the same and tells the facts."""
        world = self._served.sidecar.world
        request = _proto_request(case, subject, world.cache.log_id, world.cache.applied)
        request.co_subjects.extend(others)
        stub = self._authorization[case.ask.get("through", "")]
        with _view(self._served, case.view):
            response = self._call(stub.Check, request)
            explained = self._call(stub.Explain, authorization_pb2.ExplainRequest(request=request))
        assert list(response.results) == list(explained.response.results)
        return tuple(
            _observed(result, response, explanation)
            for result, explanation in zip(response.results, explained.fields, strict=True)
        )

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return method(request, metadata=self._served.operator, timeout=5)
        except grpc.RpcError as error:
            raise CaseError(_BLAMES[error.code()](error.details() or "")) from error


_BLAMES: Final[Mapping[grpc.StatusCode, Callable[[str], str]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: blamed,
    grpc.StatusCode.ALREADY_EXISTS: lambda _: CONFLICT,
    grpc.StatusCode.PERMISSION_DENIED: lambda _: PERMISSION,
}


@contextmanager
def _view(served: Served, view: Mapping[str, Any]) -> Iterator[None]:
    """The server as if its sources were as old as *view* says, or its log could not be read."""
    ages = {key: value for key, value in view.items() if key != "unavailable"}
    with pytest.MonkeyPatch.context() as patch:
        if ages:
            patch.setattr(World, "freshness", lambda *_: Freshness(**ages))
        if "unavailable" in view:
            cache = served.sidecar.world.cache
            patch.setattr(cache, "refresh", partial(_unreadable, cache.refresh))
        yield


def _unreadable(refresh: Callable[..., None], pseudonym: bytes, *, now: Instant) -> None:
    """As if no call could read. The pulse can: what it could not would make other cases stale."""
    if current_thread().name != "pulse":
        raise ConsentLogError(f"cannot be read at {now}")
    refresh(pseudonym, now=now)


def _proto_request(case: Case, subject: str, log_id: str, applied: int) -> authorization_pb2.CheckRequest:
    ask = case.ask
    request = authorization_pb2.CheckRequest(
        service=ask["service"],
        # An action that is left out stays unspecified, which must mean use.
        action=f"ACTION_{ask.get('action', 'unspecified').upper()}",
        subject=subject,
        fields=case.fields,
        purpose=ask["purpose"],
        channel=ask.get("channel", ""),
        recipient=ask.get("recipient", ""),
        at_least_as_fresh=token(ask.get("at_least_as_fresh"), log_id, applied),
    )
    for name, value in ask.get("attributes", {}).items():
        request.attributes[name].CopyFrom(_attribute(value))
    return request


def _attribute(value: object) -> model_pb2.AttributeValue:
    match value:
        case bool():
            return model_pb2.AttributeValue(bool_value=value)
        case int():
            return model_pb2.AttributeValue(int_value=value)
        case str():
            return model_pb2.AttributeValue(string_value=value)
        case list():
            return model_pb2.AttributeValue(strings_value=model_pb2.StringList(values=value))
    return model_pb2.AttributeValue()


def _observed(
    result: authorization_pb2.FieldResult,
    response: authorization_pb2.CheckResponse,
    explanation: authorization_pb2.FieldExplanation,
) -> Mapping[str, Any]:
    ask = result.consent_to_ask
    facts = explanation.facts
    masks = [obligation.value for obligation in result.obligations]
    assert {"mask"} >= {obligation.name for obligation in result.obligations}
    assert len(masks) <= 1
    return {
        "effect": model_pb2.Effect.Name(result.effect).removeprefix("EFFECT_").lower(),
        "reason": model_pb2.Reason.Name(result.reason).removeprefix("REASON_"),
        "mask": masks[0] if masks else None,
        "determining": list(result.determining_policies),
        "unknown_name": result.unknown_name,
        "ask": None
        if not result.HasField("consent_to_ask")
        else {
            "purpose": ask.purpose,
            "categories": list(ask.categories),
            "channel": ask.channel or None,
            "recipient": ask.recipient,
            "explicit": ask.explicit,
            "by_guardian": ask.by_guardian,
        },
        "ask_not_before": _stamp(result, "ask_not_before"),
        "facts": None
        if not explanation.HasField("facts")
        else {
            "consent": facts.consent,
            "explicit": facts.explicit,
            "by_guardian": facts.by_guardian,
            "objected": facts.objected,
            "restricted": facts.restricted,
            "erased": facts.erased,
            "age": facts.age_band,
            "basis": facts.basis,
        },
        "because": {choice.fact: choice.event_id for choice in explanation.choices},
        "clock_changes_at": _stamp(response, "clock_changes_at"),
        "cache_for_ms": response.cache_for_ms,
        "co_subjects_denied": response.co_subjects_denied,
    }


def _stamp(message: Any, field: str) -> str | None:
    if not message.HasField(field):
        return None
    stamp = getattr(message, field)
    return show(stamp.seconds * 1_000_000 + stamp.nanos // 1_000)
