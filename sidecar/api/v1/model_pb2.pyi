from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_UNSPECIFIED: _ClassVar[Action]
    ACTION_COLLECT: _ClassVar[Action]
    ACTION_USE: _ClassVar[Action]
    ACTION_SHARE: _ClassVar[Action]
    ACTION_RETAIN: _ClassVar[Action]

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_ALLOW: _ClassVar[Effect]
    EFFECT_ALLOW_WITH_OBLIGATIONS: _ClassVar[Effect]
    EFFECT_DENY: _ClassVar[Effect]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_UNKNOWN_SERVICE: _ClassVar[Reason]
    REASON_UNKNOWN_FIELD: _ClassVar[Reason]
    REASON_UNKNOWN_PURPOSE: _ClassVar[Reason]
    REASON_UNKNOWN_RECIPIENT: _ClassVar[Reason]
    REASON_UNKNOWN_CHANNEL: _ClassVar[Reason]
    REASON_UNKNOWN_ATTRIBUTE: _ClassVar[Reason]
    REASON_CHANNEL_REQUIRED: _ClassVar[Reason]
    REASON_NOT_DECLARED: _ClassVar[Reason]
    REASON_STALE_POLICY: _ClassVar[Reason]
    REASON_STALE_CONSENT: _ClassVar[Reason]
    REASON_CONSENT_UNAVAILABLE: _ClassVar[Reason]
    REASON_POLICY_ERROR: _ClassVar[Reason]
    REASON_OBJECTED: _ClassVar[Reason]
    REASON_ERASED: _ClassVar[Reason]
    REASON_RESTRICTED: _ClassVar[Reason]
    REASON_MINOR: _ClassVar[Reason]
    REASON_FORBIDDEN: _ClassVar[Reason]
    REASON_CONSENT_WITHDRAWN: _ClassVar[Reason]
    REASON_CONSENT_REFUSED: _ClassVar[Reason]
    REASON_CONSENT_SUPERSEDED: _ClassVar[Reason]
    REASON_CONSENT_EXPIRED: _ClassVar[Reason]
    REASON_CONSENT_UNKNOWN: _ClassVar[Reason]
    REASON_GUARDIAN_REQUIRED: _ClassVar[Reason]
    REASON_CONSENT_NOT_EXPLICIT: _ClassVar[Reason]
    REASON_NO_PERMIT: _ClassVar[Reason]
    REASON_ALLOWED: _ClassVar[Reason]
ACTION_UNSPECIFIED: Action
ACTION_COLLECT: Action
ACTION_USE: Action
ACTION_SHARE: Action
ACTION_RETAIN: Action
EFFECT_UNSPECIFIED: Effect
EFFECT_ALLOW: Effect
EFFECT_ALLOW_WITH_OBLIGATIONS: Effect
EFFECT_DENY: Effect
REASON_UNSPECIFIED: Reason
REASON_UNKNOWN_SERVICE: Reason
REASON_UNKNOWN_FIELD: Reason
REASON_UNKNOWN_PURPOSE: Reason
REASON_UNKNOWN_RECIPIENT: Reason
REASON_UNKNOWN_CHANNEL: Reason
REASON_UNKNOWN_ATTRIBUTE: Reason
REASON_CHANNEL_REQUIRED: Reason
REASON_NOT_DECLARED: Reason
REASON_STALE_POLICY: Reason
REASON_STALE_CONSENT: Reason
REASON_CONSENT_UNAVAILABLE: Reason
REASON_POLICY_ERROR: Reason
REASON_OBJECTED: Reason
REASON_ERASED: Reason
REASON_RESTRICTED: Reason
REASON_MINOR: Reason
REASON_FORBIDDEN: Reason
REASON_CONSENT_WITHDRAWN: Reason
REASON_CONSENT_REFUSED: Reason
REASON_CONSENT_SUPERSEDED: Reason
REASON_CONSENT_EXPIRED: Reason
REASON_CONSENT_UNKNOWN: Reason
REASON_GUARDIAN_REQUIRED: Reason
REASON_CONSENT_NOT_EXPLICIT: Reason
REASON_NO_PERMIT: Reason
REASON_ALLOWED: Reason

class AttributeValue(_message.Message):
    __slots__ = ("bool_value", "int_value", "string_value", "strings_value")
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRINGS_VALUE_FIELD_NUMBER: _ClassVar[int]
    bool_value: bool
    int_value: int
    string_value: str
    strings_value: StringList
    def __init__(self, bool_value: _Optional[bool] = ..., int_value: _Optional[int] = ..., string_value: _Optional[str] = ..., strings_value: _Optional[_Union[StringList, _Mapping]] = ...) -> None: ...

class StringList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class Obligation(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ConsentToAsk(_message.Message):
    __slots__ = ("purpose", "categories", "channel", "recipient", "explicit", "by_guardian")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    BY_GUARDIAN_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    categories: _containers.RepeatedScalarFieldContainer[str]
    channel: str
    recipient: str
    explicit: bool
    by_guardian: bool
    def __init__(self, purpose: _Optional[str] = ..., categories: _Optional[_Iterable[str]] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., explicit: _Optional[bool] = ..., by_guardian: _Optional[bool] = ...) -> None: ...

class NoticeRef(_message.Message):
    __slots__ = ("key", "version")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    key: str
    version: int
    def __init__(self, key: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...
