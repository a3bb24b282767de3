"""Purposes: the taxonomy of data uses, and what the catalog adds to some of them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sidecar.model.catalog import Purpose, ancestors
from sidecar.model.vocabulary import Basis, Channel, FailureMode, Survival
from sidecar.policy.catalog.entries import RENAMED_FROM, TITLES, check_parents, entries_of, titles_of
from sidecar.policy.document import Node
from sidecar.policy.problems import Place, Problems
from sidecar.policy.record import Record

DATA_USE_KEYS: Final = ("title", TITLES, RENAMED_FROM)
KEYS: Final = (
    "title",
    TITLES,
    "basis",
    "basis_by_jurisdiction",
    "direct_marketing",
    "channels",
    "survives",
    "failure_mode",
    "serve_last_known",
    "reask_after",
    "cache_for",
    RENAMED_FROM,
)
JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166-1 alpha-2, or ISO 3166-2


def read_purposes(data_uses: Node | None, purposes: Node, problems: Problems) -> Mapping[str, Purpose]:
    """All purposes, with ``direct_marketing`` handed down the dots; *data_uses* is ``None`` if unreadable."""
    found: dict[str, Purpose] = {}
    places: dict[str, Place] = {}
    if data_uses is not None:
        for key, record in entries_of(data_uses, DATA_USE_KEYS, problems):
            record.require("title")
            found[key.text] = Purpose(key=key.text, title=record.text("title"), titles=titles_of(record))
            places[key.text] = key.place
    refusals: dict[str, Place] = {}
    for key, record in entries_of(purposes, KEYS, problems):
        refined = found.get(key.text, Purpose(key=key.text, title=""))
        if not refined.title and data_uses is not None:
            record.require("title")
        found[key.text] = _purpose(refined, record)
        places.setdefault(key.text, key.place)
        if "direct_marketing" in record and not found[key.text].direct_marketing:
            refusals[key.text] = record.place_of("direct_marketing")
    if data_uses is not None:
        check_parents(places, found, "purpose", problems)
    return _hand_down(found, refusals, problems)


def _purpose(refined: Purpose, record: Record) -> Purpose:
    """What *record* makes of the entry of the taxonomy that it refines."""
    failure_mode = record.choice("failure_mode", FailureMode) or FailureMode.DENY
    if (failure_mode is FailureMode.SERVE_LAST_KNOWN) is not ("serve_last_known" in record):
        message = "`serve_last_known` says for how long, exactly with `failure_mode: serve_last_known`"
        hint = "add the one that is missing, or remove the other"
        record.problems.error(record.place_of("failure_mode"), "catalog.failure_mode", message, hint)
    kept = {} if "title" in record else refined.titles  # other words are not what was translated
    return Purpose(
        key=refined.key,
        title=record.text("title") or refined.title,
        titles={**kept, **titles_of(record)},
        basis=record.choice("basis", Basis),
        basis_by_jurisdiction=_bases(record),
        direct_marketing=record.boolean("direct_marketing"),
        channels=record.choices("channels", Channel),
        survives=frozenset(record.choices("survives", Survival)),
        failure_mode=failure_mode,
        serve_last_known_seconds=record.seconds("serve_last_known", 0.0),
        reask_after_seconds=record.seconds("reask_after", refined.reask_after_seconds),
        cache_for_seconds=record.seconds("cache_for", 0.0),
    )


def _bases(record: Record) -> Mapping[str, Basis]:
    bases: dict[str, Basis] = {}
    for code, basis in record.choices_by_key("basis_by_jurisdiction", Basis).items():
        if not JURISDICTION.fullmatch(code.text):
            message = f"`{code.text}` is not a country or a part of one"
            record.problems.error(code.place, "catalog.jurisdiction", message, "ISO 3166: `DE`, `US-CA`")
        bases[code.text] = basis
    return bases


def _hand_down(found: dict[str, Purpose], refusals: dict[str, Place], problems: Problems) -> Mapping[str, Purpose]:
    """*found*, each direct marketing if anything above it is; a purpose in *refusals* says that it is not."""
    flagged = {key for key, purpose in found.items() if purpose.direct_marketing}
    handed: dict[str, Purpose] = {}
    for key, purpose in found.items():
        source = next((above for above in ancestors(key) if above in flagged), None)
        if source is not None and key in refusals:
            message = f"`{key}` cannot be other than direct marketing: `{source}` above it is"
            problems.error(refusals[key], "catalog.direct_marketing", message, "remove the line, or move the purpose")
        handed[key] = replace(purpose, direct_marketing=purpose.direct_marketing or source is not None)
    return handed
