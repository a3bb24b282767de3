import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sidecar.api.v1 import consent_pb2 as _consent_pb2
from sidecar.api.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BoxControl(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOX_CONTROL_UNSPECIFIED: _ClassVar[BoxControl]
    BOX_CONTROL_CONSENT: _ClassVar[BoxControl]
    BOX_CONTROL_OBJECTION: _ClassVar[BoxControl]
    BOX_CONTROL_ALWAYS: _ClassVar[BoxControl]

class BoxState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOX_STATE_UNSPECIFIED: _ClassVar[BoxState]
    BOX_STATE_GIVEN: _ClassVar[BoxState]
    BOX_STATE_REFUSED: _ClassVar[BoxState]
    BOX_STATE_WITHDRAWN: _ClassVar[BoxState]
    BOX_STATE_SUPERSEDED: _ClassVar[BoxState]
    BOX_STATE_EXPIRED: _ClassVar[BoxState]
    BOX_STATE_UNKNOWN: _ClassVar[BoxState]
    BOX_STATE_NOT_OBJECTED: _ClassVar[BoxState]
    BOX_STATE_ALWAYS: _ClassVar[BoxState]
    BOX_STATE_OBJECTED: _ClassVar[BoxState]
    BOX_STATE_ERASED: _ClassVar[BoxState]
    BOX_STATE_RESTRICTED: _ClassVar[BoxState]
BOX_CONTROL_UNSPECIFIED: BoxControl
BOX_CONTROL_CONSENT: BoxControl
BOX_CONTROL_OBJECTION: BoxControl
BOX_CONTROL_ALWAYS: BoxControl
BOX_STATE_UNSPECIFIED: BoxState
BOX_STATE_GIVEN: BoxState
BOX_STATE_REFUSED: BoxState
BOX_STATE_WITHDRAWN: BoxState
BOX_STATE_SUPERSEDED: BoxState
BOX_STATE_EXPIRED: BoxState
BOX_STATE_UNKNOWN: BoxState
BOX_STATE_NOT_OBJECTED: BoxState
BOX_STATE_ALWAYS: BoxState
BOX_STATE_OBJECTED: BoxState
BOX_STATE_ERASED: BoxState
BOX_STATE_RESTRICTED: BoxState

class ListChoicesRequest(_message.Message):
    __slots__ = ("subject", "language")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    subject: str
    language: str
    def __init__(self, subject: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class ListChoicesResponse(_message.Message):
    __slots__ = ("revision", "language", "notices")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    revision: str
    language: str
    notices: _containers.RepeatedCompositeFieldContainer[OfferedNotice]
    def __init__(self, revision: _Optional[str] = ..., language: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[OfferedNotice, _Mapping]]] = ...) -> None: ...

class OfferedNotice(_message.Message):
    __slots__ = ("notice", "label", "boxes")
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    notice: _model_pb2.NoticeRef
    label: Label
    boxes: _containers.RepeatedCompositeFieldContainer[ChoiceBox]
    def __init__(self, notice: _Optional[_Union[_model_pb2.NoticeRef, _Mapping]] = ..., label: _Optional[_Union[Label, _Mapping]] = ..., boxes: _Optional[_Iterable[_Union[ChoiceBox, _Mapping]]] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("key", "title", "language")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    key: str
    title: str
    language: str
    def __init__(self, key: _Optional[str] = ..., title: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class ChoiceBox(_message.Message):
    __slots__ = ("key", "purpose", "category", "channel", "recipient", "control", "state", "ticked", "partly", "explicit", "changeable", "basis", "decision", "uses")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TICKED_FIELD_NUMBER: _ClassVar[int]
    PARTLY_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    CHANGEABLE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    key: str
    purpose: Label
    category: Label
    channel: Label
    recipient: Label
    control: BoxControl
    state: BoxState
    ticked: bool
    partly: bool
    explicit: bool
    changeable: bool
    basis: str
    decision: BoxDecision
    uses: _containers.RepeatedCompositeFieldContainer[BoxUse]
    def __init__(self, key: _Optional[str] = ..., purpose: _Optional[_Union[Label, _Mapping]] = ..., category: _Optional[_Union[Label, _Mapping]] = ..., channel: _Optional[_Union[Label, _Mapping]] = ..., recipient: _Optional[_Union[Label, _Mapping]] = ..., control: _Optional[_Union[BoxControl, str]] = ..., state: _Optional[_Union[BoxState, str]] = ..., ticked: _Optional[bool] = ..., partly: _Optional[bool] = ..., explicit: _Optional[bool] = ..., changeable: _Optional[bool] = ..., basis: _Optional[str] = ..., decision: _Optional[_Union[BoxDecision, _Mapping]] = ..., uses: _Optional[_Iterable[_Union[BoxUse, _Mapping]]] = ...) -> None: ...

class BoxDecision(_message.Message):
    __slots__ = ("effective_at", "expires_at", "notice", "actor", "method", "event_id")
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    effective_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    notice: _model_pb2.NoticeRef
    actor: _consent_pb2.Actor
    method: str
    event_id: str
    def __init__(self, effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., notice: _Optional[_Union[_model_pb2.NoticeRef, _Mapping]] = ..., actor: _Optional[_Union[_consent_pb2.Actor, str]] = ..., method: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...

class BoxUse(_message.Message):
    __slots__ = ("service", "fields", "actions")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    service: Label
    fields: _containers.RepeatedCompositeFieldContainer[Label]
    actions: _containers.RepeatedScalarFieldContainer[_model_pb2.Action]
    def __init__(self, service: _Optional[_Union[Label, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., actions: _Optional[_Iterable[_Union[_model_pb2.Action, str]]] = ...) -> None: ...

class SaveChoicesRequest(_message.Message):
    __slots__ = ("subject", "id", "revision", "ticks", "language", "method", "actor", "together")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TOGETHER_FIELD_NUMBER: _ClassVar[int]
    subject: str
    id: str
    revision: str
    ticks: _containers.RepeatedCompositeFieldContainer[BoxTick]
    language: str
    method: str
    actor: _consent_pb2.Actor
    together: bool
    def __init__(self, subject: _Optional[str] = ..., id: _Optional[str] = ..., revision: _Optional[str] = ..., ticks: _Optional[_Iterable[_Union[BoxTick, _Mapping]]] = ..., language: _Optional[str] = ..., method: _Optional[str] = ..., actor: _Optional[_Union[_consent_pb2.Actor, str]] = ..., together: _Optional[bool] = ...) -> None: ...

class BoxTick(_message.Message):
    __slots__ = ("key", "ticked")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TICKED_FIELD_NUMBER: _ClassVar[int]
    key: str
    ticked: bool
    def __init__(self, key: _Optional[str] = ..., ticked: _Optional[bool] = ...) -> None: ...

class SaveChoicesResponse(_message.Message):
    __slots__ = ("revision", "effective_at", "duplicate", "not_taken", "choices")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    NOT_TAKEN_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    revision: str
    effective_at: _timestamp_pb2.Timestamp
    duplicate: bool
    not_taken: _containers.RepeatedCompositeFieldContainer[NotTaken]
    choices: ListChoicesResponse
    def __init__(self, revision: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duplicate: _Optional[bool] = ..., not_taken: _Optional[_Iterable[_Union[NotTaken, _Mapping]]] = ..., choices: _Optional[_Union[ListChoicesResponse, _Mapping]] = ...) -> None: ...

class NotTaken(_message.Message):
    __slots__ = ("key", "why")
    KEY_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    key: str
    why: str
    def __init__(self, key: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...
