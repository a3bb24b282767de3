import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sidecar.api.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckRequest(_message.Message):
    __slots__ = ("service", "action", "subject", "co_subjects", "fields", "purpose", "channel", "recipient", "attributes", "at_least_as_fresh")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _model_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_model_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    CO_SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_AS_FRESH_FIELD_NUMBER: _ClassVar[int]
    service: str
    action: _model_pb2.Action
    subject: str
    co_subjects: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    purpose: str
    channel: str
    recipient: str
    attributes: _containers.MessageMap[str, _model_pb2.AttributeValue]
    at_least_as_fresh: str
    def __init__(self, service: _Optional[str] = ..., action: _Optional[_Union[_model_pb2.Action, str]] = ..., subject: _Optional[str] = ..., co_subjects: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., purpose: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _model_pb2.AttributeValue]] = ..., at_least_as_fresh: _Optional[str] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("results", "policy_revision", "consent_revision", "consent_age_ms", "clock_changes_at", "cache_for_ms", "decision_id", "co_subjects_denied")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_CHANGES_AT_FIELD_NUMBER: _ClassVar[int]
    CACHE_FOR_MS_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    CO_SUBJECTS_DENIED_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[FieldResult]
    policy_revision: str
    consent_revision: str
    consent_age_ms: int
    clock_changes_at: _timestamp_pb2.Timestamp
    cache_for_ms: int
    decision_id: str
    co_subjects_denied: int
    def __init__(self, results: _Optional[_Iterable[_Union[FieldResult, _Mapping]]] = ..., policy_revision: _Optional[str] = ..., consent_revision: _Optional[str] = ..., consent_age_ms: _Optional[int] = ..., clock_changes_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cache_for_ms: _Optional[int] = ..., decision_id: _Optional[str] = ..., co_subjects_denied: _Optional[int] = ...) -> None: ...

class FieldResult(_message.Message):
    __slots__ = ("field", "effect", "reason", "determining_policies", "obligations", "consent_to_ask", "ask_not_before", "unknown_name", "by_co_subjects", "held")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETERMINING_POLICIES_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_TO_ASK_FIELD_NUMBER: _ClassVar[int]
    ASK_NOT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_NAME_FIELD_NUMBER: _ClassVar[int]
    BY_CO_SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    field: str
    effect: _model_pb2.Effect
    reason: _model_pb2.Reason
    determining_policies: _containers.RepeatedScalarFieldContainer[str]
    obligations: _containers.RepeatedCompositeFieldContainer[_model_pb2.Obligation]
    consent_to_ask: _model_pb2.ConsentToAsk
    ask_not_before: _timestamp_pb2.Timestamp
    unknown_name: str
    by_co_subjects: bool
    held: bool
    def __init__(self, field: _Optional[str] = ..., effect: _Optional[_Union[_model_pb2.Effect, str]] = ..., reason: _Optional[_Union[_model_pb2.Reason, str]] = ..., determining_policies: _Optional[_Iterable[str]] = ..., obligations: _Optional[_Iterable[_Union[_model_pb2.Obligation, _Mapping]]] = ..., consent_to_ask: _Optional[_Union[_model_pb2.ConsentToAsk, _Mapping]] = ..., ask_not_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unknown_name: _Optional[str] = ..., by_co_subjects: _Optional[bool] = ..., held: _Optional[bool] = ...) -> None: ...

class CheckBatchRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[CheckBatchItem]
    def __init__(self, items: _Optional[_Iterable[_Union[CheckBatchItem, _Mapping]]] = ...) -> None: ...

class CheckBatchItem(_message.Message):
    __slots__ = ("correlation_id", "request")
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    correlation_id: str
    request: CheckRequest
    def __init__(self, correlation_id: _Optional[str] = ..., request: _Optional[_Union[CheckRequest, _Mapping]] = ...) -> None: ...

class CheckBatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CheckBatchResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CheckBatchResult, _Mapping]]] = ...) -> None: ...

class CheckBatchResult(_message.Message):
    __slots__ = ("correlation_id", "response", "error")
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    correlation_id: str
    response: CheckResponse
    error: CheckError
    def __init__(self, correlation_id: _Optional[str] = ..., response: _Optional[_Union[CheckResponse, _Mapping]] = ..., error: _Optional[_Union[CheckError, _Mapping]] = ...) -> None: ...

