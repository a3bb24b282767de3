"""Several questions in one message, and their results: of a batch and of a stream the same bytes."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.errors import RequestError
from sidecar.transport.convert.parsing import parse
from sidecar.transport.convert.text import check_count, check_text
from sidecar.transport.convert.wire import framed, tag
from sidecar.transport.status import Status

MAX_CORRELATION_BYTES: Final = 128

Item: TypeAlias = pb.CheckBatchItem | pb.CheckStreamRequest

_RESULTS: Final = tag(pb.CheckBatchResponse.RESULTS_FIELD_NUMBER, sized=True)
_CORRELATION_ID: Final = tag(pb.CheckBatchResult.CORRELATION_ID_FIELD_NUMBER, sized=True)
_RESPONSE: Final = tag(pb.CheckBatchResult.RESPONSE_FIELD_NUMBER, sized=True)


def read_batch(data: bytes, *, most: int) -> Sequence[pb.CheckBatchItem]:
    """The questions of the ``CheckBatchRequest`` that *data* is, at least one and at most so many.

    Raises ``RequestError`` if it is none, or has none or too many.
    """
    items = parse(pb.CheckBatchRequest, data).items
    check_count(len(items), "items", least=1, most=most)
    return items


def question_of(item: Item) -> pb.CheckRequest:
    """The question of *item*; raises ``RequestError`` if there is none, or what it is called has no good form."""
    check_text(item.correlation_id, "correlation_id", most=MAX_CORRELATION_BYTES, least=0)
    if not item.HasField("request"):
        raise RequestError("request", "absent")
    return item.request


def to_batch(results: Iterable[bytes]) -> bytes:
    """*results* as a ``CheckBatchResponse``."""
    return b"".join([framed(_RESULTS, result) for result in results])


def to_result(item: Item, response: bytes) -> bytes:
    """The *response* to *item* as its result."""
    return _correlated(item) + framed(_RESPONSE, response)


def to_failed(item: Item, status: Status) -> bytes:
    """Why *item* has no response, as its result."""
    code: tuple[int, str] = status.code.value
    error = pb.CheckError(code=code[0], message=status.text)
    return _correlated(item) + pb.CheckBatchResult(error=error).SerializeToString()


def _correlated(item: Item) -> bytes:
    name = item.correlation_id
    return framed(_CORRELATION_ID, name.encode()) if name else b""
