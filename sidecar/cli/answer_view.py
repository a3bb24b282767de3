"""How answers and explanations look."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from rich.text import Text

from sidecar.api.v1 import authorization_pb2
from sidecar.cli.output import effect_text, show_line, show_pairs, show_table
from sidecar.cli.plain import show_timestamp
from sidecar.cli.plain import to_plain as message_to_plain
from sidecar.cli.remedy import Remedy
from sidecar.client import Decision, FieldDecision
from sidecar.model import instant


def to_plain(decision: Decision, remedies: Mapping[str, Remedy]) -> dict[str, object]:
    """*decision* as JSON has it."""
    return {
        "allowed": not decision.denied,
        "results": [
            {**_field_to_plain(field), "remedy": asdict(remedies[field.field]) if field.field in remedies else None}
            for field in decision.fields
        ],
        "policy_revision": decision.policy_revision,
        "consent_revision": decision.consent_revision,
        "consent_age_ms": decision.consent_age_ms,
        "clock_changes_at": _instant(decision.clock_changes_at),
        "cache_for_ms": decision.cache_for_ms,
        "decision_id": decision.decision_id,
        "co_subjects_denied": decision.co_subjects_denied,
    }


def explanation_to_plain(
    decision: Decision, remedies: Mapping[str, Remedy], response: authorization_pb2.ExplainResponse
) -> dict[str, object]:
    """*decision* and why, as JSON has them."""
    return {
        "decision": to_plain(decision, remedies),
        "explanations": [message_to_plain(field) for field in response.fields],
    }


def show(decision: Decision, remedies: Mapping[str, Remedy]) -> None:
    """Print *decision*: a row a field, and what to do about what is denied, once for all it is the same for."""
    _show_results(decision)
    alike: dict[Remedy, list[str]] = {}
    for field in decision.fields:
        if field.field in remedies:
            alike.setdefault(remedies[field.field], []).append(field.field)
    for change, fields in alike.items():
        show_line(f"{', '.join(fields)}: {change.why}")
        if change.change:
            show_line(f"  to change that: {change.change}")
        _show_command(change)


def show_explanation(
    decision: Decision, remedies: Mapping[str, Remedy], response: authorization_pb2.ExplainResponse
) -> None:
    """Print *decision* and all that led to it."""
    _show_results(decision)
    for field in response.fields:
        show_line()
        show_line(Text(field.field, style="bold"))
        show_pairs([("why", field.summary), *_facts(field)])
        if field.choices:
            _show_choices(field)
        for failure in field.erring_policies:
            show_line(f"policy `{failure.policy_id}` cannot be evaluated: {failure.message}")
        for change in field.remedies:
            show_line(f"would change it: {_change(change)}")
        if field.field in remedies:
            _show_command(remedies[field.field])
    show_line()
    show_pairs([("policy revision", decision.policy_revision), ("consent revision", decision.consent_revision)])


def _show_results(decision: Decision) -> None:
    show_table(
        ["field", "effect", "reason", "policies"],
        [
            [field.field, effect_text(field.effect), field.reason, ", ".join(field.determining_policies) or "-"]
            for field in decision.fields
        ],
    )
    if decision.co_subjects_denied:
        show_line(f"co-subjects who do not allow all of it: {decision.co_subjects_denied}; who is not told")
    for field in decision.fields:
        for must in field.obligations:
            show_line(f"{field.field}: {must.name} it by `{must.value}` before use; who cannot must not use it")


def _show_command(change: Remedy) -> None:
    if change.command:
        show_line(Text(f"  {change.command}", style="bold"))


def _facts(field: authorization_pb2.FieldExplanation) -> list[tuple[str, str]]:
    if not field.HasField("facts"):
        return []
    facts = field.facts
    flags = ["explicit", "by_guardian", "objected", "restricted", "erased"]
    return [
        ("consent", facts.consent),
        ("also", ", ".join(flag for flag in flags if getattr(facts, flag)) or "-"),
        ("age", facts.age_band),
        ("basis", facts.basis),
        ("policies", ", ".join(field.determining_policies) or "-"),
    ]


def _show_choices(field: authorization_pb2.FieldExplanation) -> None:
    show_table(
        ["decided", "category", "choice", "by", "since", "until", "notice", "method", "event"],
        [
            [
                choice.fact,
                choice.category,
                choice.kind,
                choice.actor,
                show_timestamp(choice.effective_at),
                show_timestamp(choice.expires_at) if choice.HasField("expires_at") else "-",
                f"{choice.notice.key}@{choice.notice.version}" if choice.HasField("notice") else "-",
                choice.method or "-",
                choice.event_id,
            ]
            for choice in field.choices
        ],
    )


def _change(change: authorization_pb2.Remedy) -> str:
    which = change.WhichOneof("change")
    if which != "consent":
        return str(getattr(change, which)) if which else "-"
    ask = change.consent.consent
    kind = " ".join(word for word, said in (("explicit", ask.explicit), ("a guardian's", ask.by_guardian)) if said)
    about = ", ".join([*ask.categories, *filter(None, [ask.channel]), ask.recipient])
    since = show_timestamp(change.consent.not_before)
    return f"{kind} consent for `{ask.purpose}` ({about}), not to be asked before {since}".lstrip()


def _field_to_plain(field: FieldDecision) -> dict[str, object]:
    plain = asdict(field)
    plain["ask_not_before"] = _instant(field.ask_not_before)
    return plain


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else instant.show(instant.from_datetime(moment))
