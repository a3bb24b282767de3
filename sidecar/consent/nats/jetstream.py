"""What is asked of JetStream, and its answers; https://docs.nats.io/reference/reference-protocols/nats_api_reference.

Everything goes to the leader of the stream, which has all that was acknowledged. Whatever fails is a
``ConsentLogError`` that says what to do.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import DecodeError, Struct, field, json

from sidecar.consent.nats.asking import Reply
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.names import MARKS
from sidecar.errors import ConsentLogError, LogConflictError

NO_RESPONDERS: Final = "503"

_FETCH_NANOSECONDS: Final = 250_000_000
"""How long a consumer may take to say that it has fewer messages than were asked for; older servers never say it."""

_STREAM_NOT_FOUND = 10_059
_NO_MESSAGE = 10_037
_WRONG_LAST_SEQUENCE = (10_071, 10_164)
_NAME_IN_USE = 10_058
_NO_JETSTREAM = (10_039, 10_076)
_FULL = (10_023, 10_028, 10_047, 10_052, 10_077)
"""Resources of server, account or stream; https://github.com/nats-io/nats-server/blob/main/server/errors.json."""


class Refusal(Struct):
    """Why something was refused."""

    code: int
    description: str = ""
    err_code: int = 0


class _Answer(Struct, kw_only=True):
    """What every answer has in common."""

    error: Refusal | None = None


class _Config(Struct):
    subjects: tuple[str, ...] = ()


class _State(Struct):
    messages: int = 0
    first_seq: int = 0
    last_seq: int = 0


class _Stream(_Answer):
    config: _Config = field(default_factory=_Config)
    state: _State = field(default_factory=_State)


class Stored(Struct):
    """A message as the stream keeps it."""

    subject: str
    seq: int
    data: bytes = b""


class _Message(_Answer):
    message: Stored | None = None


class _Acknowledged(_Answer):
    seq: int = 0


class Consumer(_Answer):
    """A consumer, and how many messages it has to deliver."""

    name: str = ""
    num_pending: int = 0


_Answered = TypeVar("_Answered", bound=_Answer)


class StreamState(NamedTuple):
    """How a stream is."""

    subjects: tuple[str, ...]
    messages: int
    first: int  # sequence of the first message
    last: int  # sequence that was given last


