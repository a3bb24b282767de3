"""Keys of boxes: they say what the box is about, so that a no can be told from the key alone, whatever became of it."""

import re
from typing import Final, NamedTuple

from sidecar.model.event import NoticeRef
from sidecar.model.scope import Atom

MAX_KEY_BYTES: Final = 1_024

_KEY: Final = re.compile(
    r"(?P<notice>[^/@]+)@(?P<version>[1-9][0-9]{0,8})"
    r"/(?P<purpose>[^/]+)/(?P<category>[^/]+)/(?P<channel>[^/]+)/(?P<recipient>[^/]+)"
)


class Named(NamedTuple):
    """What a key says."""

    notice: NoticeRef
    atom: Atom


def key_of(notice: NoticeRef, atom: Atom) -> str:
    """The key of the box of *notice* about *atom*; names in catalogs have no slashes."""
    return "/".join((str(notice), *atom))


def named_by(key: str) -> Named | None:
    """What *key* says; ``None`` if it is not one."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    return Named(
        NoticeRef(key=match["notice"], version=int(match["version"])),
        Atom(match["purpose"], match["category"], match["channel"], match["recipient"]),
    )
