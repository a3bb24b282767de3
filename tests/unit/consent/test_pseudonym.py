"""Pseudonyms, seals, and the file that keys both."""

import os
import stat
from hashlib import blake2b
from pathlib import Path
from threading import Barrier, Thread

import pytest

from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError
from tests.unit.consent.desk import KEY

OTHER_KEY = bytes(32)


def test_a_subject_always_has_the_same_pseudonym() -> None:
    """Under one key: logs are full of them, so this must not change. Another key gives another."""
    keyed = blake2b(key=KEY, digest_size=32, person=b"pseudonym").digest()
    expected = blake2b("person-1 ä".encode(), key=keyed, digest_size=16).digest()

    assert expected == Pseudonyms(KEY).of("person-1 ä")
    assert expected != Pseudonyms(OTHER_KEY).of("person-1 ä")
    assert expected != Pseudonyms(KEY).of("person-2 ä")


def test_the_key_id_tells_keys_apart_and_not_the_key() -> None:
    """It goes into logs and messages."""
    key_id = Pseudonyms(KEY).key_id

    assert key_id == Pseudonyms(KEY).key_id
    assert key_id != Pseudonyms(OTHER_KEY).key_id
    assert 16 == len(bytes.fromhex(key_id)) * 2
    assert bytes.fromhex(key_id) not in KEY


def test_content_has_a_code_that_only_the_key_gives() -> None:
    """It is kept in logs, so it must not change; other content has another one, so has a subject its pseudonym."""
    keyed = blake2b(key=KEY, digest_size=32, person=b"row").digest()
    expected = blake2b(b"content", key=keyed, digest_size=16).digest()

    assert expected == Pseudonyms(KEY).authenticate(b"content")
    assert expected != Pseudonyms(OTHER_KEY).authenticate(b"content")
    assert expected != Pseudonyms(KEY).authenticate(b"contenu")
    assert expected != Pseudonyms(KEY).of("content")


def test_what_is_sealed_can_be_unsealed() -> None:
    """It differs each time and shows nothing of the id."""
    pseudonyms = Pseudonyms(KEY)
    one, other = pseudonyms.seal("person-1 ä"), pseudonyms.seal("person-1 ä")

    assert one != other
    assert b"person" not in one
    assert ["person-1 ä"] * 2 == [pseudonyms.unseal(one), pseudonyms.unseal(other)]


@pytest.mark.parametrize(
    "sealed",
    [b"", b"short", Pseudonyms(OTHER_KEY).seal("a"), Pseudonyms(KEY).seal("a")[:-1], bytes(40)],
    ids=["empty", "short", "another key", "cut", "zeros"],
)
def test_a_broken_seal_is_an_error(sealed: bytes) -> None:
    """Never some other id."""
    with pytest.raises(ConsentLogError, match="sealed"):
        Pseudonyms(KEY).unseal(sealed)


def test_the_first_start_makes_a_private_key_file(tmp_path: Path) -> None:
    """Readable by its owner only, with nothing left beside it; the next start uses it."""
    path = tmp_path / "key"
    first = Pseudonyms.load_or_create(path)
    again = Pseudonyms.load_or_create(path)

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert 32 == len(path.read_bytes())
    assert [path] == list(tmp_path.iterdir())
    assert first.of("a") == again.of("a")


def test_a_key_that_was_found_is_told_from_a_new_one(tmp_path: Path) -> None:
    """Where one was found there was a log."""
    path = tmp_path / "key"

    assert Pseudonyms.load_or_create(path).found_in is None
    assert path == Pseudonyms.load_or_create(path).found_in


def test_a_key_that_must_be_there_is_never_made(tmp_path: Path) -> None:
    """A log that is restored is of no use under a new one."""
    path = tmp_path / "pseudonym.key"
    with pytest.raises(ConsentLogError, match=f"there is no pseudonym key `{path}`: put the key file there"):
        Pseudonyms.load(path)

    assert not path.exists()
    made = Pseudonyms.load_or_create(path)
    assert made.key_id == Pseudonyms.load(path).key_id


def test_each_first_start_makes_another_key(tmp_path: Path) -> None:
    """Keys are random."""
    keys = {Pseudonyms.load_or_create(tmp_path / name).key_id for name in "abc"}

    assert 3 == len(keys)


def test_an_open_umask_does_not_open_the_file(tmp_path: Path) -> None:
    """Its mode is set when it is made."""
    before = os.umask(0)
    try:
        Pseudonyms.load_or_create(tmp_path / "key")
    finally:
        os.umask(before)

    assert 0o600 == stat.S_IMODE((tmp_path / "key").stat().st_mode)


def test_all_who_start_at_once_get_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes the key of the first."""
    barrier, found = Barrier(8), []

    def start() -> None:
        barrier.wait()
        found.append(Pseudonyms.load_or_create(tmp_path / "key").key_id)

    threads = [Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(found)
    assert 1 == len(set(found))
    assert [tmp_path / "key"] == list(tmp_path.iterdir())


def test_a_key_that_appears_meanwhile_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and making another process may have been faster."""
    path = tmp_path / "key"
    path.write_bytes(KEY)
    monkeypatch.setattr(Path, "exists", lambda _: False)

    taken = Pseudonyms.load_or_create(path)

    assert Pseudonyms(KEY).key_id == taken.key_id
    assert path == taken.found_in
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", KEY[:31], KEY + b"\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """And neither used in part nor replaced."""
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(ConsentLogError, match="restore it from a backup"):
        Pseudonyms.load_or_create(path)
    assert content == path.read_bytes()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """It names the file."""
    with pytest.raises(ConsentLogError, match=r"nowhere/key`: No such file"):
        Pseudonyms.load_or_create(tmp_path / "nowhere" / "key")


def test_a_key_has_32_bytes() -> None:
    """Whoever has another mistook something else for it."""
    with pytest.raises(ValueError, match="32 bytes, has 31"):
        Pseudonyms(KEY[:31])