class JetStream:
    """The stream *stream*, by way of *connection*. Safe for any number of threads."""

    def __init__(self, connection: Connection, stream: str) -> None:
        self._connection = connection
        self.stream: Final = stream
        self.name: Final = connection.name

    def state(self) -> StreamState | None:
        """How the stream is; ``None`` if there is none."""
        return self.read_state(self.ask_state())

    def ask_state(self) -> Future[Reply]:
        """Ask how the stream is; see ``read_state``."""
        return self._connection.ask(f"$JS.API.STREAM.INFO.{self.stream}")

    def read_state(self, asked: Future[Reply]) -> StreamState | None:
        """How the stream is, as was asked; waits for it."""
        answer = self._read(self._connection.wait(asked), _Stream)
        if _is(answer, _STREAM_NOT_FOUND):
            return None
        self._raise(answer)
        state = answer.state
        return StreamState(answer.config.subjects, state.messages, state.first_seq, state.last_seq)

    def create(self, config: Mapping[str, Any]) -> None:
        """Make the stream; raises ``ConsentLogError`` if there is one already."""
        answer = self._call(f"STREAM.CREATE.{self.stream}", json.encode({"name": self.stream, **config}), _Stream)
        if _is(answer, _NAME_IN_USE):
            raise ConsentLogError(f"{self.name}: the stream `{self.stream}` is there; {KEEP}")
        self._raise(answer)

    def delete(self) -> None:
        """Remove the stream and all in it; nothing if there is none."""
        answer = self._call(f"STREAM.DELETE.{self.stream}", b"", _Answer)
        if not _is(answer, _STREAM_NOT_FOUND):
            self._raise(answer)

    def last(self, subject: str) -> Stored | None:
        """The last message on *subject*; ``None`` if there is none."""
        return self.read_message(self.ask_last(subject))

    def ask_last(self, subject: str) -> Future[Reply]:
        """Ask for the last message on *subject*; see ``read_message``."""
        return self._ask_message({"last_by_subj": subject})

    def next(self, subject: str, *, at_least: int) -> Stored | None:
        """The first message on *subject* whose sequence is *at_least* that; ``None`` if there is none."""
        return self._get({"seq": at_least, "next_by_subj": subject})

    def walk(self, subject: str, *, after: int = 0) -> Iterator[Stored]:
        """The messages on *subject* behind a sequence, in their order; one question each."""
        while (stored := self.next(subject, at_least=after + 1)) is not None:
            yield stored
            after = stored.seq

    def publish(
        self, subject: str, payload: bytes, *, expected: int | None = None, replacing: bool = False
    ) -> Future[Reply]:
        """Have a message on its way; see ``sequence``.

        With *expected* it is taken only if that is the sequence of the last on *subject*, 0: none; *replacing* removes
        all earlier ones.
        """
        headers = {"Nats-Expected-Stream": self.stream}
        if expected is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expected)
        if replacing:
            headers["Nats-Rollup"] = "sub"
        return self._connection.ask(subject, payload, headers)

    def sequence(self, published: Future[Reply]) -> int:
        """The sequence of what was published; waits for it.

        Raises ``LogConflictError`` if something else was expected to be the last, else ``ConsentLogError``.
        """
        answer = self._read(self._connection.wait(published), _Acknowledged)
        if answer.error is not None and answer.error.err_code in _WRONG_LAST_SEQUENCE:
            raise LogConflictError("another entry of the same subject was appended first")
        self._raise(answer)
        return answer.seq

    def purge(self, subject: str, *, before: int) -> None:
        """Remove what is on *subject* with a sequence lower than *before*."""
        request = json.encode({"filter": subject, "seq": before})
        self._raise(self._call(f"STREAM.PURGE.{self.stream}", request, _Answer))

    def erase(self, sequence: int) -> None:
        """Overwrite and remove one message, if it is there."""
        answer = self._call(f"STREAM.MSG.DELETE.{self.stream}", json.encode({"seq": sequence}), _Answer)
        if answer.error is not None and self._get({"seq": sequence}) is not None:
            self._raise(answer)

    def consume(self, config: Mapping[str, Any]) -> Consumer:
        """Make a consumer that is gone when nobody uses it."""
        request = json.encode({"stream_name": self.stream, "config": config})
        answer = self._call(f"CONSUMER.CREATE.{self.stream}", request, Consumer)
        self._raise(answer)
        return answer

    def fetch(self, consumer: str, wanted: int, inbox: str) -> None:
        """Have *wanted* messages sent to *inbox*, and a status if the consumer has fewer."""
        request = json.encode({"batch": wanted, "no_wait": True, "expires": _FETCH_NANOSECONDS})
        self._connection.say(f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{consumer}", request, inbox)

    def drop(self, consumer: str) -> None:
        """Be done with a consumer; it goes by itself too, only later."""
        self._connection.ask(f"$JS.API.CONSUMER.DELETE.{self.stream}.{consumer}")

    def _get(self, request: Mapping[str, Any]) -> Stored | None:
        return self.read_message(self._ask_message(request))

    def _ask_message(self, request: Mapping[str, Any]) -> Future[Reply]:
        return self._connection.ask(f"$JS.API.STREAM.MSG.GET.{self.stream}", json.encode(request))

    def read_message(self, asked: Future[Reply]) -> Stored | None:
        """The message that was asked for; waits for it. ``None`` if there is none."""
        answer = self._read(self._connection.wait(asked), _Message)
        if _is(answer, _NO_MESSAGE):
            return None
        self._raise(answer)
        return answer.message

    def _call(self, what: str, request: bytes, kind: type[_Answered]) -> _Answered:
        return self._read(self._connection.wait(self._connection.ask(f"$JS.API.{what}", request)), kind)

    def _read(self, reply: Reply, kind: type[_Answered]) -> _Answered:
        if reply.status == NO_RESPONDERS:
            raise ConsentLogError(
                f"{self.name}: nobody answers for the stream `{self.stream}`: it is gone, has no leader just now, or"
                " JetStream is not enabled for this account"
            )
        try:
            return json.decode(reply.data, type=kind)
        except DecodeError as error:
            raise ConsentLogError(f"{self.name}: the server's answer makes no sense ({error})") from error

    def _raise(self, answer: _Answer) -> None:
        if answer.error is not None:
            raise ConsentLogError(f"{self.name}: {said(answer.error, self.stream)}")


KEEP: Final = "nothing was touched; if it holds nothing that is needed, delete it (`nats stream rm`), or name another"


def said(refusal: Refusal, stream: str) -> str:
    """What *refusal* means, and what to do."""
    description = f"{refusal.description or 'no reason given'}, code {refusal.err_code}"
    if refusal.err_code in _FULL:
        return f"the stream `{stream}` or its server is full ({description}); make room and try again"
    if refusal.err_code in _NO_JETSTREAM:
        return f"JetStream is not enabled ({description}); enable it for this server and account"
    if refusal.err_code == _STREAM_NOT_FOUND and stream.endswith(MARKS):
        return f"there is no stream `{stream}`, which keeps how far consumers have come; the runbook has how to make it"
    if refusal.err_code == _STREAM_NOT_FOUND:
        return f"there is no stream `{stream}`; {INIT}"
    return f"the server refuses ({description})"


INIT: Final = (
    "if there never was one, make it: `sidecar consent init`; if it was lost, bring it back from an export:"
    " `sidecar consent restore`; an empty log would forget every no"
)


def _is(answer: _Answer, err_code: int) -> bool:
    return answer.error is not None and answer.error.err_code == err_code
