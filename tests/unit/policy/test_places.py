from sidecar.policy.files import NOTICES
from sidecar.policy.places import Places
from sidecar.policy.problems import Place
from tests.random_bundles import files_of
from tests.unit.policy.bundles import FILES


def test_a_version_of_a_notice_has_a_place() -> None:
    """One that is not there stands for its file."""
    places = Places(files_of(FILES))

    assert Place(NOTICES, 1, 3) == places.notice("home", 2)
    assert Place(NOTICES) == places.notice("home", 9)
    assert Place(NOTICES) == Places(files_of({})).notice("home", 1)
