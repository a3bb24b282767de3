"""What a consumer says of each message that it delivers, in the subject to acknowledge it on."""

from typing import NamedTuple

from sidecar.model.instant import Instant


class Delivery(NamedTuple):
    """Where a message stands."""

    position: int  # sequence in the stream
    number: int  # sequence among what the consumer delivered; it jumps where something was lost on the way
    at: Instant  # when it was appended, by the clock of the stream's leader
    pending: int  # how many more the consumer has


def delivery(reply: str) -> Delivery:
    """What *reply* says; raises ``ValueError`` if it is none.

    ``$JS.ACK.<stream>.<consumer>.<delivered>.<position>.<number>.<time>.<pending>``, of newer servers with domain and
    account before the stream: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md.
    """
    parts = reply.split(".")
    if len(parts) < 9 or parts[1] != "ACK":
        raise ValueError(reply)
    at = 5 if len(parts) == 9 else 7
    return Delivery(int(parts[at]), int(parts[at + 1]), int(parts[at + 2]) // 1_000, int(parts[at + 3]))
