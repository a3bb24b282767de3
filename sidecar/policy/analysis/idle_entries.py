"""Entries of the catalog that nothing reaches: declared, and then forgotten."""

from collections.abc import Iterator

from sidecar.model.catalog import Catalog, Notice
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY
from sidecar.policy.analysis.asked import Asked
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.tables import take_apart
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.analysis.words import uses_text
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.atoms import ATTRIBUTE
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.files import FIELDS, PURPOSES, RECIPIENTS
from sidecar.policy.places import Places
from sidecar.policy.problems import Problems


def report_idle_entries(draft: Draft, places: Places, problems: Problems) -> None:
    """Report fields, recipients, purposes, notices and attributes that no service or policy has anything to do with."""
    catalog, uses = draft.catalog, uses_of(draft.catalog)
    _report_unused(catalog, uses, places, problems)
    _report_purposes(catalog, uses, places, problems)
    _report_notices(catalog, uses, places, problems)
    read = {name for atom in take_apart(draft).atoms for name in atom.reads}
    for name in catalog.attributes:
        if ATTRIBUTE + name not in read:
            message = f"no policy reads the attribute `{name}`"
            hint = "remove it: callers that send it are then told so"
            problems.warning(places.attribute(name), "lint.unused_attribute", message, hint)


def report_never_allowed(asked: Asked, places: Places, problems: Problems) -> None:
    """Report what services declare, and are never allowed, whoever is asked about and whatever that person said."""
    allowed = asked.allowed()
    possible = {case.use for case in asked.cases if (asked.analysis.at(allowed, case.use) & case.facts).satisfiable()}
    by_service: dict[str, list[Use]] = {}
    for use in asked.uses:
        if use not in possible:
            by_service.setdefault(use.service, []).append(use)
    for service, uses in by_service.items():
        message = f"what `{service}` declares is never allowed: {'; '.join(uses_text(uses))}"
        hint = "remove it from the file, or write the permit that it is to have"
        problems.warning(places.service(service), "lint.never_allowed", message, hint)


def _report_unused(catalog: Catalog, uses: tuple[Use, ...], places: Places, problems: Problems) -> None:
    fields, recipients = {use.field for use in uses}, {use.recipient for use in uses}
    for key in catalog.fields:
        if key not in fields:
            message, hint = f"no service uses the field `{key}`", "remove it, or declare the use in catalog/services/"
            problems.warning(places.entry(FIELDS, key), "lint.unused_field", message, hint)
    for key in catalog.recipients:
        if key not in recipients and key not in (FIRST_PARTY, THIRD_PARTY):
            message, hint = f"no service shares anything with `{key}`", "remove it, or declare it in catalog/services/"
            problems.warning(places.entry(RECIPIENTS, key), "lint.unused_recipient", message, hint)


def _report_purposes(catalog: Catalog, uses: tuple[Use, ...], places: Places, problems: Problems) -> None:
    used = {use.purpose for use in uses}
    based = {key for key, purpose in catalog.purposes.items() if purpose.basis is not None}
    for key in catalog.purposes:
        place = places.entry(PURPOSES, key)
        if key in based and not any(at_or_below(one, key) for one in used):
            message = f"no service uses data for `{key}`, or for anything below it"
            hint = "remove it, or declare the use in catalog/services/"
            problems.warning(place, "lint.unused_purpose", message, hint)
        elif place.line and not any(at_or_below(one, key) for one in based):
            message = f"`{key}` has no basis, nor has anything below it: no service can use data for it"
            hint = "write `basis:`, which is never inherited; `basis_by_jurisdiction` only says where it is another"
            problems.warning(place, "lint.no_basis", message, hint)


def _report_notices(catalog: Catalog, uses: tuple[Use, ...], places: Places, problems: Problems) -> None:
    """Only of the latest version of each: the others are history."""
    latest = dict(sorted(catalog.notices))
    for key, version in latest.items():
        notice = catalog.notices[key, version]
        vain = [purpose for purpose in notice.purposes if not any(_asks(notice, purpose, catalog, uses))]
        if vain:
            names = ", ".join(f"`{purpose}`" for purpose in vain)
            message = f"notice `{key}@{version}` asks for {names}, for which no service uses anything that it lists"
            hint = "follow it by a version without, or declare the use in catalog/services/"
            problems.warning(places.notice(key, version), "lint.idle_notice", message, hint)


def _asks(notice: Notice, purpose: str, catalog: Catalog, uses: tuple[Use, ...]) -> Iterator[bool]:
    """For each use whether *notice* lists it for *purpose*, some category of its field at least."""
    for use in uses:
        yield (
            at_or_below(use.purpose, purpose)
            and use.recipient in notice.recipients
            and (not notice.channels or use.channel in (NO_CHANNEL, *notice.channels))
            and any(
                at_or_below(category, listed)
                for category in catalog.fields[use.field].categories
                for listed in notice.categories
            )
        )
