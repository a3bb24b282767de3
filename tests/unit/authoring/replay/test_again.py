import pytest
from msgspec.structs import replace

from sidecar.authoring.replay.again import SAME, Change, Flip, Given, Replay
from sidecar.model.decision import Request
from sidecar.model.facts import Facts
from sidecar.model.instant import to_datetime
from sidecar.model.vocabulary import Basis, ConsentState, Effect, Mask, Reason
from sidecar.telemetry.decisionlog.line import Line
from sidecar.telemetry.decisionlog.recording import facts_to_json
from tests.unit.authoring.replay.logged import Files, changed, edited, logged, outcome, told
from tests.unit.policy.bundles import FILES
from tests.unit.telemetry.decisionlog.answers import FACTS, PREMIUM, request, small, snapshot

MAIN = "main.cedar"
FRAUD = Request(
    service="fraud", action=request().action, subject="p1", fields=("customer.email",), purpose="essential.fraud"
)
INTEREST = FACTS._replace(basis=Basis.LEGITIMATE_INTERESTS)
OBJECTED = INTEREST._replace(objected=True)
WITHDRAWN = FACTS._replace(consent=ConsentState.WITHDRAWN, explicit=False)
LATER = """\
- key: home
  version: 3
  title: Your home
  purposes: [marketing.email]
  categories: [user.contact]
  reconsent: required
  valid_from: {date}
"""


def notices(date: str) -> Files:
    """The small bundle's notices, and one that asks for consent again from *date* on."""
    return edited("catalog/notices.yaml", "- key: home", f"{LATER.format(date=date)}- key: home")


def test_under_the_bundle_that_decided_nothing_changes() -> None:
    """Allowed, masked, denied by policy, by name, for want of a declaration."""
    lines = [
        logged(),
        logged(facts=WITHDRAWN),
        logged(FRAUD, INTEREST),
        logged(FRAUD, OBJECTED),
        logged(request(purpose="no.such")),
        logged(request("no.such")),
        logged(request(service="fraud")),
        logged(request(attributes={"premium": 1})),
        logged(request(channel="sms")),
    ]

    assert [
        "ALLOWED",
        "CONSENT_WITHDRAWN",
        "ALLOWED",
        "OBJECTED",
        "UNKNOWN_PURPOSE",
        "UNKNOWN_FIELD",
        "NOT_DECLARED",
        "UNKNOWN_ATTRIBUTE",
        "UNKNOWN_CHANNEL",
    ] == [str(line.reason) for line in lines]
    assert ["same"] * len(lines) == [told(line) for line in lines]


@pytest.mark.parametrize(
    ("asked", "facts", "changes", "expected"),
    [
        pytest.param(
            request(),
            WITHDRAWN,
            edited(MAIN, 'Consent::"given"', 'Consent::"withdrawn"'),
            "newly allowed: CONSENT_WITHDRAWN -> ALLOWED",
            id="a permit that is too broad",
        ),
        pytest.param(
            request(),
            FACTS,
            edited(MAIN, 'Consent::"given"', 'Consent::"given" && context.by_guardian'),
            "newly denied: ALLOWED -> GUARDIAN_REQUIRED",
            id="a permit that asks for more",
        ),
        pytest.param(FRAUD, INTEREST, edited(MAIN, '"hash"', '"year"'), "other obligations: hash -> year", id="a mask"),
        pytest.param(
            FRAUD, INTEREST, edited(MAIN, '@mask("hash")\n', ""), "other obligations: hash -> ALLOWED", id="no mask"
        ),
        pytest.param(
            FRAUD,
            OBJECTED,
            edited(MAIN, '@reason("OBJECTED")\n', ""),
            "denied for another reason: OBJECTED -> FORBIDDEN",
            id="a reason",
        ),
        pytest.param(
            request(),
            FACTS,
            {"catalog/services/newsletter.yaml": "title: N\nowner: o\nmay_use: []\n"},
            "newly denied: ALLOWED -> NOT_DECLARED",
            id="what is no longer declared",
        ),
        pytest.param(
            request("no.such"),
            FACTS,
            edited(
                "catalog/fields.yaml", "customer.diet", "no.such: {title: t, categories: [user.health]}\ncustomer.diet"
            ),
            "denied for another reason: UNKNOWN_FIELD -> NOT_DECLARED",
            id="a name that is known now",
        ),
        pytest.param(
            request(),
            FACTS,
            edited("catalog/purposes.yaml", "channels: [email]", "channels: [email, sms]"),
            "newly denied: ALLOWED -> CHANNEL_REQUIRED",
            id="a second channel",
        ),
    ],
)
def test_answers_that_change(asked: Request, facts: Facts, changes: Files, expected: str) -> None:
    """What an edit does to an answer that was given."""
    assert expected == told(logged(asked, facts), changes)


