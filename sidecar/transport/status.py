"""One table from errors to what a caller may see of them."""

from typing import Final, NamedTuple

import grpc

from sidecar.errors import (
    AnalysisError,
    BundleError,
    ConfigError,
    ConsentLogError,
    CredentialsError,
    DecisionLogError,
    EventConflictError,
    ExportFileError,
    IdentityError,
    KeyFileError,
    LogConflictError,
    LogLostError,
    NotReadyError,
    OutdatedFormError,
    OverloadedError,
    RecordChangedError,
    RecordFullError,
    ReloadError,
    RequestError,
    SidecarError,
    StartOverError,
)

INTERNAL: Final = "internal error"
MAX_TEXT: Final = 500
"""Characters; the text travels in a header, and peers refuse long ones."""


class Status(NamedTuple):
    """How a call ends, and whether that is our fault: then it is reported."""

    code: grpc.StatusCode
    text: str
    ours: bool


class _Row(NamedTuple):
    code: grpc.StatusCode
    text: str | None = None  # None: the error's own
    ours: bool = False


STATUS: Final[dict[type[BaseException], _Row]] = {
    SidecarError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    RequestError: _Row(grpc.StatusCode.INVALID_ARGUMENT),
    RecordFullError: _Row(grpc.StatusCode.FAILED_PRECONDITION),
    CredentialsError: _Row(grpc.StatusCode.UNAUTHENTICATED),
    IdentityError: _Row(grpc.StatusCode.PERMISSION_DENIED),
    OutdatedFormError: _Row(grpc.StatusCode.FAILED_PRECONDITION),
    RecordChangedError: _Row(grpc.StatusCode.ABORTED),
    EventConflictError: _Row(grpc.StatusCode.ALREADY_EXISTS),
    OverloadedError: _Row(grpc.StatusCode.RESOURCE_EXHAUSTED),
    StartOverError: _Row(grpc.StatusCode.FAILED_PRECONDITION),
    NotReadyError: _Row(grpc.StatusCode.UNAVAILABLE),
    ConsentLogError: _Row(
        grpc.StatusCode.UNAVAILABLE,
        "the consent log cannot be read or written; send it again, under the same id",
        ours=True,
    ),
    LogConflictError: _Row(
        grpc.StatusCode.ABORTED, "others keep changing the same record; nothing was recorded, send it again", ours=True
    ),
    LogLostError: _Row(
        grpc.StatusCode.UNAVAILABLE,
        "the consent log was lost or replaced; nothing was recorded, and an operator must restore it",
        ours=True,
    ),
    # Never raised while answering; their texts name files of the server.
    DecisionLogError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    BundleError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    ConfigError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    AnalysisError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    ReloadError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    KeyFileError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
    ExportFileError: _Row(grpc.StatusCode.INTERNAL, INTERNAL, ours=True),
}


def status_of(error: BaseException) -> Status:
    """How a call that met *error* ends; what is not in the table is ``INTERNAL`` with a fixed text."""
    row = next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), None)
    if row is None:
        return Status(grpc.StatusCode.INTERNAL, INTERNAL, ours=True)
    text = str(error) if row.text is None else row.text
    return Status(row.code, text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "...", row.ours)
