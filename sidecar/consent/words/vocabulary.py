"""The words of one language that sentences about records are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.consent.record import Kind
from sidecar.model.vocabulary import Actor, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Templates; what stands in braces is filled in.

    ``uses`` say what a choice is about, in two cases: what somebody refuses (``use``), and what somebody agrees or
    objects to (``to_use``).
    """

    tag: str
    months: tuple[str, ...]
    day: str  # {day} {month} {year}
    quoted: str  # {}
    conjunction: str  # before the last of several
    any_data: str
    any_purpose: str
    channels: Mapping[Channel, str]
    ours: tuple[str, str]  # {data} {purpose} {channel}
    shared: tuple[str, str]  # and {recipient}
    any_use: tuple[str, str]  # by whomever
    kinds: Mapping[Kind, str]  # {day} {use} {to_use} {details}
    by_guardian: Mapping[Kind, str]  # the same where a guardian acted
    recorded_by: Mapping[Actor, str]
    notice: str  # {title} {version}
    until: str  # {day}
    explicit: str
    alone_from: str  # {day}
    of_age_from: str  # {day}
    law_of: str  # {place}
    linked: str  # {day}
    erased: str  # {day}
    erased_data: str  # {day} {data}
