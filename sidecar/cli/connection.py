"""Calls from the command line to a running sidecar."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import click
import grpc
from google.protobuf.message import Message

from sidecar.cli.failure import CommandError, Failure
from sidecar.client.answer import SPLIT, is_too_large

DEFAULT_ADDRESS: Final = "127.0.0.1:7070"
DEFAULT_TOKEN_FILE: Final = Path(".data/operator.token")
TIMEOUT_SECONDS: Final = 10.0

_RECONNECT_MILLISECONDS: Final = 1_000
"""How long to wait at most before looking again for a sidecar that is away: grpc's own two minutes are for networks."""

_M = TypeVar("_M", bound=Message)
_F = TypeVar("_F", bound=Callable[..., Any])


def address_option(command: _F) -> _F:
    """Add ``--address`` to *command*."""
    return click.option(
        "--address",
        default=DEFAULT_ADDRESS,
        show_default=True,
        envvar="SIDECAR_ADDRESS",
        show_envvar=True,
        help="Where the sidecar listens: HOST:PORT or unix:PATH.",
    )(command)


def token_option(command: _F) -> _F:
    """Add ``--token-file`` to *command*."""
    return click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        default=DEFAULT_TOKEN_FILE,
        show_default=True,
        envvar="SIDECAR_TOKEN_FILE",
        show_envvar=True,
        help="File with the operator's token, which the server wrote to its data folder.",
    )(command)


def read_token(path: Path) -> str:
    """The token in *path*; ``CommandError`` if there is none."""
    hint = "the server wrote operator.token to its data folder: name that file with --token-file or SIDECAR_TOKEN_FILE"
    try:
        token = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise _no_token(f"there is no token file `{path}`", hint) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _no_token(f"the token file `{path}` cannot be read: {error}", hint) from error
    if not token.isascii() or not token.isprintable() or not token:
        raise _no_token(f"the token file `{path}` holds no token", hint)
    return token


def _no_token(message: str, hint: str) -> CommandError:
    return CommandError(Failure(code="token", message=message, hint=hint))


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API by its full name."""

    path: str

    @classmethod
    def of(cls, service: str, name: str) -> Self:
        """Method *name* of *service* in the package of this project."""
        return cls(f"/sidecar.api.v1.{service}/{name}")


class Connection:
    """A channel to the sidecar at *address*, with the operator's *token* if there is one."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        options = (("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", _RECONNECT_MILLISECONDS))
        self._channel = grpc.insecure_channel(address, options=options)

    def call(self, method: Method, request: Message, answer: type[_M]) -> _M:
        """The answer to *request*; ``CommandError`` if there is none."""
        call: grpc.UnaryUnaryMultiCallable[Message, _M] = self._channel.unary_unary(
            method.path, request_serializer=_serialize, response_deserializer=answer.FromString
        )
        try:
            return call(request, timeout=TIMEOUT_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._failed(error) from error

    def exchange(self, method: Method, requests: Iterator[Message], answer: type[_M]) -> Iterable[_M]:
        """The answers to a stream of *requests*, as they come; ``CommandError`` when it breaks."""
        call: grpc.StreamStreamMultiCallable[Message, _M] = self._channel.stream_stream(
            method.path, request_serializer=_serialize, response_deserializer=answer.FromString
        )
        yield from self._each(call(requests, metadata=self._metadata))

    def listen(self, method: Method, request: Message, answer: type[_M]) -> Iterator[_M]:
        """The answers to *request* as they come, for as long as they do; ``CommandError`` when that breaks."""
        call: grpc.UnaryStreamMultiCallable[Message, _M] = self._channel.unary_stream(
            method.path, request_serializer=_serialize, response_deserializer=answer.FromString
        )
        yield from self._each(call(request, metadata=self._metadata))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def _each(self, answers: Any) -> Iterator[Any]:  # noqa: ANN401 - a call whose type grpc does not name
        try:
            yield from answers
        except grpc.RpcError as error:
            raise self._failed(error) from error
        finally:
            answers.cancel()

    def _failed(self, error: grpc.RpcError) -> CommandError:
        if not isinstance(error, grpc.Call):  # never seen; grpc's types allow it
            return CommandError(Failure(code="unknown", message=str(error)))
        return CommandError(failure_of_status(error.code(), error.details() or "", self.address))


def failure_of_status(status: grpc.StatusCode, detail: str, address: str) -> Failure:
    """What to tell when a call to *address* ended with *status*."""
    code = status.name.lower()
    match status:
        case grpc.StatusCode.UNAVAILABLE:
            runs = "consent log" in detail  # it has said so itself
            hint = "is it running? `sidecar serve` starts one, --address says where it listens"
            message = f"the sidecar at `{address}`{'' if runs else ' is unavailable'}: {detail}"
            return Failure(code=code, message=message, hint="`sidecar status` says why" if runs else hint)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"the sidecar at `{address}` did not answer within {TIMEOUT_SECONDS:g} s"
            return Failure(code=code, message=message, hint="see `sidecar healthcheck`")
        case grpc.StatusCode.UNAUTHENTICATED:
            hint = "use the operator.token in the data folder of this very server: --token-file, or SIDECAR_TOKEN_FILE"
            return Failure(code=code, message=f"the sidecar at `{address}` does not accept the token", hint=hint)
        case grpc.StatusCode.RESOURCE_EXHAUSTED if is_too_large(detail):
            return Failure(code=code, message=f"too much for one call: {detail}", hint=SPLIT)
        case grpc.StatusCode.UNIMPLEMENTED:
            return Failure(code=code, message=detail or "this sidecar cannot do that", hint="")
        case _:
            return Failure(code=code, message=detail or f"the call ended with {status.name}")


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