class CheckError(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class CheckStreamRequest(_message.Message):
    __slots__ = ("correlation_id", "request")
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    correlation_id: str
    request: CheckRequest
    def __init__(self, correlation_id: _Optional[str] = ..., request: _Optional[_Union[CheckRequest, _Mapping]] = ...) -> None: ...

class CheckStreamResponse(_message.Message):
    __slots__ = ("correlation_id", "response", "error")
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    correlation_id: str
    response: CheckResponse
    error: CheckError
    def __init__(self, correlation_id: _Optional[str] = ..., response: _Optional[_Union[CheckResponse, _Mapping]] = ..., error: _Optional[_Union[CheckError, _Mapping]] = ...) -> None: ...

class FilterSubjectsRequest(_message.Message):
    __slots__ = ("service", "action", "subjects", "fields", "purpose", "channel", "recipient", "attributes", "at_least_as_fresh", "able")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _model_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_model_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_AS_FRESH_FIELD_NUMBER: _ClassVar[int]
    ABLE_FIELD_NUMBER: _ClassVar[int]
    service: str
    action: _model_pb2.Action
    subjects: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    purpose: str
    channel: str
    recipient: str
    attributes: _containers.MessageMap[str, _model_pb2.AttributeValue]
    at_least_as_fresh: str
    able: _containers.RepeatedCompositeFieldContainer[_model_pb2.Obligation]
    def __init__(self, service: _Optional[str] = ..., action: _Optional[_Union[_model_pb2.Action, str]] = ..., subjects: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ..., purpose: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _model_pb2.AttributeValue]] = ..., at_least_as_fresh: _Optional[str] = ..., able: _Optional[_Iterable[_Union[_model_pb2.Obligation, _Mapping]]] = ...) -> None: ...

class FilterSubjectsResponse(_message.Message):
    __slots__ = ("audiences", "denied", "obliged", "policy_revision", "consent_revision", "consent_age_ms", "clock_changes_at", "cache_for_ms", "decision_id")
    AUDIENCES_FIELD_NUMBER: _ClassVar[int]
    DENIED_FIELD_NUMBER: _ClassVar[int]
    OBLIGED_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_CHANGES_AT_FIELD_NUMBER: _ClassVar[int]
    CACHE_FOR_MS_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    audiences: _containers.RepeatedCompositeFieldContainer[Audience]
    denied: _containers.RepeatedCompositeFieldContainer[DeniedSubjects]
    obliged: _containers.RepeatedCompositeFieldContainer[ObligedSubjects]
    policy_revision: str
    consent_revision: str
    consent_age_ms: int
    clock_changes_at: _timestamp_pb2.Timestamp
    cache_for_ms: int
    decision_id: str
    def __init__(self, audiences: _Optional[_Iterable[_Union[Audience, _Mapping]]] = ..., denied: _Optional[_Iterable[_Union[DeniedSubjects, _Mapping]]] = ..., obliged: _Optional[_Iterable[_Union[ObligedSubjects, _Mapping]]] = ..., policy_revision: _Optional[str] = ..., consent_revision: _Optional[str] = ..., consent_age_ms: _Optional[int] = ..., clock_changes_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cache_for_ms: _Optional[int] = ..., decision_id: _Optional[str] = ...) -> None: ...

class Audience(_message.Message):
    __slots__ = ("places", "obligations")
    PLACES_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    places: _containers.RepeatedScalarFieldContainer[int]
    obligations: _containers.RepeatedCompositeFieldContainer[FieldObligation]
    def __init__(self, places: _Optional[_Iterable[int]] = ..., obligations: _Optional[_Iterable[_Union[FieldObligation, _Mapping]]] = ...) -> None: ...

class FieldObligation(_message.Message):
    __slots__ = ("field", "obligation")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OBLIGATION_FIELD_NUMBER: _ClassVar[int]
    field: str
    obligation: _model_pb2.Obligation
    def __init__(self, field: _Optional[str] = ..., obligation: _Optional[_Union[_model_pb2.Obligation, _Mapping]] = ...) -> None: ...

class DeniedSubjects(_message.Message):
    __slots__ = ("subjects", "reason", "unknown_name", "held")
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_NAME_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    subjects: int
    reason: _model_pb2.Reason
    unknown_name: str
    held: bool
    def __init__(self, subjects: _Optional[int] = ..., reason: _Optional[_Union[_model_pb2.Reason, str]] = ..., unknown_name: _Optional[str] = ..., held: _Optional[bool] = ...) -> None: ...

