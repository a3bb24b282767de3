"""The client for services: ask before every use, get an answer that fails closed.

    from sidecar.client import Client, Question

    with Client("127.0.0.1:7070") as client:
        decision = client.check(
            Question(
                service="newsletter",
                fields="customer.email",
                subject="person-00001",
                purpose="marketing.communications.email",
            )
        )
        if decision.allowed:
            send()

Whatever goes wrong is a deny that says why. Stands alone: needs grpc and the generated protocol, nothing else.
"""

from sidecar.client.aio import AsyncClient
from sidecar.client.audience import Audience, AudienceQuestion, FilterFailedError, Masked, Obliged
from sidecar.client.decision import (
    CheckFailedError,
    ConsentToAsk,
    Decision,
    Effect,
    Failure,
    FieldDecision,
    Obligation,
)
from sidecar.client.feed import Feed, FeedError, Update
from sidecar.client.merging import Merging
from sidecar.client.question import AttributeValue, Question
from sidecar.client.sync import Client

__all__ = [
    "AsyncClient",
    "AttributeValue",
    "Audience",
    "AudienceQuestion",
    "CheckFailedError",
    "Client",
    "ConsentToAsk",
    "Decision",
    "Effect",
    "Failure",
    "Feed",
    "FeedError",
    "FieldDecision",
    "FilterFailedError",
    "Masked",
    "Merging",
    "Obligation",
    "Obliged",
    "Question",
    "Update",
]
