"""Problems and their hints."""

import pytest

from sidecar.policy.problems import did_you_mean

KEYS = (
    "user",
    "user.biometric",
    "user.biometric.health",
    "user.contact",
    "user.contact.email",
    "user.content",
    "user.health_and_medical",
    "user.health_and_medical.genetic",
    "user.telemetry",
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("user.helth", "user.health_and_medical", id="misspelt-and-shortened"),
        pytest.param("user.health", "user.health_and_medical", id="shortened"),
        pytest.param("user.bio", "user.biometric", id="very-much-shortened"),
        pytest.param("user.contct", "user.contact", id="misspelt"),
        pytest.param("user.contat", "user.contact", id="misspelt-between-two"),
        pytest.param("user.health_and_medical.genes", "user.health_and_medical.genetic", id="further-down"),
        pytest.param("user.email", "user.contact.email", id="a-part-left-out"),
        pytest.param("usr.contact.email", "user.contact.email", id="a-parent-misspelt"),
        pytest.param("usr", "user", id="without-dots"),
    ],
)
def test_what_was_meant(written: str, meant: str) -> None:
    """A key below the same parent that begins alike is meant rather than one that only shares letters."""
    assert did_you_mean(written, KEYS) == f"did you mean `{meant}`?"


def test_of_keys_that_begin_alike_the_shortest() -> None:
    """Who leaves out the end of a key means the key without an addition."""
    assert did_you_mean("a.mail", ["a.mailing_list", "a.mailing", "a.mailing_lists"]) == "did you mean `a.mailing`?"


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        pytest.param([], "none is declared", id="nothing"),
        pytest.param(["a.b", "c"], "one of `a.b`, `c`", id="few"),
        pytest.param(
            [f"a{n:02}" for n in range(14)],
            "one of " + ", ".join(f"`a{n:02}`" for n in range(12)) + " and 2 more",
            id="many",
        ),
    ],
)
def test_nothing_like_it(known: list[str], hint: str) -> None:
    """Where nothing is near, all there is is shown, up to a dozen."""
    assert did_you_mean("x.yz", known) == hint
