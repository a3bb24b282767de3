"""The whole catalog from its files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sidecar.model.catalog import Catalog, Category, Field, Purpose, Recipient, Service
from sidecar.policy import files as layout
from sidecar.policy.catalog.categories import ALWAYS_RECIPIENTS, read_categories, read_fields, read_recipients
from sidecar.policy.catalog.entries import Names, check_plain
from sidecar.policy.catalog.notices import read_notices
from sidecar.policy.catalog.purposes import read_purposes
from sidecar.policy.catalog.renames import read_renames
from sidecar.policy.catalog.services import read_service
from sidecar.policy.document import Node, parse_document
from sidecar.policy.files import Files
from sidecar.policy.problems import Place, Problems


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRead:
    """The catalog as far as it could be read; *names*: what may be referred to, where that is known."""

    catalog: Catalog
    names: Names


def read_catalog(files: Files, attributes: Mapping[str, str], problems: Problems) -> CatalogRead:
    """Read every file of the catalog; *attributes* are those of the schema.

    A file that cannot be read is reported once, and references to what it would declare are then not checked: one
    broken file is one problem, not a hundred.
    """
    nodes = {path: _node(path, files, problems) for path in files.paths if path.startswith("catalog/")}
    categories: Mapping[str, Category] | None = None
    purposes: Mapping[str, Purpose] | None = None
    recipients: Mapping[str, Recipient] | None = ALWAYS_RECIPIENTS
    fields: Mapping[str, Field] | None = None
    if (node := nodes.get(layout.CATEGORIES)) is not None:
        categories = read_categories(node, problems)
    if (node := nodes.get(layout.PURPOSES)) is not None:
        purposes = read_purposes(nodes.get(layout.DATA_USES), node, problems)
    if layout.RECIPIENTS in nodes:
        node = nodes[layout.RECIPIENTS]
        recipients = None if node is None else read_recipients(node, problems)
    known_purposes = purposes if nodes.get(layout.DATA_USES) is not None else None
    names = Names(
        categories=categories,
        purposes=known_purposes,
        usable=frozenset(key for key, purpose in (purposes or {}).items() if purpose.basis is not None),
        recipients=recipients,
        services=frozenset(map(_service_key, files.services())),
    )
    if (node := nodes.get(layout.FIELDS)) is not None:
        fields = read_fields(node, names, problems)
        names = replace(names, fields=fields)
    node = nodes.get(layout.NOTICES)
    catalog = Catalog(
        services=_services(files, nodes, names, problems),
        fields=fields or {},
        categories=categories or {},
        purposes=purposes or {},
        recipients=recipients or {},
        notices={} if node is None else read_notices(node, names, problems),
        attributes=attributes,
    )
    catalog = replace(catalog, renames=read_renames(nodes, catalog, problems))
    return CatalogRead(catalog=catalog, names=names)


def _services(
    files: Files, nodes: Mapping[str, Node | None], names: Names, problems: Problems
) -> Mapping[str, Service]:
    services: dict[str, Service] = {}
    for path in files.services():
        key = _service_key(path)
        check_plain(key, Place(path), problems)
        node = nodes[path]
        service = None if node is None else read_service(key, node, names, problems)
        if service is not None:
            services[key] = service
    return services


def _service_key(path: str) -> str:
    return path.removeprefix(layout.SERVICES).removesuffix(".yaml")


def _node(path: str, files: Files, problems: Problems) -> Node | None:
    text = files.texts.get(path)
    return None if text is None else parse_document(text, path, problems)
