"""Notices: what people were shown, version by version."""

from collections.abc import Mapping
from typing import Final

from sidecar.model.catalog import Notice
from sidecar.model.vocabulary import FIRST_PARTY, Channel
from sidecar.policy.catalog.entries import RENAMED_FROM, TITLES, Names, check_plain, titles_of
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record, records_of

REQUIRED: Final = ("key", "version", "title", "purposes", "categories", "reconsent", "valid_from")
KEYS: Final = (*REQUIRED, TITLES, "channels", "recipients", RENAMED_FROM)
RECONSENT: Final = ("required", "no")


def read_notices(node: Node, names: Names, problems: Problems) -> Mapping[tuple[str, int], Notice]:
    """Every version of every notice."""
    notices: dict[tuple[str, int], Notice] = {}
    if isinstance(node, MappingNode) and not node.entries:  # an empty file
        return notices
    for record in records_of(node, "the file", KEYS, problems):
        record.require(*REQUIRED)
        notice = _notice(record, names)
        if (notice.key, notice.version) in notices:
            message = f"version {notice.version} of notice `{notice.key}` is there twice"
            problems.error(record.place, "catalog.duplicate", message, "give one of them another version")
        notices[notice.key, notice.version] = notice
    return notices


def _notice(record: Record, names: Names) -> Notice:
    key = record.text("key")
    if key:
        check_plain(key, record.place_of("key"), record.problems)
    named = record.references("recipients", "recipient", names.recipients, required=False)
    return Notice(
        key=key,
        version=record.positive("version"),
        title=record.text("title"),
        titles=titles_of(record),
        purposes=record.references("purposes", "purpose", names.purposes),
        categories=record.references("categories", "data category", names.categories),
        channels=tuple(map(str, record.choices("channels", Channel))),
        recipients=tuple(dict.fromkeys((FIRST_PARTY, *named))),
        reconsent=_reconsent(record),
        valid_from=record.instant("valid_from"),
    )


def _reconsent(record: Record) -> bool:
    # Not an enum: YAML 1.1 takes `no` for a boolean, so it is the text as written that counts.
    return record.reference("reconsent", "answer", RECONSENT) == "required"
