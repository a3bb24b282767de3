from datetime import UTC, datetime
from typing import Any

import pytest

from sidecar.cli.invocation import Invocation
from sidecar.cli.remedy import Remedy, remedy
from sidecar.client import ConsentToAsk, Effect, FieldDecision, Question
from sidecar.model.vocabulary import Reason

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = ("offers", "customer.diet", "--subject", "p 1", "--purpose", "personalize.content")


def _remedy(field: FieldDecision, invocation: Invocation | None = None, **question: Any) -> Remedy:
    parts: dict[str, Any] = {
        "service": "offers",
        "fields": "customer.diet",
        "subject": "p 1",
        "purpose": "personalize.content",
    }
    asked = Question(**(parts | question))
    return remedy(asked, field, invocation or Invocation(), words=WORDS, now=NOW)


def _denied(reason: str, **more: Any) -> FieldDecision:
    return FieldDecision(field="customer.diet", effect=Effect.DENY, reason=reason, **more)


def _ask(**changes: Any) -> ConsentToAsk:
    parts: dict[str, Any] = {
        "purpose": "personalize.content",
        "categories": ("user.health_and_medical",),
        "channel": "",
        "recipient": "first_party",
        "explicit": False,
        "by_guardian": False,
    }
    return ConsentToAsk(**(parts | changes))


def test_missing_consent_is_a_command_to_copy() -> None:
    """The command names what the answer names, and is quoted for the shell."""
    told = _remedy(_denied("CONSENT_UNKNOWN", consent_to_ask=_ask(), ask_not_before=NOW))

    expected = Remedy(
        why="the person has not agreed to this",
        command="sidecar consent record --subject 'p 1' --given --purpose personalize.content "
        "--category user.health_and_medical",
    )
    assert expected == told


def test_the_command_carries_every_part_of_the_consent() -> None:
    """Channel, recipient, explicitness and guardian are in the command, as is how to reach the server."""
    ask = _ask(
        categories=("user.social", "user.sensor"),
        channel="email",
        recipient="grocer-partner",
        explicit=True,
        by_guardian=True,
    )
    invocation = Invocation(
        program=(".venv/bin/sidecar",), address=("--address", "unix:/s"), token=("--token-file", "t")
    )

    told = _remedy(_denied("GUARDIAN_REQUIRED", consent_to_ask=ask, ask_not_before=NOW), invocation)

    assert told.command == (
        ".venv/bin/sidecar consent record --subject 'p 1' --given --purpose personalize.content "
        "--category user.social --category user.sensor --channel email --recipient grocer-partner "
        "--explicit --by guardian --address unix:/s --token-file t"
    )


@pytest.mark.parametrize("reason", ["CONSENT_WITHDRAWN", "OBJECTED", "RESTRICTED"])
def test_what_somebody_else_does_not_allow_is_not_asked_of_the_subject(reason: str) -> None:
    """No command: it would have to name them."""
    told = _remedy(_denied(reason, by_co_subjects=True))

    assert told.why.startswith("somebody else in the same data stands in the way: ")
    assert ("only they can change that, and who they are is not told: leave out the data that they are in", "") == (
        told.change,
        told.command,
    )


def test_what_is_held_is_looked_up_not_lifted() -> None:
    """A restriction of the person is not what stands in the way."""
    told = _remedy(_denied("RESTRICTED", held=True))

    assert Remedy(why="it is on hold for everyone, by an operator", command="sidecar holds") == told


def test_a_record_of_somebody_else_that_cannot_be_read_is_looked_into() -> None:
    """That does not lie with them."""
    assert "sidecar status" == _remedy(_denied("CONSENT_UNAVAILABLE", by_co_subjects=True)).command


def test_after_a_no_it_says_when_to_ask_again() -> None:
    """No nagging: before the time is over the deny says so."""
    later = datetime(2027, 1, 31, tzinfo=UTC)

    told = _remedy(_denied("CONSENT_WITHDRAWN", consent_to_ask=_ask(), ask_not_before=later))

    assert told.why == (
        "the person took consent back; do not ask again before 2027-01-31, unless the person comes back to it"
    )
    assert told.command.startswith("sidecar consent record ")


def test_what_is_not_declared_names_the_file_and_the_line() -> None:
    """The line to add is complete, recipients included."""
    told = _remedy(_denied("NOT_DECLARED"), action="share", recipient="ad-network")

    assert "has not declared to share `customer.diet` for `personalize.content` with `ad-network`" in told.why
    assert told.change == (
        "if the service is to have it, add to may_use in catalog/services/offers.yaml: "
        "- {purpose: personalize.content, fields: [customer.diet], actions: [share], recipients: [ad-network]}"
    )
    assert not told.command


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("UNKNOWN_SERVICE", "catalog/services/nobody.yaml"),
        ("UNKNOWN_FIELD", "`nobody` to catalog/fields.yaml"),
        ("UNKNOWN_PURPOSE", "`nobody` to catalog/purposes.yaml"),
        ("UNKNOWN_RECIPIENT", "catalog/recipients.yaml"),
        ("UNKNOWN_CHANNEL", "catalog/purposes.yaml of the bundle gives `personalize.content`"),
        ("UNKNOWN_CHANNEL", "--channel"),
        ("UNKNOWN_ATTRIBUTE", "`type Attributes` in schema.cedarschema"),
        ("CHANNEL_REQUIRED", "catalog/purposes.yaml of the bundle gives `personalize.content`: --channel"),
    ],
)
def test_what_is_unknown_names_the_file_to_edit(reason: str, change: str) -> None:
    """Names are declared in files; the remedy is an edit, not a command."""
    told = _remedy(_denied(reason, unknown_name="nobody"))

    assert change in told.change
    assert not told.command


def test_what_policies_forbid_names_them_and_where_they_stand() -> None:
    """The ids are what to look for in the bundle's policy files."""
    told = _remedy(_denied("FORBIDDEN", determining_policies=("no-teens", "no-nights")))

    assert told.change == "the *.cedar files of the bundle have what forbids it: policy `no-teens`, policy `no-nights`"
    assert not told.command


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        ("RESTRICTED", "sidecar consent lift --subject 'p 1'"),
        ("STALE_CONSENT", "sidecar status"),
        ("STALE_POLICY", "sidecar status"),
        ("CONSENT_UNAVAILABLE", "sidecar status"),
        ("OBJECTED", "sidecar explain offers customer.diet --subject 'p 1' --purpose personalize.content"),
        ("FORBIDDEN", "sidecar explain offers customer.diet --subject 'p 1' --purpose personalize.content"),
    ],
)
def test_other_denies_name_the_next_command(reason: str, command: str) -> None:
    """Where no single act is sure to change the answer, the command says more."""
    assert command == _remedy(_denied(reason)).command


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.ALLOWED])
def test_every_deny_has_one_sentence_and_one_thing_to_do(reason: Reason) -> None:
    """Nobody is left with a bare reason: exactly one of command and change is given."""
    told = _remedy(_denied(reason.value, unknown_name="nobody"))

    assert told.why
    assert "{" not in told.why
    assert bool(told.command) is not bool(told.change)