@pytest.mark.parametrize(
    ("asked", "changes", "expected"),
    [
        pytest.param(
            request(),
            edited("catalog/fields.yaml", "[user.contact.email]", "[user.health]"),
            "field `customer.email` was in `user.contact.email`, and is in `user.health`",
            id="categories",
        ),
        pytest.param(
            request(),
            edited("catalog/purposes.yaml", "channels: [email], ", ""),
            "consent was asked for channel `email`, and would be for `any`; "
            "an objection to direct marketing reaches otherwise than it did where `marketing.email` is concerned",
            id="channels",
        ),
        pytest.param(
            FRAUD,
            edited("catalog/purposes.yaml", "legitimate_interests", "contract"),
            "purpose `essential.fraud` has another basis, or survives other things",
            id="basis",
        ),
        pytest.param(
            request(), notices("2026-06-01"), "other notices were superseded then than would have been", id="a notice"
        ),
    ],
)
def test_lines_whose_facts_may_be_others_cannot_be_replayed(asked: Request, changes: Files, expected: str) -> None:
    """Each with what of the catalog differs."""
    assert f"not replayable: {expected}" == told(logged(asked, INTEREST), changes)


def test_a_notice_that_supersedes_later_is_in_nobodys_way() -> None:
    """Facts are those of the instant of the decision."""
    assert "same" == told(logged(), notices("2026-06-02"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {
                "catalog/services/newsletter.yaml": None,
                "catalog/services/fraud.yaml": FILES["catalog/services/fraud.yaml"].replace("newsletter", "letters"),
                "catalog/services/letters.yaml": "renamed_from: newsletter\n"
                + FILES["catalog/services/newsletter.yaml"],
            },
            "same",
            id="a service",
        ),
        pytest.param(
            {
                file: text.replace("customer.email", "customer.mail").replace(
                    "Email address", "Email address, renamed_from: customer.email"
                )
                for file, text in FILES.items()
            },
            "same",
            id="a field",
        ),
        pytest.param(
            edited("catalog/categories.yaml", "how to reach a person", "contact, renamed_from: user.reach"),
            "not replayable: what records name is renamed otherwise, where the question is concerned",
            id="what records name",
        ),
    ],
)
def test_renames(changes: Files, expected: str) -> None:
    """Whoever asked asks under the new name; facts may be others if it is in records."""
    assert expected == told(logged(), changes)


def several(line: Line, *others: Facts, count: int | None = None) -> Line:
    """*line* as if it had been about others too, of whom these facts were seen."""
    told_of = tuple(map(facts_to_json, others))
    return changed(line, others=told_of, co_subjects=len(others) if count is None else count)


def test_what_was_asked_about_several_is_decided_for_all() -> None:
    """A no of somebody else counts now as it did then, and what changes for them changes the answer."""
    refused = FACTS._replace(consent=ConsentState.REFUSED)
    line = several(logged(), FACTS, refused)
    then = changed(line, effect=Effect.DENY, reason=Reason.CONSENT_REFUSED, by_others=True)

    assert "newly denied: ALLOWED -> CONSENT_REFUSED" == told(line)
    assert SAME == told(then)
    assert SAME == told(several(logged(), FACTS))


def test_a_line_that_lacks_the_facts_of_some_cannot_be_replayed() -> None:
    """Whoever could not be read then may have said no."""
    line = changed(several(logged(), count=1), effect=Effect.DENY, reason=Reason.OBJECTED)

    assert told(line).startswith("not replayable: it was about several people")


def test_what_would_now_be_put_to_the_policies_has_no_facts_for_them() -> None:
    """It was denied before anybody looked at the person."""
    declared = edited(
        "catalog/services/fraud.yaml",
        "may_use:",
        "may_use:\n  - {purpose: marketing.email, fields: [customer.email], actions: [use]}",
    )

    assert (
        "not replayable: it was NOT_DECLARED, and would now be put to the policies: it has no facts for them"
        == told(logged(request(service="fraud")), declared)
    )


@pytest.mark.parametrize("reason", [Reason.STALE_POLICY, Reason.STALE_CONSENT, Reason.CONSENT_UNAVAILABLE])
def test_what_was_denied_for_reasons_of_operation_is_skipped(reason: Reason) -> None:
    """It says nothing about a bundle."""
    line = replace(logged(), effect=Effect.DENY, reason=reason, facts=None, footing=None)

    assert f"skipped: {reason}" == told(line)


