"""Where things stand in a bundle: read from its files again, for those who report about one that loads."""

from collections.abc import Iterator
from itertools import pairwise

from sidecar.policy.cedar.tokens import tokenize
from sidecar.policy.document import Mapping, Node, Sequence, parse_document
from sidecar.policy.files import NOTICES, SCHEMA, SERVICES, Files
from sidecar.policy.problems import Place, Problems


class Places:
    """The places in *files*, each of which is read when first asked about."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._nodes: dict[str, Node | None] = {}

    def entry(self, file: str, key: str) -> Place:
        """Of the entry *key* of the mapping that *file* is; the whole file if it is not there."""
        node = self._node(file)
        entries = node.entries if isinstance(node, Mapping) else ()
        return next((name.place for name, _ in entries if name.text == key), Place(file))

    def service(self, key: str) -> Place:
        """Of the file of a service."""
        return Place(f"{SERVICES}{key}.yaml")

    def notice(self, key: str, version: int) -> Place:
        """Of one version of a notice."""
        return next((place for place, *names in self._notices() if names == [key, str(version)]), Place(NOTICES))

    def attribute(self, name: str) -> Place:
        """Of the declaration of a caller's attribute."""
        tokens = tokenize(self._files.texts.get(SCHEMA, ""), SCHEMA)
        named = (
            one.place for one, after in pairwise(tokens) if one.text.strip('"') == name and after.text in ("?", ":")
        )
        return next(named, Place(SCHEMA))

    def _notices(self) -> Iterator[tuple[Place, str, str]]:
        node = self._node(NOTICES)
        for item in node.items if isinstance(node, Sequence) else ():
            assert isinstance(item, Mapping)  # the bundle is valid
            texts = {name.text: getattr(value, "text", "") for name, value in item.entries}
            yield item.place, texts.get("key", ""), texts.get("version", "")

    def _node(self, file: str) -> Node | None:
        if file not in self._nodes:
            self._nodes[file] = parse_document(self._files.texts.get(file, ""), file, Problems())
        return self._nodes[file]
