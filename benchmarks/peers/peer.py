"""What any other engine must be able to do to be measured beside the sidecar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from benchmarks.load.compare import Side
from benchmarks.load.h2load import Load
from benchmarks.servers.process import Process

if TYPE_CHECKING:
    import grpc

_LEEWAY_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, with all that the answer depends on."""

    service: str
    purpose: str
    categories: Mapping[str, str]  # by field
    consent: str
    minor: bool
    restricted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is decided by: the same for every peer."""

    uses: Mapping[str, Mapping[str, Sequence[str]]]  # by service, the ``purposes`` and ``categories`` it may use
    marketing: Sequence[str]  # purposes that are closed to minors


class Peer(Protocol):
    """Another engine that runs."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def method(self) -> str:
        """What to call."""

    @property
    def most_fields(self) -> int:
        """How many fields one question may be about."""

    @property
    def process(self) -> Process:
        """Its process."""

    def message(self, asked: Asked) -> bytes:
        """*asked* as bytes."""

    def allowed(self, asked: Asked) -> list[bool]:
        """Whether each field is allowed, in their order."""


def ask(peer: Peer, message: bytes) -> bytes:
    """What *peer* answers to *message*."""
    with peer.process.channel() as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(peer.method)
        answer: bytes = call(message, timeout=10)
        return answer


def side(peer: Peer, asked: Asked) -> Side:
    """*peer* as one of those that are compared by a question."""
    message = peer.message(asked)
    size = len(ask(peer, message))
    return Side(
        name=peer.name,
        load=Load(socket=peer.process.socket, method=peer.method, message=message),
        answers=(max(0, size - _LEEWAY_BYTES), size + _LEEWAY_BYTES),
        processor_seconds=peer.process.processor_seconds,
    )