def test_what_was_held_is_skipped() -> None:
    """The bundle was not what denied it."""
    line = changed(logged(), effect=Effect.DENY, reason=Reason.RESTRICTED, held=True)

    assert "skipped: RESTRICTED" == told(line)


def test_attributes_are_those_that_were_sent() -> None:
    """With their types; a policy that begins to look at one whose value was not logged cannot be asked."""
    premium: Files = {"premium.cedar": PREMIUM}
    asked = request(attributes={"premium": True, "count": 1})
    presence: Files = {
        "p.cedar": '@id("p")\nforbid (principal, action, resource) when { context.attributes has premium };\n'
    }

    assert "not replayable: a policy looks at attribute `premium`, whose value was not logged" == told(
        logged(asked), premium
    )
    assert "same" == told(logged(request(attributes={"count": 1})), premium)
    assert "newly allowed: FORBIDDEN -> ALLOWED" == told(logged(asked, under=snapshot(premium)))
    assert "newly denied: ALLOWED -> FORBIDDEN" == told(logged(asked), presence)


def test_a_set_that_was_sent_is_a_set_again() -> None:
    """JSON has none; a list of texts stands for it."""
    tags: Files = {
        "t.cedar": '@id("t")\nforbid (principal, action, resource)\n'
        'when { context.attributes has tags && context.attributes.tags.contains("a") };\n'
    }
    under = snapshot(tags)
    line = logged(request(attributes={"tags": frozenset({"a", "b"})}), under=under)

    assert Reason.FORBIDDEN is line.reason
    assert "same" == told(line, tags)


@pytest.mark.parametrize(
    ("old", "new", "widens"),
    [
        pytest.param((Effect.DENY, None), (Effect.ALLOW, None), True, id="denied, allowed"),
        pytest.param((Effect.ALLOW, None), (Effect.DENY, None), False, id="allowed, denied"),
        pytest.param((Effect.ALLOW_WITH_OBLIGATIONS, Mask.HASH), (Effect.ALLOW, None), True, id="mask gone"),
        pytest.param(
            (Effect.ALLOW_WITH_OBLIGATIONS, Mask.HASH), (Effect.ALLOW_WITH_OBLIGATIONS, Mask.YEAR), True, id="laxer"
        ),
        pytest.param(
            (Effect.ALLOW_WITH_OBLIGATIONS, Mask.HASH),
            (Effect.ALLOW_WITH_OBLIGATIONS, Mask.REDACT),
            False,
            id="stricter",
        ),
        pytest.param((Effect.ALLOW, None), (Effect.ALLOW_WITH_OBLIGATIONS, Mask.YEAR), False, id="mask new"),
    ],
)
def test_what_widens(old: tuple[Effect, Mask | None], new: tuple[Effect, Mask | None], widens: bool) -> None:  # noqa: FBT001
    """More may be done than before, or with less of a mask."""
    change = {
        (True, False): Change.NEWLY_ALLOWED,
        (False, True): Change.NEWLY_DENIED,
    }.get((old[0] is Effect.DENY, new[0] is Effect.DENY), Change.OBLIGATIONS)
    reasons = [Reason.NO_PERMIT if effect is Effect.DENY else Reason.ALLOWED for effect, _ in (old, new)]
    flip = Flip(change=change, old=Given(old[0], reasons[0], old[1]), new=Given(new[0], reasons[1], new[1]))

    assert widens is flip.widens


def test_lines_that_differ_in_person_and_place_are_decided_once() -> None:
    """And those that differ in time only if a notice lies between."""
    replay = Replay(snapshot(notices("2026-06-02")).bundle)
    line = logged()
    again = replace(line, id="x", pseudonym="ff", latency_us=9)
    later = replace(line, time=to_datetime(1_800_000_000_000_000))

    assert replay.outcome(line) is replay.outcome(again)
    assert "same" == replay.outcome(line)
    assert "same" != replay.outcome(later)


def test_a_line_that_is_not_whole_is_no_reason_to_fail() -> None:
    """Facts without what they stand on, or an attribute of a type that does not exist: as if they were not there."""
    assert "not replayable" in told(replace(logged(), footing=None))
    assert "newly denied: ALLOWED -> UNKNOWN_ATTRIBUTE" == told(replace(logged(), withheld={"premium": "Date"}))


def test_the_facts_of_the_log_count_not_those_of_the_person_now() -> None:
    """There is no person here, no record and no key."""
    assert isinstance(outcome(replace(logged(), effect=Effect.DENY, reason=Reason.NO_PERMIT)), Flip)
    assert small().catalog.fields
