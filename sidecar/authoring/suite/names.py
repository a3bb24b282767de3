"""The names that a suite may use, and those that stand for several: its groups."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sidecar.authoring.suite.suite import STRANGER, Person
from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY, Action, Channel
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Scalar
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record

ALL: Final = "all"
"""The group that is always there: of subjects all that the suite lists, of purposes all that have a basis."""

GROUPED: Final = ("subjects", "services", "fields", "purposes")
"""Dimensions that a suite may name groups of."""

DIMENSIONS: Final = ("subjects", "services", "actions", "fields", "purposes", "channels", "recipients")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name by dimension, and the members of every group by dimension and name."""

    known: Mapping[str, Collection[str]]
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def expand(self, dimension: str, scalars: Iterable[Scalar], problems: Problems) -> tuple[str, ...]:
        """The names that *scalars* stand for, each once, in order; what is no name and no group is reported."""
        found: dict[str, None] = {}
        known, groups = self.known[dimension], self.groups.get(dimension, {})
        for scalar in scalars:
            if scalar.text in groups:
                found.update(dict.fromkeys(groups[scalar.text]))
            elif scalar.text in known:
                found[scalar.text] = None
            else:
                options = (*known, *groups)
                problems.unknown(scalar.place, f"suite.unknown_{dimension[:-1]}", dimension[:-1], scalar.text, options)
        return tuple(found)


def read_names(record: Record, people: Mapping[str, Person], catalog: Catalog, problems: Problems) -> Names:
    """The names of the suite *record*, whose subjects are *people*."""
    usable = [key for key, purpose in catalog.purposes.items() if purpose.basis is not None]
    third_parties = [key for key in catalog.recipients if key not in (FIRST_PARTY, THIRD_PARTY)]
    every: dict[str, Collection[str]] = {
        "subjects": [name for name in people if name != STRANGER],
        "services": catalog.services,
        "actions": [action.value for action in Action],
        "fields": catalog.fields,
        "purposes": usable,
        "channels": [channel.value for channel in Channel],
        "recipients": third_parties,
    }
    known = Names(known={**every, "subjects": people, "purposes": catalog.purposes}, groups={})
    groups: dict[str, dict[str, tuple[str, ...]]] = {name: {ALL: tuple(values)} for name, values in every.items()}
    node = record.node("groups")
    if isinstance(node, MappingNode):
        read = Record(node, GROUPED, problems, area="suite")
        for dimension in GROUPED:
            groups[dimension].update(_groups(read, dimension, known, problems))
    elif node is not None:
        problems.error(node.place, "suite.wrong_type", "`groups` must be a mapping", "`groups: {fields: {...}}`")
    return Names(known=known.known, groups=groups)


def _groups(record: Record, dimension: str, known: Names, problems: Problems) -> dict[str, tuple[str, ...]]:
    node = record.node(dimension)
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        problems.error(node.place, "suite.wrong_type", f"`{dimension}` must be a mapping", "`name: [one, two]`")
        return {}
    names = [key.text for key, _ in node.entries]
    groups = Record(node, names, problems, area="suite")
    for key, _ in node.entries:
        if key.text in known.known[dimension] or key.text == ALL:
            message = f"`{key.text}` is the name of something else already"
            problems.error(key.place, "suite.group", message, "give the group another name")
    return {name: known.expand(dimension, groups.names(name), problems) for name in names}
