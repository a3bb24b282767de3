"""What a consumer says of a message."""

import pytest

from sidecar.consent.nats.delivery import Delivery, delivery


@pytest.mark.parametrize(
    "reply",
    [
        "$JS.ACK.CONSENT.abc.1.42.7.1700000000123456789.3",
        "$JS.ACK.hub.acc.CONSENT.abc.1.42.7.1700000000123456789.3",
        "$JS.ACK.hub.acc.CONSENT.abc.1.42.7.1700000000123456789.3.xyz",
    ],
)
def test_every_form_says_the_same(reply: str) -> None:
    """Of older and newer servers."""
    assert Delivery(position=42, number=7, at=1_700_000_000_123_456, pending=3) == delivery(reply)


@pytest.mark.parametrize("reply", ["", "_INBOX.abc", "$JS.ACK.CONSENT.abc", "$JS.NAK.CONSENT.abc.1.42.7.17.3"])
def test_anything_else_is_refused(reply: str) -> None:
    """It would be taken for some position."""
    with pytest.raises(ValueError, match=r".*"):
        delivery(reply)
