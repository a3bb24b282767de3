"""The questions that the benchmarks ask, as bytes."""

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.worlds.bundle import FIELDS, PURPOSE, SERVICE
from benchmarks.worlds.people import AGREED
from sidecar.api.v1 import authorization_pb2, model_pb2

CHECK: Final = "/sidecar.api.v1.AuthorizationService/Check"
CHECK_BATCH: Final = "/sidecar.api.v1.AuthorizationService/CheckBatch"
CHECK_STREAM: Final = "/sidecar.api.v1.AuthorizationService/CheckStream"
FILTER_SUBJECTS: Final = "/sidecar.api.v1.AuthorizationService/FilterSubjects"


def question(fields: int, subject: str = AGREED) -> authorization_pb2.CheckRequest:
    """About so many fields of one person."""
    return about(FIELDS[:fields], subject)


def about(fields: Sequence[str], subject: str) -> authorization_pb2.CheckRequest:
    """About these fields of one person."""
    return authorization_pb2.CheckRequest(
        service=SERVICE, action=model_pb2.ACTION_USE, subject=subject, fields=fields, purpose=PURPOSE
    )


def batch(subjects: Iterable[str]) -> bytes:
    """A question about one field of each person, in one message."""
    items = (
        authorization_pb2.CheckBatchItem(correlation_id=f"{number}", request=question(1, subject))
        for number, subject in enumerate(subjects)
    )
    return authorization_pb2.CheckBatchRequest(items=items).SerializeToString()
