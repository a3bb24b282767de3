import logging
import stat
from pathlib import Path

import pytest

from sidecar.app.datadir import bearer_token, credentials, make_data_dir
from sidecar.config import load
from sidecar.errors import ConfigError


def mode_of(path: Path) -> int:
    """The permission bits of *path*."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_data_folder_is_private(tmp_path: Path) -> None:
    """Only its owner may enter what the first start makes."""
    make_data_dir(tmp_path / "a" / "b")

    assert 0o700 == mode_of(tmp_path / "a" / "b")


def test_a_data_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """Its mode is the operator's business."""
    tmp_path.chmod(0o750)
    make_data_dir(tmp_path)

    assert 0o750 == mode_of(tmp_path)


def test_a_data_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """The error names the setting and the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"data\.dir"):
        make_data_dir(tmp_path / "file" / "data")
    with pytest.raises(ConfigError, match=r"data\.dir"):
        make_data_dir(tmp_path / "file")


def test_the_token_is_written_once_and_kept(tmp_path: Path) -> None:
    """The first start writes a long random word that only its owner can read; later starts read it."""
    path = tmp_path / "operator.token"
    first = bearer_token(path)

    assert first == bearer_token(path)
    assert first == path.read_text().strip()
    assert len(first) >= 43
    assert 0o600 == mode_of(path)
    assert [path] == list(tmp_path.iterdir())


def test_tokens_differ(tmp_path: Path) -> None:
    """No token can be guessed from another."""
    assert bearer_token(tmp_path / "a") != bearer_token(tmp_path / "b")


@pytest.mark.parametrize("content", [b"", b"\n", b"too-short", b"two words that are long enough", b"\xff" * 40])
def test_a_file_without_a_token_is_an_error(tmp_path: Path, content: bytes) -> None:
    """An empty token would let everybody in."""
    path = tmp_path / "operator.token"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"token\.file"):
        bearer_token(path)


def test_a_token_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Without it nobody could record anything."""
    with pytest.raises(ConfigError, match=r"token\.file"):
        bearer_token(tmp_path / "absent" / "operator.token")


def test_a_token_that_everybody_can_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It works, as mounted secrets often have that mode, but the operator hears of it."""
    path = tmp_path / "operator.token"
    path.write_text("a-token-of-some-length")
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING, logger="sidecar"):
        token = bearer_token(path)

    assert "a-token-of-some-length" == token
    assert ["everybody on this machine can read a bearer token"] == caplog.messages


def test_every_consumer_has_a_token_of_its_own(tmp_path: Path) -> None:
    """Written like the operator's, and known by the consumer's name."""
    known = f"mail,token={tmp_path / 'mail.token'} crm,token={tmp_path / 'crm.token'}"
    config = load(flags={"token.file": tmp_path / "operator.token", "consumers.known": known})
    found = credentials(config)

    assert ["", "mail", "crm"] == [
        found.bearer([("authorization", f"Bearer {bearer_token(tmp_path / name)}")])
        for name in ("operator.token", "mail.token", "crm.token")
    ]


@pytest.mark.parametrize(("file", "owner"), [("operator.token", "the operator"), ("crm.token", "`crm`")])
def test_a_token_that_stands_for_two_is_an_error(tmp_path: Path, file: str, owner: str) -> None:
    """Whose call it is could not be told."""
    known = f"crm,token={tmp_path / 'crm.token'} mail,token={tmp_path / file}"
    with pytest.raises(ConfigError, match=f"`mail` has the token of {owner}"):
        credentials(load(flags={"token.file": tmp_path / "operator.token", "consumers.known": known}))


def test_a_consumer_token_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error names the setting that says where it is."""
    known = f"mail,token={tmp_path / 'absent' / 'mail.token'}"
    with pytest.raises(ConfigError, match=r"consumers\.known.*absent"):
        credentials(load(flags={"token.file": tmp_path / "operator.token", "consumers.known": known}))
