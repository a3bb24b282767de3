"""What a stream says of itself."""

import pytest
from msgspec import json

from sidecar.consent.nats.meta import Meta, from_bytes, to_bytes
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError
from tests.unit.consent.desk import KEY

PSEUDONYMS = Pseudonyms(KEY)
LOG_ID = "0123456789abcdef"
META = Meta(log_id=LOG_ID, key_id=PSEUDONYMS.key_id, descends_from=("f" * 16,))


def changed(**what: object) -> bytes:
    """What was written, but for some of it."""
    return json.encode(json.decode(to_bytes(META, PSEUDONYMS)) | what)


def test_what_was_written_is_read() -> None:
    """With a code of its own."""
    meta = from_bytes(to_bytes(META, PSEUDONYMS), PSEUDONYMS, name="log", log_id=LOG_ID)

    assert META.authenticated(PSEUDONYMS.authenticate) == meta
    assert (LOG_ID, ("f" * 16,)) == (meta.log_id, meta.descends_from)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"", ["damaged"], id="empty"),
        pytest.param(b'{"version":1}', ["damaged"], id="incomplete"),
        pytest.param(b'{"version":2}', ["version 2", "knows 1", "program that wrote it"], id="version"),
        pytest.param(changed(key_id="e" * 16), ["e" * 16, PSEUDONYMS.key_id, "key file"], id="key"),
        pytest.param(changed(log_id="e" * 16), ["not written by"], id="log"),
        pytest.param(changed(descends_from=["e" * 16]), ["not written by"], id="forged"),
        pytest.param(changed(code=""), ["not written by"], id="without-a-code"),
    ],
)
def test_anything_else_is_refused_and_told(data: bytes, told: list[str]) -> None:
    """With what to do."""
    with pytest.raises(ConsentLogError) as caught:
        from_bytes(data, PSEUDONYMS, name="log", log_id=LOG_ID)

    assert [] == [part for part in told if part not in str(caught.value)]
