"""The boxes that the notices of a catalog offer: one for each thing that a person can decide on its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from sidecar.consent.choices.key import key_of
from sidecar.model.catalog import Catalog, Notice, Purpose, ancestors
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom, at_or_below, recipient_at_or_below
from sidecar.model.vocabulary import ANY, FIRST_PARTY, THIRD_PARTY, Action, Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxUse:
    """What one service may do with what a box is about; never empty, sorted."""

    service: str
    fields: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One thing that a notice lists and a person decides: a purpose, a data category, a channel, a recipient."""

    key: str  # the same for the same box of the same version of its notice
    notice: NoticeRef
    atom: Atom
    uses: tuple[BoxUse, ...] = ()  # by service; empty: no service may use it


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """All boxes, in the order of their notices in the catalog; no two are about the same."""

    boxes: Mapping[str, Box]  # by key
    until: Instant | None  # when a notice becomes valid; None: never


def offered(catalog: Catalog, now: Instant) -> Offer:
    """The boxes of the versions of notices that are shown at *now*: of each notice the newest that is valid.

    What several notices list is offered by the one that became valid last.
    """
    newest = _newest(catalog, now)
    owners: dict[Atom, Notice] = {}
    covered: dict[Atom, frozenset[str]] = {}
    for notice in sorted(newest, key=lambda notice: (-notice.valid_from, notice.key)):
        for atom, purposes in _listed(notice, catalog):
            owners.setdefault(atom, notice)
            covered[atom] = covered.get(atom, frozenset()) | purposes
    uses = _uses_by_purpose(catalog)
    boxes: dict[str, Box] = {}
    for notice in newest:
        for atom, _ in _listed(notice, catalog):
            if owners[atom] is notice:
                ref = NoticeRef(key=notice.key, version=notice.version)
                key = key_of(ref, atom)
                boxes[key] = Box(key=key, notice=ref, atom=atom, uses=_uses(atom, covered[atom], uses, catalog))
    later = (notice.valid_from for notice in catalog.notices.values() if notice.valid_from > now)
    return Offer(boxes=boxes, until=min(later, default=None))


class Offers:
    """The offer of the catalog in use, made once. Safe for any number of threads: it is replaced as a whole."""

    def __init__(self) -> None:
        self._last: tuple[Catalog, Instant, Offer] | None = None

    def of(self, catalog: Catalog, now: Instant) -> Offer:
        """What *catalog* offers at *now*."""
        last = self._last
        if last is not None and last[0] is catalog:
            since, offer = last[1:]
            if since <= now and (offer.until is None or now < offer.until):
                return offer
        offer = offered(catalog, now)
        self._last = catalog, now, offer
        return offer


def _newest(catalog: Catalog, now: Instant) -> tuple[Notice, ...]:
    newest: dict[str, Notice] = {}
    for notice in catalog.notices.values():
        known = newest.get(notice.key)
        if notice.valid_from <= now and (known is None or known.version < notice.version):
            newest[notice.key] = notice
    return tuple(newest.values())


def _listed(notice: Notice, catalog: Catalog) -> Iterator[tuple[Atom, frozenset[str]]]:
    """Every combination that *notice* lists, each once, with the purposes that it stands for."""
    recipients = tuple(dict.fromkeys(_recipients(notice, catalog)))
    seen: set[Atom] = set()
    for listed in notice.purposes:
        for purpose, stands_for in _apart(listed, catalog).items():
            channels = _channels(catalog.purposes[purpose], notice)
            for category, channel, recipient in product(notice.categories, channels, recipients):
                atom = Atom(purpose, category, channel, recipient)
                if atom not in seen:
                    seen.add(atom)
                    yield atom, stands_for


def _recipients(notice: Notice, catalog: Catalog) -> Iterator[str]:
    """A third party is chosen by name, or not at all."""
    for recipient in notice.recipients:
        if recipient == THIRD_PARTY:
            yield from (key for key in catalog.recipients if key not in (FIRST_PARTY, THIRD_PARTY))
        else:
            yield recipient


def _channels(purpose: Purpose, notice: Notice) -> tuple[str, ...]:
    if not purpose.channels:
        return notice.channels or (ANY,)
    return tuple(str(channel) for channel in purpose.channels if not notice.channels or channel in notice.channels)


def _apart(listed: str, catalog: Catalog) -> Mapping[str, frozenset[str]]:
    """The purposes at or below *listed* that are decided on their own, each with those that go along with it.

    What can be used at all, and nothing below it: a yes to a purpose is one to those below. But what rests on another
    ground, or reaches people by other channels, is not decided with it.
    """
    apart: dict[str, set[str]] = {}
    for key in sorted(key for key in catalog.purposes if at_or_below(key, listed)):
        purpose = catalog.purposes[key]
        if purpose.basis is None:
            continue
        above = next((one for one in ancestors(key) if one in apart), None)
        if above is not None and _goes_along(purpose, catalog.purposes[above]):
            apart[above].add(key)
        else:
            apart[key] = {key}
    return {key: frozenset(keys) for key, keys in apart.items()}


def _goes_along(purpose: Purpose, above: Purpose) -> bool:
    reached = not above.channels or (purpose.channels and set(purpose.channels) <= set(above.channels))
    return bool(reached) and _ground(purpose) == _ground(above)


def _ground(purpose: Purpose) -> object:
    elsewhere = sorted(purpose.basis_by_jurisdiction.items())
    only_consent = purpose.basis is Basis.CONSENT and not elsewhere
    return (purpose.basis, elsewhere, not only_consent and purpose.direct_marketing)


_Uses = Mapping[str, list[tuple[str, frozenset[str], frozenset[Action], frozenset[str]]]]


def _uses_by_purpose(catalog: Catalog) -> _Uses:
    found: dict[str, list[tuple[str, frozenset[str], frozenset[Action], frozenset[str]]]] = {}
    for key, service in sorted(catalog.services.items()):
        for use in service.may_use:
            found.setdefault(use.purpose, []).append((key, use.fields, use.actions, use.recipients))
    return found


def _uses(atom: Atom, purposes: Iterable[str], uses: _Uses, catalog: Catalog) -> tuple[BoxUse, ...]:
    """What services may do with what *atom* is about, for these *purposes*."""
    fields: dict[str, set[str]] = {}
    actions: dict[str, set[Action]] = {}
    for purpose in sorted(purposes):
        if not any(at_or_below(channel, atom.channel) for channel in catalog.purposes[purpose].channels or (ANY,)):
            continue
        for service, named, done, recipients in uses.get(purpose, ()):
            touched = {key for key in named if _holds(catalog.fields[key].categories, atom.category)}
            meant = _actions(done, recipients, atom.recipient)
            if touched and meant:
                fields.setdefault(service, set()).update(touched)
                actions.setdefault(service, set()).update(meant)
    return tuple(
        BoxUse(service=service, fields=tuple(sorted(fields[service])), actions=tuple(sorted(actions[service])))
        for service in sorted(fields)
    )


def _holds(categories: Iterable[str], category: str) -> bool:
    return any(at_or_below(one, category) for one in categories)


def _actions(actions: frozenset[Action], recipients: frozenset[str], recipient: str) -> set[Action]:
    meant = set(actions - {Action.SHARE}) if recipient == FIRST_PARTY else set()
    if Action.SHARE in actions and any(recipient_at_or_below(one, recipient) for one in recipients):
        meant.add(Action.SHARE)
    return meant
