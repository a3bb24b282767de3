"""What entries were called before: ``renamed_from``, a key or a list of keys, in any file of the catalog."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.renames import Renames
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY
from sidecar.policy import files as layout
from sidecar.policy.catalog.entries import DOTTED, PLAIN, RENAMED_FROM
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node, Scalar, Sequence
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is renamed; *nests* if what lies below a key goes along with it."""

    noun: str
    form: re.Pattern[str]
    declared: Collection[str]
    nests: bool = False


def read_renames(nodes: Mapping[str, Node | None], catalog: Catalog, problems: Problems) -> Renames:
    """The renames of a catalog whose files are *nodes*, and whose entries are otherwise read already."""

    def read(kind: _Kind, entries: Iterable[tuple[str, MappingNode]]) -> dict[str, str]:
        return _Reading(kind, problems).read(entries)

    purposes = (*_by_key(nodes.get(layout.DATA_USES)), *_by_key(nodes.get(layout.PURPOSES)))
    notices = {key for key, _ in catalog.notices}
    return Renames(
        services=read(_Kind(noun="service", form=PLAIN, declared=catalog.services), _services(nodes)),
        fields=read(_Kind(noun="field", form=DOTTED, declared=catalog.fields), _by_key(nodes.get(layout.FIELDS))),
        categories=read(
            _Kind(noun="data category", form=DOTTED, declared=catalog.categories, nests=True),
            _by_key(nodes.get(layout.CATEGORIES)),
        ),
        purposes=read(_Kind(noun="purpose", form=DOTTED, declared=catalog.purposes, nests=True), purposes),
        recipients=read(
            _Kind(noun="recipient", form=PLAIN, declared=catalog.recipients), _by_key(nodes.get(layout.RECIPIENTS))
        ),
        notices=read(_Kind(noun="notice", form=PLAIN, declared=notices), _notices(nodes.get(layout.NOTICES))),
    )


class _Reading:
    """The renames of one kind."""

    def __init__(self, kind: _Kind, problems: Problems) -> None:
        self._kind = kind
        self._problems = problems
        self._renames: dict[str, str] = {}

    def read(self, entries: Iterable[tuple[str, MappingNode]]) -> dict[str, str]:
        """From old keys to those that *entries* have now."""
        for key, node in entries:
            record = Record(node, {name.text for name, _ in node.entries}, self._problems)
            for old in record.names(RENAMED_FROM):
                self._add(old, key)
        return self._renames

    def _add(self, old: Scalar, key: str) -> None:
        wrong = self._wrong(old.text, key)
        if wrong is None:
            self._renames[old.text] = key
        else:
            self._problems.error(old.place, _CODE, *wrong)

    def _wrong(self, old: str, key: str) -> tuple[str, str] | None:
        """Message and hint, if *key* cannot have been called *old*."""
        noun, other = self._kind.noun, self._renames.get(old)
        if not self._kind.form.fullmatch(old):
            return f"`{old}` is not a key", "write the key as it was"
        if key in (FIRST_PARTY, THIRD_PARTY):
            return f"`{key}` always was what it is", "give the third party a key of its own"
        if old in self._kind.declared:
            return f"{noun} `{old}` is still there", "remove it, or this line: what is in use was not renamed"
        if other not in (None, key):
            return f"`{other}` was renamed from `{old}` too", "one of them only can be what people decided about"
        if self._kind.nests and at_or_below(old, key):
            return f"`{old}` lay below `{key}`", "what people agreed to would become broader; let it lapse instead"
        return None


_CODE: Final = "catalog.renamed_from"


def _by_key(node: Node | None) -> Iterator[tuple[str, MappingNode]]:
    if isinstance(node, MappingNode):
        yield from ((key.text, value) for key, value in node.entries if isinstance(value, MappingNode))


def _services(nodes: Mapping[str, Node | None]) -> Iterator[tuple[str, MappingNode]]:
    for path, node in nodes.items():
        if path.startswith(layout.SERVICES) and isinstance(node, MappingNode):
            yield path.removeprefix(layout.SERVICES).removesuffix(".yaml"), node


def _notices(node: Node | None) -> Iterator[tuple[str, MappingNode]]:
    items = node.items if isinstance(node, Sequence) else ()
    for item in items:
        if isinstance(item, MappingNode):
            key = next((value for name, value in item.entries if name.text == "key"), None)
            if isinstance(key, Scalar):
                yield key.text, item
