"""Named contents as one gzipped tar file, in exactly one way: what is not written that way is not read.

Every header has the same owner, mode and time, so the same members are the same bytes. Reading compares each header
with the one that would be written for its name and size. So there is nothing to extract and nothing to interpret:
links, devices, folders, extended headers and sparse files are all refused, by name where they have one.
"""

import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from sidecar.policy.source.limits import ENTRIES, FILE_BYTES, TOTAL_BYTES
from sidecar.policy.source.refusal import RefusedError

ARCHIVE_BYTES: Final = TOTAL_BYTES + 2 * FILE_BYTES + (ENTRIES + 4) * 2 * tarfile.BLOCKSIZE
"""How much an archive may be, unpacked: the limits of a bundle, manifest and signature, headers and padding."""

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
# No name, no time, compressed well, on no system in particular: `zlib` itself would write the one it was built for.
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LEVEL: Final = 9
_KINDS: Final = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.DIRTYPE: "a folder",
    tarfile.XHDTYPE: "an extended header, which could say another name and size",
    tarfile.XGLTYPE: "an extended header, which could say another name and size",
}
_BUILD: Final = "make it with `sidecar policy build`"


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive of *members*, in their order; the same bytes for the same members and the same zlib.

    Raises ``RefusedError`` if a name is too long for it.
    """
    tar = b"".join(
        part for name, content in members.items() for part in (_header(name, len(content)), content, _padding(content))
    )
    tar += _END
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    trailer = zlib.crc32(tar).to_bytes(4, "little") + len(tar).to_bytes(4, "little")
    return _GZIP_HEADER + deflate.compress(tar) + deflate.flush() + trailer


def unpack(archive: bytes) -> dict[str, bytes]:
    """The members of *archive* in their order; raises ``RefusedError`` if it is not as ``pack`` writes them."""
    members: dict[str, bytes] = {}
    for name, content in _members(_inflated(archive)):
        if name in members:
            raise refused(f"the member `{name}` is there twice")
        members[name] = content
    return members


def refused(message: str, hint: str = _BUILD) -> RefusedError:
    """The refusal of an archive."""
    return RefusedError("bundle.archive", message, hint)


def _inflated(archive: bytes) -> bytes:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)  # with a header of gzip; checks length and checksum at the end
    try:
        tar = inflate.decompress(archive, ARCHIVE_BYTES + 1)
    except zlib.error as error:
        if not archive.startswith(_GZIP_HEADER[:2]):
            raise refused("not a gzipped archive") from error
        raise refused("the archive is damaged", "copy or download it again") from error
    if len(tar) > ARCHIVE_BYTES:
        raise RefusedError("bundle.size", f"more than {ARCHIVE_BYTES:,} bytes when unpacked", _BUILD)
    if not inflate.eof:
        raise refused("the archive is cut off", "copy or download it again")
    if inflate.unused_data:
        raise refused("there is something behind the end of the archive")
    return tar


def _members(tar: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while (block := tar[at : at + _BLOCK]) != _END[:_BLOCK]:
        name, size = _read_header(block)
        at += _BLOCK
        content = tar[at : at + size]
        at += size + len(_padding(content))
        if at > len(tar):
            raise refused(f"the archive ends within the member `{name}`")
        yield name, content
    if tar[at:] != _END:
        raise refused("there is something behind the last member")


def _read_header(block: bytes) -> tuple[str, int]:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise refused("the archive has no end, or a damaged member") from error
    name = ascii(info.name)[1:-1]
    if info.type != tarfile.REGTYPE:
        raise refused(f"the member `{name}` is {_KINDS.get(info.type, 'not a plain file')}")
    if not _is_plain(info.name):
        raise refused(f"the member `{name}` has a name that leads out of the bundle")
    if not 0 <= info.size <= FILE_BYTES:
        message = f"the member `{name}` has {info.size:,} bytes; {FILE_BYTES:,} is the limit"
        raise RefusedError("bundle.size", message, _BUILD)
    if _header(info.name, info.size) != block:
        raise refused(f"the member `{name}` was not written by `sidecar policy build`")
    return info.name, info.size


def _is_plain(name: str) -> bool:
    return name.isprintable() and all(part not in ("", ".", "..") for part in name.split("/")) and "\\" not in name


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
    except ValueError as error:
        hint = "100 bytes for the file and 155 for its folders"
        raise refused(f"the name `{name}` is too long for an archive", hint) from error


def _padding(content: bytes) -> bytes:
    return bytes(-len(content) % _BLOCK)
