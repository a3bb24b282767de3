import pytest

from sidecar.model.renames import Renames, current_key, earlier_keys


@pytest.mark.parametrize(
    ("key", "renames", "expected"),
    [
        pytest.param("user.mail", {}, "user.mail", id="nothing was renamed"),
        pytest.param("user.mail", {"user.mail": "user.email"}, "user.email", id="it was"),
        pytest.param("user.mail.work", {"user.mail": "user.email"}, "user.email.work", id="what it lies below was"),
        pytest.param("user.mailing", {"user.mail": "user.email"}, "user.mailing", id="something that begins alike was"),
        pytest.param("user", {"user.mail": "user.email"}, "user", id="something below it was"),
        pytest.param(
            "a.x.y", {"a": "b", "a.x": "c"}, "c.y", id="it and what it lay below were: the longer name counts"
        ),
        pytest.param("a.x", {"b.x": "b.y", "a": "b"}, "b.y", id="first what it lay below, then itself"),
        pytest.param("a.y", {"a.x": "a.y", "a": "b"}, "b.y", id="it is itself now, but below something else"),
        pytest.param("*", {"a": "b"}, "*", id="everything is everything"),
        pytest.param("b.c.e", {"b.c": "a", "a.d": "b"}, "a.e", id="each rename happened once"),
        pytest.param("a.d.c", {"b.c": "a", "a.d": "b"}, "a", id="in whatever order"),
    ],
)
def test_what_a_key_is_called_now(key: str, renames: dict[str, str], expected: str) -> None:
    """Old names lead to the present one."""
    assert expected == current_key(key, renames)


@pytest.mark.parametrize(
    ("key", "renames", "expected"),
    [
        pytest.param("user.email", {}, set(), id="nothing"),
        pytest.param("user.email.work", {"user.mail": "user.email"}, {"user.mail.work"}, id="below"),
        pytest.param("c", {"a": "c", "b": "c"}, {"a", "b"}, id="several"),
        pytest.param("b.y", {"b.x": "b.y", "a": "b"}, {"b.x", "a.x", "a.y"}, id="one after the other"),
        pytest.param("a", {"b.c": "a", "a.d": "b"}, {"b.c", "a.d.c"}, id="each once"),
    ],
)
def test_what_a_key_was_called(key: str, renames: dict[str, str], expected: set[str]) -> None:
    """Every old name, its own and those by way of what it lies below."""
    assert expected == set(earlier_keys(key, renames))


def test_services_and_fields_are_in_no_record() -> None:
    """Renaming them changes nothing about people."""
    assert not Renames(services={"a": "b"}, fields={"a": "b"}).touch_records
    for kind in ("categories", "purposes", "recipients", "notices"):
        assert Renames(**{kind: {"a": "b"}}).touch_records
