"""Which bundles a sidecar serves."""

from pathlib import Path

import pytest

from sidecar.app.trust import trust_of
from sidecar.config import load
from sidecar.errors import ConfigError
from tests.unit.policy.source.archives import KEY, public_pem


def test_the_configuration_says_whom_to_trust(tmp_path: Path) -> None:
    """By default whatever is there is served; with a key, what it signed, and a floor may be set."""
    (tmp_path / "key.pem").write_bytes(public_pem(KEY))
    environ = {"SIDECAR_BUNDLE_PUBLIC_KEY": str(tmp_path / "key.pem"), "SIDECAR_BUNDLE_MIN_SERIAL": "7"}
    trust = trust_of(load(environ=environ).bundle)

    assert trust_of(load().bundle).keys == ()
    assert [KEY.public_key().public_bytes_raw()] == [key.raw for key in trust.keys]
    assert 7 == trust.min_serial


def test_a_key_that_is_none_names_its_setting(tmp_path: Path) -> None:
    """Serving without the check that was asked for would be worse than not starting."""
    (tmp_path / "key.pem").touch()
    settings = load(environ={"SIDECAR_BUNDLE_PUBLIC_KEY": str(tmp_path / "key.pem")})
    with pytest.raises(ConfigError, match=r"`bundle\.public_key`: .*key\.pem` has no public key in PEM"):
        trust_of(settings.bundle)
