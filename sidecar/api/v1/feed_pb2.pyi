import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sidecar.api.v1 import consent_pb2 as _consent_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchRecordsRequest(_message.Message):
    __slots__ = ("consumer", "after_revision", "from_start")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    FROM_START_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    after_revision: str
    from_start: bool
    def __init__(self, consumer: _Optional[str] = ..., after_revision: _Optional[str] = ..., from_start: _Optional[bool] = ...) -> None: ...

class WatchRecordsResponse(_message.Message):
    __slots__ = ("revision", "change", "caught_up", "from_start")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CAUGHT_UP_FIELD_NUMBER: _ClassVar[int]
    FROM_START_FIELD_NUMBER: _ClassVar[int]
    revision: str
    change: RecordChange
    caught_up: bool
    from_start: bool
    def __init__(self, revision: _Optional[str] = ..., change: _Optional[_Union[RecordChange, _Mapping]] = ..., caught_up: _Optional[bool] = ..., from_start: _Optional[bool] = ...) -> None: ...

class RecordChange(_message.Message):
    __slots__ = ("pseudonym", "subject", "everyone", "kind", "entry", "record")
    PSEUDONYM_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    EVERYONE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    pseudonym: str
    subject: str
    everyone: bool
    kind: str
    entry: _consent_pb2.HistoryEntry
    record: _consent_pb2.GetRecordResponse
    def __init__(self, pseudonym: _Optional[str] = ..., subject: _Optional[str] = ..., everyone: _Optional[bool] = ..., kind: _Optional[str] = ..., entry: _Optional[_Union[_consent_pb2.HistoryEntry, _Mapping]] = ..., record: _Optional[_Union[_consent_pb2.GetRecordResponse, _Mapping]] = ...) -> None: ...

class AckRequest(_message.Message):
    __slots__ = ("consumer", "revision")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    revision: str
    def __init__(self, consumer: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class AckResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: str
    def __init__(self, revision: _Optional[str] = ...) -> None: ...

class GetPropagationRequest(_message.Message):
    __slots__ = ("revision", "subject", "event_id")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    revision: str
    subject: str
    event_id: str
    def __init__(self, revision: _Optional[str] = ..., subject: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...

class GetPropagationResponse(_message.Message):
    __slots__ = ("revision", "accepted_at", "followers")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    FOLLOWERS_FIELD_NUMBER: _ClassVar[int]
    revision: str
    accepted_at: _timestamp_pb2.Timestamp
    followers: _containers.RepeatedCompositeFieldContainer[FollowerStatus]
    def __init__(self, revision: _Optional[str] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., followers: _Optional[_Iterable[_Union[FollowerStatus, _Mapping]]] = ...) -> None: ...

class FollowerStatus(_message.Message):
    __slots__ = ("kind", "name", "applied", "revision", "at", "silent")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    name: str
    applied: bool
    revision: str
    at: _timestamp_pb2.Timestamp
    silent: bool
    def __init__(self, kind: _Optional[str] = ..., name: _Optional[str] = ..., applied: _Optional[bool] = ..., revision: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., silent: _Optional[bool] = ...) -> None: ...
