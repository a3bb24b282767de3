"""What is asked, one question a field: `ask`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sidecar.authoring.suite.names import Names
from sidecar.authoring.suite.plain import plain
from sidecar.authoring.suite.suite import Ask, Stated
from sidecar.authoring.suite.wanted import FACTS
from sidecar.model.decision import MAX_CO_SUBJECTS, AttributeValue
from sidecar.model.vocabulary import Action, AgeBand, Basis, ConsentState
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record

KEYS: Final = (
    "service",
    "subject",
    "facts",
    "co_subjects",
    "field",
    "fields",
    "purpose",
    "action",
    "channel",
    "recipient",
    "attributes",
)

STATED: Final = "somebody"
"""The subject of a question that states its facts itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for each field, and the facts about the person, if they are stated."""

    record: Record
    asks: tuple[Ask, ...]
    stated: Stated | None


def read_asked(node: MappingNode, names: Names, problems: Problems) -> Asked:
    """What *node* asks; whether its names are known is checked apart, against what is wanted."""
    record = Record(node, KEYS, problems, area="suite")
    record.require("service", "purpose")
    stated = read_stated(record.node("facts"), problems)
    _one_of(record, "subject", "facts")
    _one_of(record, "field", "fields")
    action = record.choice("action", Action) or Action.USE
    if (action is Action.SHARE) != ("recipient" in record):
        message, hint = _SHARE if action is Action.SHARE else _NO_SHARE
        problems.error(node.place, "suite.recipient", message, hint)
    ask = Ask(
        service=record.text("service"),
        subject=record.text("subject") or STATED,
        field=record.text("field"),
        purpose=record.text("purpose"),
        co_subjects=_co_subjects(record),
        action=action,
        channel=record.text("channel") or None,
        recipient=record.text("recipient") or None,
        attributes=read_attributes(record.node("attributes"), problems),
    )
    fields = _fields(record, names)
    return Asked(record, tuple(replace(ask, field=field) for field in fields) or (ask,), stated)


_SHARE: Final = ("to share is to name the recipient", "add `recipient: KEY`")
_NO_SHARE: Final = ("only `share` names a recipient", "add `action: share`, or remove `recipient`")


def check_known(asked: Asked, ask: Ask, names: Names, want: Mapping[str, object]) -> None:
    """Report each name of *ask*, one of *asked*, that nothing has, unless it is wanted to be unknown."""
    record = asked.record
    for key, subjects in (("subject", [ask.subject] if "subject" in record else []), ("co_subjects", ask.co_subjects)):
        for subject in subjects:
            if subject not in names.known["subjects"]:
                hint = "list it under `subjects`; `stranger` is always there, and has no record"
                message = f"nobody is called `{subject}` here"
                record.problems.error(record.place_of(key), "suite.unknown_subject", message, hint)
    reason = str(want.get("reason", ""))
    if reason.startswith("UNKNOWN_"):
        return  # a name that nothing has is the point of the test
    for key, dimension, name in (
        ("service", "services", ask.service),
        ("field", "fields", ask.field),
        ("purpose", "purposes", ask.purpose),
        ("channel", "channels", ask.channel),
        ("recipient", "recipients", ask.recipient),
    ):
        if name and name not in names.known[dimension]:
            place = record.place_of(key if key in record else "fields")
            record.problems.unknown(place, f"suite.unknown_{key}", key, name, names.known[dimension])


def read_stated(node: Node | None, problems: Problems) -> Stated | None:
    """The facts that *node* states; ``None`` if there is none."""
    if node is None:
        return None
    if not isinstance(node, MappingNode):
        problems.error(node.place, "suite.wrong_type", "`facts` must be a mapping", "`{consent: given}`")
        return None
    record = Record(node, FACTS, problems, area="suite")
    return Stated(
        consent=record.choice("consent", ConsentState) or ConsentState.UNKNOWN,
        explicit=record.boolean("explicit"),
        by_guardian=record.boolean("by_guardian"),
        objected=record.boolean("objected"),
        restricted=record.boolean("restricted"),
        erased=record.boolean("erased"),
        age=record.choice("age", AgeBand) or AgeBand.UNKNOWN,
        basis=record.choice("basis", Basis),
    )


def read_attributes(node: Node | None, problems: Problems) -> Mapping[str, AttributeValue | None]:
    """What the caller says, by name."""
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        problems.error(node.place, "suite.wrong_type", "`attributes` must be a mapping", "`{name: value}`")
        return {}
    return dict(_attributes(node, problems))


def _attributes(node: MappingNode, problems: Problems) -> Iterator[tuple[str, AttributeValue | None]]:
    for key, value in node.entries:
        written = plain(value)
        if isinstance(written, list):
            yield key.text, frozenset(map(str, written))
        elif isinstance(written, bool | int | str) or written is None:
            yield key.text, written
        else:
            message = f"`{key.text}` must be a boolean, a whole number, a text or a list of texts"
            problems.error(value.place, "suite.attribute", message, "see `type Attributes` in schema.cedarschema")


def _one_of(record: Record, one: str, other: str) -> None:
    if (one in record) == (other in record):
        message = f"`{one}` and `{other}` are both there" if one in record else f"`{one}` is missing"
        record.problems.error(record.place, "suite.ask", message, f"write `{one}` or `{other}`")


def _co_subjects(record: Record) -> tuple[str, ...]:
    """Everyone else who is asked about; not the subject again."""
    named = [scalar.text for scalar in record.names("co_subjects")]
    if len(named) > MAX_CO_SUBJECTS:
        message = f"`co_subjects` has {len(named)}, and a question has at most {MAX_CO_SUBJECTS}"
        record.problems.error(record.place_of("co_subjects"), "suite.co_subjects", message, "leave some out")
    return tuple(name for name in named if name != record.text("subject"))


def _fields(record: Record, names: Names) -> tuple[str, ...]:
    groups = names.groups.get("fields", {})
    fields: list[str] = []
    for scalar in record.names("fields"):
        fields.extend(groups.get(scalar.text, (scalar.text,)))
    return tuple(dict.fromkeys(fields))
