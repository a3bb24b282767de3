"""Revisions are passed on without looking inside; anything else is refused."""

import pytest

from sidecar.consent.revision import Revision
from sidecar.errors import RequestError

LOG = "0123456789abcdef"


@pytest.mark.parametrize("position", [0, 1, 9_223_372_036_854_775_807])
def test_a_revision_comes_back_from_its_token(position: int) -> None:
    """What a call returned is what a later call gets."""
    revision = Revision(LOG, position)

    assert revision == Revision.parse(str(revision))
    assert f"{LOG}.{position}" == str(revision)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        LOG,
        f"{LOG}.",
        ".1",
        f"{LOG}.-1",
        f"{LOG}.+1",
        f"{LOG}.01",
        f"{LOG}.1 ",
        f"{LOG}.1\n",
        f"{LOG}.1.1",
        f"{LOG}.1e3",
        f"{LOG}.1_0",
        f"{LOG}.٣",
        f"{LOG}.{10**19}",
        f"{LOG.upper()}.1",
        f"{LOG[1:]}.1",
        f"{LOG}\0.1",
        "sha256:abc",
    ],
)
def test_garbage_is_no_revision(token: str) -> None:
    """One spelling each; the message names the field and does not repeat what was sent."""
    with pytest.raises(RequestError) as caught:
        Revision.parse(token)

    assert "at_least_as_fresh" == caught.value.field
    assert LOG not in str(caught.value)


def test_the_field_can_have_another_name() -> None:
    """For tokens that come in elsewhere."""
    with pytest.raises(RequestError, match="`page_token`"):
        Revision.parse("x", field="page_token")
