"""How a person's record and history look."""

from collections.abc import Sequence
from typing import Final

from sidecar.api.v1 import consent_pb2
from sidecar.cli.output import printable, show_line, show_pairs, show_table
from sidecar.cli.plain import show_timestamp

_NOTHING: Final = "no record: nothing was ever recorded of this person"


def show_record(record: consent_pb2.GetRecordResponse) -> None:
    """Print what *record* says, the latest choices last."""
    if not record.revision:
        show_line(_NOTHING)
        return
    show_table(
        ["choice", "purpose", "category", "channel", "recipient", "since", "until", "also", "by", "notice"],
        [
            [
                choice.kind,
                choice.purpose,
                choice.category,
                choice.channel,
                choice.recipient,
                show_timestamp(choice.effective_at),
                show_timestamp(choice.expires_at) if choice.HasField("expires_at") else "-",
                "explicit" if choice.explicit else "-",
                _by(choice.actor, choice.note),
                f"{choice.notice.key}@{choice.notice.version}" if choice.HasField("notice") else "-",
            ]
            for choice in record.choices
        ],
    )
    show_pairs([("revision", record.revision), *_about(record)])
    for sentence in record.summary:
        show_line(printable(sentence))


def show_history(entries: Sequence[consent_pb2.HistoryEntry]) -> None:
    """Print *entries*, a row each."""
    if not entries:
        show_line(_NOTHING)
        return
    show_table(
        ["accepted", "counts from", "what", "by", "method", "id"],
        [
            [
                show_timestamp(entry.accepted_at),
                show_timestamp(entry.effective_at),
                *columns(entry),
            ]
            for entry in entries
        ],
    )


def what_happened(entry: consent_pb2.HistoryEntry) -> str:
    """What *entry* recorded, on one line."""
    return columns(entry)[0]


def _about(record: consent_pb2.GetRecordResponse) -> list[tuple[str, str]]:
    traits = record.traits
    pairs = []
    if traits.HasField("digital_consent_at"):
        pairs.append(("may consent from", show_timestamp(traits.digital_consent_at)))
    if traits.HasField("of_age_at"):
        pairs.append(("of age from", show_timestamp(traits.of_age_at)))
    if traits.jurisdiction:
        pairs.append(("jurisdiction", traits.jurisdiction))
    if record.HasField("erased_at"):
        pairs.append(("erased", show_timestamp(record.erased_at)))
    pairs.extend((f"erased {gone.category}", show_timestamp(gone.erased_at)) for gone in record.erased_categories)
    pairs.extend((f"linked to {link.other_pseudonym}", show_timestamp(link.since)) for link in record.links)
    return pairs


def columns(entry: consent_pb2.HistoryEntry) -> tuple[str, str, str, str]:
    """What *entry* says happened, who did it, how, and under which id; ``-`` for what is not known."""
    if entry.WhichOneof("what") == "erasure":
        return f"erased {', '.join(entry.erasure.categories) or 'everything'}", "-", "-", entry.erasure.id
    event = entry.event
    return f"{_act(event)}{_why(event.note)}", _by(event.actor), event.method or "-", event.id


def _by(actor: consent_pb2.Actor, note: str = "") -> str:
    return f"{consent_pb2.Actor.Name(actor).removeprefix('ACTOR_').lower()}{_why(note)}"


def _why(note: str) -> str:
    return f" ({note})" if note else ""


def _act(event: consent_pb2.Event) -> str:
    match event.WhichOneof("act"):
        case "submission":
            return "; ".join(_choice(choice) for choice in event.submission.choices)
        case "restriction":
            return f"restricted {_scope(event.restriction.scope)}"
        case "lifting":
            return f"lifted {_scope(event.lifting.scope)}"
        case "link":
            return f"linked to {event.link.other_pseudonym}"
        case "shared":
            return "a linked id: " + "; ".join(map(_shared, event.shared.noes))
        case act:
            return str(act)


def _shared(no: consent_pb2.SharedNo) -> str:
    named = (no.purpose, no.category, no.channel, no.recipient)
    return f"{no.kind} {' / '.join(value for value in named if value != '*') or 'everything'}"


def _choice(choice: consent_pb2.Choice) -> str:
    kind = consent_pb2.ChoiceKind.Name(choice.kind).removeprefix("CHOICE_KIND_").lower()
    until = f" until {show_timestamp(choice.expires_at)}" if choice.HasField("expires_at") else ""
    return f"{kind} {_scope(choice.scope)}{' explicitly' if choice.explicit else ''}{until}"


def _scope(scope: consent_pb2.Scope) -> str:
    dimensions = (scope.purposes, scope.categories, scope.channels, scope.recipients)
    return " / ".join(",".join(values) for values in dimensions if values) or "everything"
