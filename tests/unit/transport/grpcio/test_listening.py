import os
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from sidecar.config import Listener
from sidecar.errors import ConfigError
from sidecar.transport.grpcio.listening import GrpcioListening


@pytest.fixture
def server() -> Iterator[grpc.Server]:
    """A server that is stopped in the end."""
    server = grpc.server(ThreadPoolExecutor(1), options=(("grpc.so_reuseport", 0),))
    yield server
    server.start()  # one that never started keeps its ports
    server.stop(0).wait()


def test_a_free_port_is_told(server: grpc.Server) -> None:
    """Port 0 takes one, and the listener that comes back names it."""
    bound = GrpcioListening(Listener(address="127.0.0.1:0", service="a"), server).bind()

    assert "a" == bound.service
    assert int(bound.address.removeprefix("127.0.0.1:")) > 0


def test_a_port_in_use_is_an_error_that_says_what_to_do(server: grpc.Server) -> None:
    """Also if whoever has it would share it: half of the calls must not go elsewhere."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError) as caught:
            GrpcioListening(Listener(address=address), server).bind()

    assert address in str(caught.value)
    assert "Address already in use" in str(caught.value)
    assert "--listen" in str(caught.value)


def test_an_address_of_another_machine_cannot_be_had(server: grpc.Server) -> None:
    """The system's own reason is told (192.0.2.0/24 is nobody's, RFC 5737)."""
    with pytest.raises(ConfigError, match="Cannot assign requested address"):
        GrpcioListening(Listener(address="192.0.2.1:7070"), server).bind()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_a_socket_file_has_the_mode_that_was_asked_for(server: grpc.Server, tmp_path: Path, mode: int) -> None:
    """Whatever the process's mask is, which is left as it was."""
    path = tmp_path / "s.sock"
    before = os.umask(0o027)
    try:
        GrpcioListening(Listener(address=f"unix:{path}", mode=mode), server).bind()
        after = os.umask(0o027)
    finally:
        os.umask(before)

    assert mode == stat.S_IMODE(path.stat().st_mode)
    assert 0o027 == after


def test_a_socket_file_that_nobody_listens_on_is_replaced(server: grpc.Server, tmp_path: Path) -> None:
    """A process that was killed leaves one behind."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    GrpcioListening(Listener(address=f"unix:{path}"), server).bind()
    with socket.socket(socket.AF_UNIX) as caller:
        refused = caller.connect_ex(str(path))

    assert 0 == refused


def test_a_socket_that_somebody_listens_on_is_left_alone(server: grpc.Server, tmp_path: Path) -> None:
    """Taken over, as grpc does it, the other would hear nothing any more."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        inode = path.stat().st_ino
        with pytest.raises(ConfigError, match="in use"):
            GrpcioListening(Listener(address=f"unix:{path}"), server).bind()

    assert inode == path.stat().st_ino


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone(server: grpc.Server, tmp_path: Path, kind: str) -> None:
    """A file that a mistyped path names is not removed."""
    path = tmp_path / "precious"
    match kind:
        case "file":
            path.write_text("keep")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="no socket"):
        GrpcioListening(Listener(address=f"unix:{path}"), server).bind()

    assert path.is_symlink() or path.exists()


def test_a_folder_that_is_not_there_is_an_error(server: grpc.Server, tmp_path: Path) -> None:
    """It is not made: a socket in the wrong place helps nobody."""
    with pytest.raises(ConfigError, match="absent"):
        GrpcioListening(Listener(address=f"unix:{tmp_path / 'absent' / 's.sock'}"), server).bind()
