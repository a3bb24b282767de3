import pytest

from sidecar.errors import CredentialsError, IdentityError, RequestError
from sidecar.model.catalog import Catalog, Service
from sidecar.transport.credentials import Credentials
from sidecar.transport.identity import Identity

TOKEN = "a-token-of-some-length"
CATALOG = Catalog(
    services={
        "support": Service(
            key="support", title="", owner="", may_use=(), may_ask_for=frozenset({"newsletter", "offers"})
        ),
        "newsletter": Service(key="newsletter", title="", owner="", may_use=()),
    },
    fields={},
    categories={},
    purposes={},
    recipients={},
    notices={},
)


@pytest.mark.parametrize(
    ("pin", "named", "expected"),
    [
        pytest.param("support", "", "support", id="empty-means-me"),
        pytest.param("support", "support", "support", id="my-own-name"),
        pytest.param("support", "newsletter", "newsletter", id="one-that-i-may-ask-for"),
        pytest.param("", "newsletter", "newsletter", id="without-a-pin-the-caller-is-believed"),
        pytest.param("", "nobody", "nobody", id="whether-it-exists-is-the-engines-business"),
    ],
)
def test_who_is_decided_for(pin: str, named: str, expected: str) -> None:
    """The service is the pinned one, or one that the catalog lets it ask for."""
    assert expected == Identity(pin).service(named, CATALOG)


@pytest.mark.parametrize(
    ("pin", "named"),
    [
        pytest.param("support", "social", id="not-listed"),
        pytest.param("newsletter", "support", id="asking-for-is-no-two-way-road"),
        pytest.param("newsletter", "offers", id="not-handed-on"),
        pytest.param("gone", "newsletter", id="a-pin-that-the-catalog-has-no-more"),
    ],
)
def test_nobody_asks_as_somebody_else(pin: str, named: str) -> None:
    """A pinned caller that names a service it may not ask as is refused."""
    with pytest.raises(IdentityError, match=named):
        Identity(pin).service(named, CATALOG)


def test_without_a_pin_somebody_must_be_named() -> None:
    """Empty means "me", and there nobody knows who that is."""
    with pytest.raises(RequestError) as caught:
        Identity().service("", CATALOG)

    assert caught.value.field == "service"


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "])
def test_the_right_token_is_accepted(value: str) -> None:
    """The scheme is case-insensitive (RFC 9110, section 11.1)."""
    Credentials(TOKEN).check([("user-agent", "x"), ("authorization", value)])


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(None, id="no-metadata"),
        pytest.param([], id="no-header"),
        pytest.param([("authorization", TOKEN)], id="no-scheme"),
        pytest.param([("authorization", f"Basic {TOKEN}")], id="another-scheme"),
        pytest.param([("authorization", "Bearer ")], id="empty"),
        pytest.param([("authorization", f"Bearer {TOKEN}x")], id="longer"),
        pytest.param([("authorization", f"Bearer {TOKEN[:-1]}")], id="shorter"),
        pytest.param([("authorization", "Bearer \u00e9")], id="not-ascii"),
        pytest.param([("authorization", b"Bearer \xff")], id="bytes"),
        pytest.param([("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer no")], id="two"),
        pytest.param([("x-authorization", f"Bearer {TOKEN}")], id="another-header"),
    ],
)
def test_anything_else_is_refused(metadata: list[tuple[str, str | bytes]] | None) -> None:
    """No token, a wrong one or two of them: the text says what is needed and repeats nothing that was sent."""
    with pytest.raises(CredentialsError) as caught:
        Credentials(TOKEN).check(metadata)

    assert TOKEN[:8] not in str(caught.value)
