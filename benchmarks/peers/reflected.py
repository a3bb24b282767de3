"""Messages of another server's protocol, by what it says of itself: no protocol files of others are needed."""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


class Messages:
    """The messages that the server behind *channel* reflects."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))

    def encode(self, message: str, value: Mapping[str, Any]) -> bytes:
        """*value* as the bytes of the message with this full name; names as in its file."""
        made = GetMessageClass(self._pool.FindMessageTypeByName(message))()
        ParseDict(dict(value), made)
        return made.SerializeToString()

    def decode(self, message: str, data: bytes) -> dict[str, Any]:
        """What *data*, the bytes of such a message, says."""
        read = GetMessageClass(self._pool.FindMessageTypeByName(message)).FromString(data)
        return MessageToDict(read, preserving_proto_field_name=True)
