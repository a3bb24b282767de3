import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExportEntriesRequest(_message.Message):
    __slots__ = ("after", "subjects")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    after: str
    subjects: bool
    def __init__(self, after: _Optional[str] = ..., subjects: _Optional[bool] = ...) -> None: ...

class ExportEntriesResponse(_message.Message):
    __slots__ = ("lines", "position", "last_position")
    LINES_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    LAST_POSITION_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedScalarFieldContainer[bytes]
    position: int
    last_position: int
    def __init__(self, lines: _Optional[_Iterable[bytes]] = ..., position: _Optional[int] = ..., last_position: _Optional[int] = ...) -> None: ...

class CheckStandingsRequest(_message.Message):
    __slots__ = ("pseudonyms",)
    PSEUDONYMS_FIELD_NUMBER: _ClassVar[int]
    pseudonyms: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, pseudonyms: _Optional[_Iterable[bytes]] = ...) -> None: ...

class CheckStandingsResponse(_message.Message):
    __slots__ = ("at", "revision", "digests", "subjects", "tombstone_days")
    AT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DIGESTS_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONE_DAYS_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    revision: str
    digests: _containers.RepeatedScalarFieldContainer[bytes]
    subjects: int
    tombstone_days: float
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[str] = ..., digests: _Optional[_Iterable[bytes]] = ..., subjects: _Optional[int] = ..., tombstone_days: _Optional[float] = ...) -> None: ...
