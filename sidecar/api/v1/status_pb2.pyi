import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReloadOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELOAD_OUTCOME_UNSPECIFIED: _ClassVar[ReloadOutcome]
    RELOAD_OUTCOME_SWAPPED: _ClassVar[ReloadOutcome]
    RELOAD_OUTCOME_UNCHANGED: _ClassVar[ReloadOutcome]
    RELOAD_OUTCOME_REFUSED: _ClassVar[ReloadOutcome]
    RELOAD_OUTCOME_FAILED: _ClassVar[ReloadOutcome]
RELOAD_OUTCOME_UNSPECIFIED: ReloadOutcome
RELOAD_OUTCOME_SWAPPED: ReloadOutcome
RELOAD_OUTCOME_UNCHANGED: ReloadOutcome
RELOAD_OUTCOME_REFUSED: ReloadOutcome
RELOAD_OUTCOME_FAILED: ReloadOutcome

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
    __slots__ = ("revision", "source", "loaded_at", "age_ms", "policies", "verdicts", "last_reload", "verdict_hits", "verdict_misses")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LOADED_AT_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    LAST_RELOAD_FIELD_NUMBER: _ClassVar[int]
    VERDICT_HITS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_MISSES_FIELD_NUMBER: _ClassVar[int]
    revision: str
    source: str
    loaded_at: _timestamp_pb2.Timestamp
    age_ms: int
    policies: int
    verdicts: int
    last_reload: ReloadStatus
    verdict_hits: int
    verdict_misses: int
    def __init__(self, revision: _Optional[str] = ..., source: _Optional[str] = ..., loaded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., age_ms: _Optional[int] = ..., policies: _Optional[int] = ..., verdicts: _Optional[int] = ..., last_reload: _Optional[_Union[ReloadStatus, _Mapping]] = ..., verdict_hits: _Optional[int] = ..., verdict_misses: _Optional[int] = ...) -> None: ...

class ReloadStatus(_message.Message):
    __slots__ = ("outcome", "at", "revision", "problems", "problems_left_out")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    outcome: ReloadOutcome
    at: _timestamp_pb2.Timestamp
    revision: str
    problems: _containers.RepeatedCompositeFieldContainer[BundleProblem]
    problems_left_out: int
    def __init__(self, outcome: _Optional[_Union[ReloadOutcome, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[str] = ..., problems: _Optional[_Iterable[_Union[BundleProblem, _Mapping]]] = ..., problems_left_out: _Optional[int] = ...) -> None: ...

class BundleProblem(_message.Message):
    __slots__ = ("file", "line", "column", "code", "message", "hint", "warning")
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str
    warning: bool
    def __init__(self, file: _Optional[str] = ..., line: _Optional[int] = ..., column: _Optional[int] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., warning: _Optional[bool] = ...) -> None: ...

class ConsentStatus(_message.Message):
    __slots__ = ("revision", "age_ms", "subjects", "profiles", "backend", "mode", "instance", "lost", "loading", "holds")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    LOADING_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    revision: str
    age_ms: int
    subjects: int
    profiles: int
    backend: str
    mode: str
    instance: str
    lost: str
    loading: LoadStatus
    holds: int
    def __init__(self, revision: _Optional[str] = ..., age_ms: _Optional[int] = ..., subjects: _Optional[int] = ..., profiles: _Optional[int] = ..., backend: _Optional[str] = ..., mode: _Optional[str] = ..., instance: _Optional[str] = ..., lost: _Optional[str] = ..., loading: _Optional[_Union[LoadStatus, _Mapping]] = ..., holds: _Optional[int] = ...) -> None: ...

class LoadStatus(_message.Message):
    __slots__ = ("done", "total", "seconds_left")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    SECONDS_LEFT_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    seconds_left: float
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ..., seconds_left: _Optional[float] = ...) -> None: ...

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
