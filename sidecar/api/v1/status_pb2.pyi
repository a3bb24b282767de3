import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("version", "started_at", "ready", "not_ready_because", "policy", "consent", "listeners", "last_errors")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    NOT_READY_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    LISTENERS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERRORS_FIELD_NUMBER: _ClassVar[int]
    version: str
    started_at: _timestamp_pb2.Timestamp
    ready: bool
    not_ready_because: str
    policy: PolicyStatus
    consent: ConsentStatus
    listeners: _containers.RepeatedCompositeFieldContainer[ListenerStatus]
    last_errors: _containers.RepeatedCompositeFieldContainer[LastError]
    def __init__(self, version: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ready: _Optional[bool] = ..., not_ready_because: _Optional[str] = ..., policy: _Optional[_Union[PolicyStatus, _Mapping]] = ..., consent: _Optional[_Union[ConsentStatus, _Mapping]] = ..., listeners: _Optional[_Iterable[_Union[ListenerStatus, _Mapping]]] = ..., last_errors: _Optional[_Iterable[_Union[LastError, _Mapping]]] = ...) -> None: ...

class PolicyStatus(_message.Message):
    __slots__ = ("revision", "source", "loaded_at", "age_ms", "policies", "verdicts")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LOADED_AT_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    revision: str
    source: str
    loaded_at: _timestamp_pb2.Timestamp
    age_ms: int
    policies: int
    verdicts: int
    def __init__(self, revision: _Optional[str] = ..., source: _Optional[str] = ..., loaded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., age_ms: _Optional[int] = ..., policies: _Optional[int] = ..., verdicts: _Optional[int] = ...) -> None: ...

class ConsentStatus(_message.Message):
    __slots__ = ("revision", "age_ms", "subjects", "profiles", "backend")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    revision: str
    age_ms: int
    subjects: int
    profiles: int
    backend: str
    def __init__(self, revision: _Optional[str] = ..., age_ms: _Optional[int] = ..., subjects: _Optional[int] = ..., profiles: _Optional[int] = ..., backend: _Optional[str] = ...) -> None: ...

class ListenerStatus(_message.Message):
    __slots__ = ("address", "transport", "pinned_service", "trusts_callers")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    PINNED_SERVICE_FIELD_NUMBER: _ClassVar[int]
    TRUSTS_CALLERS_FIELD_NUMBER: _ClassVar[int]
    address: str
    transport: str
    pinned_service: str
    trusts_callers: bool
    def __init__(self, address: _Optional[str] = ..., transport: _Optional[str] = ..., pinned_service: _Optional[str] = ..., trusts_callers: _Optional[bool] = ...) -> None: ...

class LastError(_message.Message):
    __slots__ = ("at", "component", "message")
    AT_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    component: str
    message: str
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., component: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
