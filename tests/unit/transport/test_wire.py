"""Bytes by hand against those of protobuf."""

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.transport.convert.wire import framed, tag, varint

NUMBERS = [1, 0x7F, 0x80, 0x3FFF, 0x4000, 2**31, 2**63 - 1]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_written_as_protobuf_does(number: int) -> None:
    """Of any size."""
    field = tag(pb.CheckResponse.CACHE_FOR_MS_FIELD_NUMBER, sized=False)

    assert pb.CheckResponse(cache_for_ms=number).SerializeToString() == field + varint(number)


@pytest.mark.parametrize("size", [1, 0x7F, 0x80, 0x4000])
def test_a_text_is_written_as_protobuf_does(size: int) -> None:
    """However long."""
    field = tag(pb.CheckResponse.DECISION_ID_FIELD_NUMBER, sized=True)

    assert pb.CheckResponse(decision_id="x" * size).SerializeToString() == framed(field, b"x" * size)
