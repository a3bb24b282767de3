import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sidecar.api.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Actor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTOR_UNSPECIFIED: _ClassVar[Actor]
    ACTOR_SUBJECT: _ClassVar[Actor]
    ACTOR_GUARDIAN: _ClassVar[Actor]
    ACTOR_OPERATOR: _ClassVar[Actor]
    ACTOR_SYSTEM: _ClassVar[Actor]

class ChoiceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHOICE_KIND_UNSPECIFIED: _ClassVar[ChoiceKind]
    CHOICE_KIND_GIVEN: _ClassVar[ChoiceKind]
    CHOICE_KIND_REFUSED: _ClassVar[ChoiceKind]
    CHOICE_KIND_WITHDRAWN: _ClassVar[ChoiceKind]
    CHOICE_KIND_OBJECTED: _ClassVar[ChoiceKind]
ACTOR_UNSPECIFIED: Actor
ACTOR_SUBJECT: Actor
ACTOR_GUARDIAN: Actor
ACTOR_OPERATOR: Actor
ACTOR_SYSTEM: Actor
CHOICE_KIND_UNSPECIFIED: ChoiceKind
CHOICE_KIND_GIVEN: ChoiceKind
CHOICE_KIND_REFUSED: ChoiceKind
CHOICE_KIND_WITHDRAWN: ChoiceKind
CHOICE_KIND_OBJECTED: ChoiceKind

class Scope(_message.Message):
    __slots__ = ("purposes", "categories", "channels", "recipients")
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    purposes: _containers.RepeatedScalarFieldContainer[str]
    categories: _containers.RepeatedScalarFieldContainer[str]
    channels: _containers.RepeatedScalarFieldContainer[str]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, purposes: _Optional[_Iterable[str]] = ..., categories: _Optional[_Iterable[str]] = ..., channels: _Optional[_Iterable[str]] = ..., recipients: _Optional[_Iterable[str]] = ...) -> None: ...

class Choice(_message.Message):
    __slots__ = ("kind", "scope", "explicit", "expires_at", "notice")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    kind: ChoiceKind
    scope: Scope
    explicit: bool
    expires_at: _timestamp_pb2.Timestamp
    notice: _model_pb2.NoticeRef
    def __init__(self, kind: _Optional[_Union[ChoiceKind, str]] = ..., scope: _Optional[_Union[Scope, _Mapping]] = ..., explicit: _Optional[bool] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., notice: _Optional[_Union[_model_pb2.NoticeRef, _Mapping]] = ...) -> None: ...

class Submission(_message.Message):
    __slots__ = ("choices", "form")
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedCompositeFieldContainer[Choice]
    form: str
    def __init__(self, choices: _Optional[_Iterable[_Union[Choice, _Mapping]]] = ..., form: _Optional[str] = ...) -> None: ...

class Restriction(_message.Message):
    __slots__ = ("scope",)
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    def __init__(self, scope: _Optional[_Union[Scope, _Mapping]] = ...) -> None: ...

class Lifting(_message.Message):
    __slots__ = ("scope",)
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    def __init__(self, scope: _Optional[_Union[Scope, _Mapping]] = ...) -> None: ...

