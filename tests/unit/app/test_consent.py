"""The log that the configuration names, its key, and how far the view of it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar.app.consent import LOG_FILE, Consent
from sidecar.config import load
from sidecar.consent.view.loading import Loading
from sidecar.consent.view.on_demand import OnDemand
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import FILE
from sidecar.errors import ConfigError, ConsentLogError
from tests.unit.consent.desk import NOW
from tests.unit.consent.view.memory_log import MemoryLog, Store


@contextmanager
def consent_of(folder: Path, **settings: object) -> Iterator[Consent]:
    """The consent of a configuration with its data in *folder*."""
    config = load(flags={"data.dir": folder, **settings})
    consent = Consent(config, clock=lambda: NOW, ticks=lambda: 0)
    try:
        yield consent
    finally:
        consent.close()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """Settings of a shared log, which is one in memory, and its key."""
    monkeypatch.setattr("sidecar.app.consent._open", lambda _config, _pseudonyms: MemoryLog(Store()))
    (tmp_path / "key").write_bytes(bytes(32))
    return {"consent.log": "nats", "consent.key_file": tmp_path / "key"}


def test_a_log_of_ones_own_is_made_and_saved(tmp_path: Path) -> None:
    """At the first start, with its key."""
    with consent_of(tmp_path) as consent:
        consent.load(lambda _: None)
        source, outlook = consent.source, consent.outlook

    assert ("sqlite", "replica", "") == (source.backend, source.mode, outlook)
    assert (tmp_path / LOG_FILE).exists()
    assert (tmp_path / "pseudonym.key").exists()


def test_a_view_of_a_shared_log_is_followed(tmp_path: Path, shared: dict[str, object]) -> None:
    """All of it, or those who are asked about; only the first is saved, unless it is not to be."""
    kinds = []
    for settings in ({}, {"consent.snapshot_seconds": None}, {"consent.held_subjects": 1_000}):
        with consent_of(tmp_path, **shared, **settings) as consent:
            consent.load(lambda _: None)
            kinds.append((type(consent.cache), consent.source.mode, consent.pending))

    assert [(Replica, "replica", 0), (Replica, "replica", 0), (OnDemand, "on_demand", 0)] == kinds
    assert not (tmp_path / FILE).exists()  # nothing was in the log


def test_what_is_in_the_way_of_a_view_is_told(tmp_path: Path, shared: dict[str, object]) -> None:
    """How far it is, and that the log is lost, with what was found in its place."""
    with consent_of(tmp_path, **shared) as consent:
        texts = [consent.outlook]
        consent._load.begin(9, log_id="0", after=0)
        texts.append(consent.outlook)
        consent._contact.lose("deleted")
        texts.append(consent.outlook)
        consent._load.end(subjects=0)
        texts.append(consent.outlook)
    some = str(Loading(0, 9, None))

    assert [
        "",
        some,
        f"the consent log is lost: deleted; what descends from it is loaded: {some}",
        "the consent log is lost: deleted",
    ] == texts


def test_the_key_of_a_shared_log_is_never_made(tmp_path: Path) -> None:
    """Each sidecar would know people by other pseudonyms, and nobody would be found."""
    with pytest.raises(ConsentLogError, match="consent init"), consent_of(tmp_path, **{"consent.log": "nats"}):
        pass

    assert not (tmp_path / "pseudonym.key").exists()


def test_a_log_without_its_key_is_refused(tmp_path: Path) -> None:
    """A new one would be in the way when the old one is restored."""
    with consent_of(tmp_path):
        pass
    (tmp_path / "pseudonym.key").unlink()
    with pytest.raises(ConfigError, match="restore the key"), consent_of(tmp_path):
        pass


def test_a_sidecar_has_a_name(tmp_path: Path) -> None:
    """The one it was given; else one that no other of this machine has, and that stays."""
    names = []
    for folder, settings in ((tmp_path / "a", {}), (tmp_path / "b", {}), (tmp_path / "a", {}), (tmp_path / "c", NAMED)):
        folder.mkdir(exist_ok=True)
        with consent_of(folder, **settings) as consent:
            names.append(consent.source.instance)

    assert names[0] == names[2] != names[1]
    assert "one" == names[3]


NAMED = {"consent.instance": "one"}
