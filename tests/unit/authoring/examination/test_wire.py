"""Messages on a pipe: they arrive as they were, and nothing else becomes one."""

import os
import pickle
from io import BytesIO

import pytest

from sidecar.authoring.examination import wire
from sidecar.authoring.examination.messages import End, Ending, Order
from sidecar.authoring.examination.wire import Reader, Writer
from sidecar.errors import ReloadError
from sidecar.model.vocabulary import Reason

MESSAGES = [
    Order(source="a", serving="b", seconds=60),
    {"key" * 9: Reason.FORBIDDEN, "again": ("key" * 9, None, 1.5)},
    frozenset({"x"}),
    End(ending=Ending.GOOD),
]


def written(*messages: object) -> bytes:
    """What a writer writes."""
    stream = BytesIO()
    writer = Writer(stream)
    for message in messages:
        writer.send(message)
    return stream.getvalue()


def read(reader: Reader) -> list[object]:
    """Every message that is complete."""
    return list(iter(reader.next, None))


def framed(payload: bytes) -> bytes:
    """*payload* with its length."""
    return len(payload).to_bytes(4, "big") + payload


@pytest.mark.parametrize("size", [1, 3, 7, 1_000_000])
def test_messages_arrive_as_they_were(size: int) -> None:
    """In whatever pieces the pipe delivers them."""
    data, reader, got = written(*MESSAGES), Reader(), []
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        got += read(reader)

    assert MESSAGES == got


def test_many_messages_arrive() -> None:
    """More than one pickler writes."""
    messages = [{"name": number} for number in range(1_000)]
    reader = Reader()
    reader.feed(written(*messages))

    assert messages == read(reader)


def test_a_name_that_comes_again_is_sent_once() -> None:
    """Messages that are close share a memo."""
    name = "n" * 1_000
    assert len(written(name, name)) < 1_100


class Opens:
    """Would run a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("false",)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        framed(b"not a pickle"),
        framed(b""),
        framed(pickle.dumps(Opens())),
        framed(pickle.dumps(os.path.join)),
        framed(pickle.dumps(Ending)[:-5]),
        framed(b"csidecar.policy.bundle\nload_bundle\n."),
        framed(b"csidecar.policy.bundle\nno_such_thing\n."),
    ],
    ids=["length", "garbage", "empty", "command", "function", "cut", "function-of-ours", "unknown"],
)
def test_what_no_writer_writes_is_no_message(data: bytes) -> None:
    """A pickle may name any function: here only values of the project are made."""

    def read() -> None:
        reader = Reader()
        reader.feed(data)
        reader.next()

    with pytest.raises(ReloadError, match="no message"):
        read()


def test_messages_without_end_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a bound on all of them together."""
    monkeypatch.setattr(wire, "MOST_BYTES", 10)

    with pytest.raises(ReloadError, match="more than 10 bytes"):
        Reader().feed(b"x" * 11)