class Traits(_message.Message):
    __slots__ = ("digital_consent_at", "of_age_at", "jurisdiction")
    DIGITAL_CONSENT_AT_FIELD_NUMBER: _ClassVar[int]
    OF_AGE_AT_FIELD_NUMBER: _ClassVar[int]
    JURISDICTION_FIELD_NUMBER: _ClassVar[int]
    digital_consent_at: _timestamp_pb2.Timestamp
    of_age_at: _timestamp_pb2.Timestamp
    jurisdiction: str
    def __init__(self, digital_consent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., of_age_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., jurisdiction: _Optional[str] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("other_subject", "other_pseudonym")
    OTHER_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    OTHER_PSEUDONYM_FIELD_NUMBER: _ClassVar[int]
    other_subject: str
    other_pseudonym: str
    def __init__(self, other_subject: _Optional[str] = ..., other_pseudonym: _Optional[str] = ...) -> None: ...

class Shared(_message.Message):
    __slots__ = ("noes",)
    NOES_FIELD_NUMBER: _ClassVar[int]
    noes: _containers.RepeatedCompositeFieldContainer[SharedNo]
    def __init__(self, noes: _Optional[_Iterable[_Union[SharedNo, _Mapping]]] = ...) -> None: ...

class SharedNo(_message.Message):
    __slots__ = ("kind", "purpose", "category", "channel", "recipient")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    purpose: str
    category: str
    channel: str
    recipient: str
    def __init__(self, kind: _Optional[str] = ..., purpose: _Optional[str] = ..., category: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("id", "occurred_at", "actor", "method", "language", "note", "submission", "restriction", "lifting", "traits", "link", "shared")
    ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    RESTRICTION_FIELD_NUMBER: _ClassVar[int]
    LIFTING_FIELD_NUMBER: _ClassVar[int]
    TRAITS_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    id: str
    occurred_at: _timestamp_pb2.Timestamp
    actor: Actor
    method: str
    language: str
    note: str
    submission: Submission
    restriction: Restriction
    lifting: Lifting
    traits: Traits
    link: Link
    shared: Shared
    def __init__(self, id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[_Union[Actor, str]] = ..., method: _Optional[str] = ..., language: _Optional[str] = ..., note: _Optional[str] = ..., submission: _Optional[_Union[Submission, _Mapping]] = ..., restriction: _Optional[_Union[Restriction, _Mapping]] = ..., lifting: _Optional[_Union[Lifting, _Mapping]] = ..., traits: _Optional[_Union[Traits, _Mapping]] = ..., link: _Optional[_Union[Link, _Mapping]] = ..., shared: _Optional[_Union[Shared, _Mapping]] = ...) -> None: ...

class RecordEventRequest(_message.Message):
    __slots__ = ("subject", "event")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    subject: str
    event: Event
    def __init__(self, subject: _Optional[str] = ..., event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...

class RecordEventResponse(_message.Message):
    __slots__ = ("revision", "effective_at", "duplicate")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    revision: str
    effective_at: _timestamp_pb2.Timestamp
    duplicate: bool
    def __init__(self, revision: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class ImportEventsRequest(_message.Message):
    __slots__ = ("lines",)
    LINES_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[ImportLine]
    def __init__(self, lines: _Optional[_Iterable[_Union[ImportLine, _Mapping]]] = ...) -> None: ...

class ImportLine(_message.Message):
    __slots__ = ("line", "subject", "event")
    LINE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    line: int
    subject: str
    event: Event
    def __init__(self, line: _Optional[int] = ..., subject: _Optional[str] = ..., event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...

class ImportEventsResponse(_message.Message):
    __slots__ = ("through_line", "recorded", "duplicates", "rejections", "revision", "ahead_lines")
    THROUGH_LINE_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AHEAD_LINES_FIELD_NUMBER: _ClassVar[int]
    through_line: int
    recorded: int
    duplicates: int
    rejections: _containers.RepeatedCompositeFieldContainer[ImportRejection]
    revision: str
    ahead_lines: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, through_line: _Optional[int] = ..., recorded: _Optional[int] = ..., duplicates: _Optional[int] = ..., rejections: _Optional[_Iterable[_Union[ImportRejection, _Mapping]]] = ..., revision: _Optional[str] = ..., ahead_lines: _Optional[_Iterable[int]] = ...) -> None: ...

class ImportRejection(_message.Message):
    __slots__ = ("line", "message")
    LINE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    line: int
    message: str
    def __init__(self, line: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class GetRecordRequest(_message.Message):
    __slots__ = ("subject", "language")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    subject: str
    language: str
    def __init__(self, subject: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class GetRecordResponse(_message.Message):
    __slots__ = ("revision", "choices", "traits", "erased_at", "erased_categories", "summary", "language", "links")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    TRAITS_FIELD_NUMBER: _ClassVar[int]
    ERASED_AT_FIELD_NUMBER: _ClassVar[int]
    ERASED_CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    revision: str
    choices: _containers.RepeatedCompositeFieldContainer[RecordedChoice]
    traits: Traits
    erased_at: _timestamp_pb2.Timestamp
    erased_categories: _containers.RepeatedCompositeFieldContainer[ErasedCategory]
    summary: _containers.RepeatedScalarFieldContainer[str]
    language: str
    links: _containers.RepeatedCompositeFieldContainer[RecordedLink]
    def __init__(self, revision: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[RecordedChoice, _Mapping]]] = ..., traits: _Optional[_Union[Traits, _Mapping]] = ..., erased_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., erased_categories: _Optional[_Iterable[_Union[ErasedCategory, _Mapping]]] = ..., summary: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., links: _Optional[_Iterable[_Union[RecordedLink, _Mapping]]] = ...) -> None: ...

class RecordedLink(_message.Message):
    __slots__ = ("other_pseudonym", "since")
    OTHER_PSEUDONYM_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    other_pseudonym: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, other_pseudonym: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordedChoice(_message.Message):
    __slots__ = ("kind", "purpose", "category", "channel", "recipient", "effective_at", "expires_at", "explicit", "actor", "notice", "event_id", "method", "note")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    purpose: str
    category: str
    channel: str
    recipient: str
    effective_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    explicit: bool
    actor: Actor
    notice: _model_pb2.NoticeRef
    event_id: str
    method: str
    note: str
    def __init__(self, kind: _Optional[str] = ..., purpose: _Optional[str] = ..., category: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., explicit: _Optional[bool] = ..., actor: _Optional[_Union[Actor, str]] = ..., notice: _Optional[_Union[_model_pb2.NoticeRef, _Mapping]] = ..., event_id: _Optional[str] = ..., method: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ErasedCategory(_message.Message):
    __slots__ = ("category", "erased_at")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    ERASED_AT_FIELD_NUMBER: _ClassVar[int]
    category: str
    erased_at: _timestamp_pb2.Timestamp
    def __init__(self, category: _Optional[str] = ..., erased_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListHistoryRequest(_message.Message):
    __slots__ = ("subject", "page_size", "page_token")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    subject: str
    page_size: int
    page_token: str
    def __init__(self, subject: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHistoryResponse(_message.Message):
    __slots__ = ("entries", "next_page_token")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[HistoryEntry]
    next_page_token: str
    def __init__(self, entries: _Optional[_Iterable[_Union[HistoryEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class HistoryEntry(_message.Message):
    __slots__ = ("revision", "accepted_at", "effective_at", "event", "erasure")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ERASURE_FIELD_NUMBER: _ClassVar[int]
    revision: str
    accepted_at: _timestamp_pb2.Timestamp
    effective_at: _timestamp_pb2.Timestamp
    event: Event
    erasure: Erasure
    def __init__(self, revision: _Optional[str] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event: _Optional[_Union[Event, _Mapping]] = ..., erasure: _Optional[_Union[Erasure, _Mapping]] = ...) -> None: ...

class Erasure(_message.Message):
    __slots__ = ("id", "categories")
    ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    id: str
    categories: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., categories: _Optional[_Iterable[str]] = ...) -> None: ...

class EraseRequest(_message.Message):
    __slots__ = ("subject", "id", "categories")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    subject: str
    id: str
    categories: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, subject: _Optional[str] = ..., id: _Optional[str] = ..., categories: _Optional[_Iterable[str]] = ...) -> None: ...

class EraseResponse(_message.Message):
    __slots__ = ("revision", "effective_at", "duplicate")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    revision: str
    effective_at: _timestamp_pb2.Timestamp
    duplicate: bool
    def __init__(self, revision: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duplicate: _Optional[bool] = ...) -> None: ...
