"""Every error has a status, and no status tells more than it should."""

import inspect

import grpc
import pytest

from sidecar import errors
from sidecar.errors import (
    BundleError,
    ConfigError,
    ConsentLogError,
    CredentialsError,
    DecisionLogError,
    EventConflictError,
    IdentityError,
    KeyFileError,
    LogConflictError,
    NotReadyError,
    OutdatedFormError,
    OverloadedError,
    RecordChangedError,
    RecordFullError,
    RequestError,
    SidecarError,
    StartOverError,
)
from sidecar.transport.status import INTERNAL, MAX_TEXT, STATUS, status_of


def every_class() -> set[type[BaseException]]:
    """The classes that `sidecar.errors` defines."""
    return {
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, BaseException) and value.__module__ == errors.__name__
    }


def test_every_error_is_in_the_table_and_nothing_else() -> None:
    """A class that is added must be given a status, one that goes must leave the table."""
    assert every_class() == set(STATUS)


def test_every_error_has_a_code_of_its_own() -> None:
    """Codes are stable and documented: no two classes share one."""
    codes = [kind.code for kind in every_class() if issubclass(kind, SidecarError)]

    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (RequestError("fields[3]", "empty"), "INVALID_ARGUMENT", "`fields[3]`: empty"),
        (RecordFullError("event", "full"), "FAILED_PRECONDITION", "`event`: full"),
        (CredentialsError("no token"), "UNAUTHENTICATED", "no token"),
        (IdentityError("not you"), "PERMISSION_DENIED", "not you"),
        (EventConflictError("e1"), "ALREADY_EXISTS", "event id `e1` was used before with another body"),
        (OutdatedFormError("list again"), "FAILED_PRECONDITION", "list again"),
        (
            RecordChangedError(),
            "ABORTED",
            "others keep changing the same record; nothing was recorded, send it again",
        ),
        (OverloadedError("too much"), "RESOURCE_EXHAUSTED", "too much"),
        (NotReadyError("starting"), "UNAVAILABLE", "starting"),
        (
            StartOverError("gone"),
            "FAILED_PRECONDITION",
            "gone; start over (`from_start`), and forget whoever is not told of until `caught_up`",
        ),
    ],
)
def test_callers_are_told_what_they_can_mend(error: SidecarError, code: str, text: str) -> None:
    """These are theirs, or pass: the error's own text, and nothing is reported."""
    status = status_of(error)

    assert (grpc.StatusCode[code], text, False) == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConsentLogError("/var/lib/secret/consent.db: disk full"), "UNAVAILABLE"),
        (LogConflictError("/var/lib/secret/consent.db: conflict"), "ABORTED"),
        (BundleError(()), "INTERNAL"),
        (ConfigError("/etc/secret"), "INTERNAL"),
        (DecisionLogError("/etc/secret"), "INTERNAL"),
        (KeyFileError("/etc/secret"), "INTERNAL"),
        (SidecarError("secret"), "INTERNAL"),
        (KeyError("secret"), "INTERNAL"),
        (Exception("secret"), "INTERNAL"),
        (AssertionError(), "INTERNAL"),
    ],
)
def test_what_is_ours_is_reported_and_not_repeated(error: Exception, code: str) -> None:
    """Callers get a fixed text; whoever operates the sidecar gets the rest."""
    status = status_of(error)

    assert (grpc.StatusCode[code], True) == (status.code, status.ours)
    assert "secret" not in status.text
    assert status.text == INTERNAL or code != "INTERNAL"


def test_a_subclass_has_the_status_of_its_nearest_ancestor() -> None:
    """Also one that the table does not know."""

    class NewError(EventConflictError):
        pass

    assert grpc.StatusCode.ALREADY_EXISTS is status_of(NewError("e")).code


def test_texts_fit_into_a_header() -> None:
    """A long name in the message must not make the peer refuse the answer."""
    assert MAX_TEXT == len(status_of(RequestError("fields[0]", "x" * 10_000)).text)