class ObligedSubjects(_message.Message):
    __slots__ = ("subjects", "obligations")
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    subjects: int
    obligations: _containers.RepeatedCompositeFieldContainer[FieldObligation]
    def __init__(self, subjects: _Optional[int] = ..., obligations: _Optional[_Iterable[_Union[FieldObligation, _Mapping]]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: CheckRequest
    def __init__(self, request: _Optional[_Union[CheckRequest, _Mapping]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("response", "fields")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    response: CheckResponse
    fields: _containers.RepeatedCompositeFieldContainer[FieldExplanation]
    def __init__(self, response: _Optional[_Union[CheckResponse, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[FieldExplanation, _Mapping]]] = ...) -> None: ...

class FieldExplanation(_message.Message):
    __slots__ = ("field", "summary", "facts", "choices", "determining_policies", "erring_policies", "remedies")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    DETERMINING_POLICIES_FIELD_NUMBER: _ClassVar[int]
    ERRING_POLICIES_FIELD_NUMBER: _ClassVar[int]
    REMEDIES_FIELD_NUMBER: _ClassVar[int]
    field: str
    summary: str
    facts: Facts
    choices: _containers.RepeatedCompositeFieldContainer[DecidingChoice]
    determining_policies: _containers.RepeatedScalarFieldContainer[str]
    erring_policies: _containers.RepeatedCompositeFieldContainer[PolicyFailure]
    remedies: _containers.RepeatedCompositeFieldContainer[Remedy]
    def __init__(self, field: _Optional[str] = ..., summary: _Optional[str] = ..., facts: _Optional[_Union[Facts, _Mapping]] = ..., choices: _Optional[_Iterable[_Union[DecidingChoice, _Mapping]]] = ..., determining_policies: _Optional[_Iterable[str]] = ..., erring_policies: _Optional[_Iterable[_Union[PolicyFailure, _Mapping]]] = ..., remedies: _Optional[_Iterable[_Union[Remedy, _Mapping]]] = ...) -> None: ...

class Facts(_message.Message):
    __slots__ = ("consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age_band", "basis")
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    BY_GUARDIAN_FIELD_NUMBER: _ClassVar[int]
    OBJECTED_FIELD_NUMBER: _ClassVar[int]
    RESTRICTED_FIELD_NUMBER: _ClassVar[int]
    ERASED_FIELD_NUMBER: _ClassVar[int]
    AGE_BAND_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    consent: str
    explicit: bool
    by_guardian: bool
    objected: bool
    restricted: bool
    erased: bool
    age_band: str
    basis: str
    def __init__(self, consent: _Optional[str] = ..., explicit: _Optional[bool] = ..., by_guardian: _Optional[bool] = ..., objected: _Optional[bool] = ..., restricted: _Optional[bool] = ..., erased: _Optional[bool] = ..., age_band: _Optional[str] = ..., basis: _Optional[str] = ...) -> None: ...

class DecidingChoice(_message.Message):
    __slots__ = ("fact", "category", "kind", "event_id", "notice", "method", "actor", "effective_at", "expires_at")
    FACT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    fact: str
    category: str
    kind: str
    event_id: str
    notice: _model_pb2.NoticeRef
    method: str
    actor: str
    effective_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, fact: _Optional[str] = ..., category: _Optional[str] = ..., kind: _Optional[str] = ..., event_id: _Optional[str] = ..., notice: _Optional[_Union[_model_pb2.NoticeRef, _Mapping]] = ..., method: _Optional[str] = ..., actor: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PolicyFailure(_message.Message):
    __slots__ = ("policy_id", "message")
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    policy_id: str
    message: str
    def __init__(self, policy_id: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Remedy(_message.Message):
    __slots__ = ("consent", "declaration", "policy", "request", "operation")
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    DECLARATION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    consent: AskConsent
    declaration: str
    policy: str
    request: str
    operation: str
    def __init__(self, consent: _Optional[_Union[AskConsent, _Mapping]] = ..., declaration: _Optional[str] = ..., policy: _Optional[str] = ..., request: _Optional[str] = ..., operation: _Optional[str] = ...) -> None: ...

class AskConsent(_message.Message):
    __slots__ = ("consent", "not_before")
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    consent: _model_pb2.ConsentToAsk
    not_before: _timestamp_pb2.Timestamp
    def __init__(self, consent: _Optional[_Union[_model_pb2.ConsentToAsk, _Mapping]] = ..., not_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
