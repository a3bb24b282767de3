import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sidecar.api.v1 import consent_pb2 as _consent_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Hold(_message.Message):
    __slots__ = ("id", "scopes", "since", "why")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    scopes: _containers.RepeatedCompositeFieldContainer[HeldScope]
    since: _timestamp_pb2.Timestamp
    why: str
    def __init__(self, id: _Optional[str] = ..., scopes: _Optional[_Iterable[_Union[HeldScope, _Mapping]]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., why: _Optional[str] = ...) -> None: ...

class HeldScope(_message.Message):
    __slots__ = ("purpose", "category", "channel", "recipient")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    category: str
    channel: str
    recipient: str
    def __init__(self, purpose: _Optional[str] = ..., category: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ...) -> None: ...

class PlaceHoldRequest(_message.Message):
    __slots__ = ("id", "scope", "why")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    scope: _consent_pb2.Scope
    why: str
    def __init__(self, id: _Optional[str] = ..., scope: _Optional[_Union[_consent_pb2.Scope, _Mapping]] = ..., why: _Optional[str] = ...) -> None: ...

class PlaceHoldResponse(_message.Message):
    __slots__ = ("revision", "effective_at", "duplicate", "replaced")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    revision: str
    effective_at: _timestamp_pb2.Timestamp
    duplicate: bool
    replaced: _containers.RepeatedCompositeFieldContainer[Hold]
    def __init__(self, revision: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duplicate: _Optional[bool] = ..., replaced: _Optional[_Iterable[_Union[Hold, _Mapping]]] = ...) -> None: ...

class ReleaseHoldRequest(_message.Message):
    __slots__ = ("id", "hold_id", "scope", "why")
    ID_FIELD_NUMBER: _ClassVar[int]
    HOLD_ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    hold_id: str
    scope: _consent_pb2.Scope
    why: str
    def __init__(self, id: _Optional[str] = ..., hold_id: _Optional[str] = ..., scope: _Optional[_Union[_consent_pb2.Scope, _Mapping]] = ..., why: _Optional[str] = ...) -> None: ...

class ReleaseHoldResponse(_message.Message):
    __slots__ = ("revision", "duplicate", "released", "still_held")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    STILL_HELD_FIELD_NUMBER: _ClassVar[int]
    revision: str
    duplicate: bool
    released: _containers.RepeatedCompositeFieldContainer[Hold]
    still_held: _containers.RepeatedCompositeFieldContainer[Hold]
    def __init__(self, revision: _Optional[str] = ..., duplicate: _Optional[bool] = ..., released: _Optional[_Iterable[_Union[Hold, _Mapping]]] = ..., still_held: _Optional[_Iterable[_Union[Hold, _Mapping]]] = ...) -> None: ...

class ListHoldsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHoldsResponse(_message.Message):
    __slots__ = ("holds",)
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    holds: _containers.RepeatedCompositeFieldContainer[Hold]
    def __init__(self, holds: _Optional[_Iterable[_Union[Hold, _Mapping]]] = ...) -> None: ...
