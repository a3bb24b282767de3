import pytest

from sidecar.errors import CredentialsError
from sidecar.transport.credentials import OPERATOR, Credentials

KNOWN = Credentials("token-of-operator", {"mail": "token-of-mail", "crm": "token-of-crm"})


@pytest.mark.parametrize(
    ("value", "whose"),
    [
        ("Bearer token-of-operator", OPERATOR),
        ("Bearer token-of-mail", "mail"),
        ("bearer  token-of-crm ", "crm"),
        (b"Bearer token-of-crm", "crm"),
    ],
)
def test_a_token_tells_whose_it_is(value: str | bytes, whose: str) -> None:
    """The operator's or a consumer's."""
    assert whose == KNOWN.bearer([("authorization", value)])


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        [("authorization", "")],
        [("authorization", "Bearer ")],
        [("authorization", "token-of-mail")],
        [("authorization", "Basic token-of-mail")],
        [("authorization", "Bearer token-of-nobody")],
        [("authorization", "Bearer token-of-mail"), ("authorization", "Bearer token-of-crm")],
        [("other", "Bearer token-of-mail")],
    ],
)
def test_everything_else_is_nobodys(metadata: list[tuple[str, str | bytes]] | None) -> None:
    """Neither a half of it, nor two at once."""
    with pytest.raises(CredentialsError):
        KNOWN.bearer(metadata)
    with pytest.raises(CredentialsError):
        KNOWN.check(metadata)


def test_a_consumer_is_no_operator() -> None:
    """Its token opens nothing that is the operator's."""
    KNOWN.check([("authorization", "Bearer token-of-operator")])
    with pytest.raises(CredentialsError):
        KNOWN.check([("authorization", "Bearer token-of-mail")])
