"""What a person sends off: ticks, and what they change in a record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from json import dumps

from sidecar.consent.choices.key import named_by
from sidecar.consent.choices.offer import Box, Offer
from sidecar.consent.choices.shown import Person, ShownBox, shown_box
from sidecar.consent.choices.weighing import Control
from sidecar.consent.facts import objection_as_read
from sidecar.consent.lineage import current_atom
from sidecar.consent.scope import check_names, choice_atoms
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Choice
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import ANY, ChoiceKind

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """How a box is to be."""

    key: str
    ticked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """All that was sent off at once; boxes that are not named stay as they are."""

    ticks: tuple[Tick, ...]
    revision: str  # of the list that was shown
    together: bool = False  # ticked by one act such as "accept all": no tick is an act of its own

    def digest(self) -> str:
        """What tells it from other forms: hexadecimal digits."""
        parts = [self.revision, self.together, [(tick.key, tick.ticked) for tick in self.ticks]]
        return blake2b(dumps(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """A tick that was left as it was, and why."""

    key: str
    why: str


@dataclass(slots=True, kw_only=True)
class Changes:
    """What a form changes: choices to record, and what it does not change though it says so."""

    grants: list[Choice] = field(default_factory=list)
    noes: list[Choice] = field(default_factory=list)
    ticked: list[str] = field(default_factory=list)  # the keys of the boxes that the grants are for
    not_taken: list[NotTaken] = field(default_factory=list)


def changes_of(form: Form, offer: Offer, person: Person, catalog: Catalog, *, outdated: bool) -> Changes:
    """What *form* changes for *person*.

    If it is *outdated* (somebody decided something since the list was shown) no box is ticked; noes always count.
    Raises ``RequestError`` for a key that is none, or that names what *catalog* does not have.
    """
    return _Reading(form, offer, person, catalog, outdated=outdated).changes()


class _Reading:
    def __init__(self, form: Form, offer: Offer, person: Person, catalog: Catalog, *, outdated: bool) -> None:
        self._form = form
        self._offer = offer
        self._person = person
        self._catalog = catalog
        self._outdated = outdated
        self._changes = Changes()

    def changes(self) -> Changes:
        boxes = [self._shown(index, tick) for index, tick in enumerate(self._form.ticks)]
        pairs = list(zip(self._form.ticks, boxes, strict=True))
        empty = [box for tick, box in pairs if not tick.ticked]
        ticked = [box for tick, box in pairs if tick.ticked]
        to_tick = [box for box in ticked if not box.ticked and self._can_tick(box)]
        for box in empty:
            self._untick(box, to_tick)
        to_tick.extend(box for box in ticked if box.ticked and self._would_fall(box) and self._can_tick(box))
        for box in to_tick:
            self._changes.ticked.append(box.box.key)
            self._changes.grants.extend(self._grants(box, [other.box.atom for other in empty]))
        return self._changes

    def _untick(self, box: ShownBox, to_tick: Iterable[ShownBox]) -> None:
        if box.control is Control.ALWAYS:
            self._not_taken(box, f"it rests on {box.basis.value.replace('_', ' ')}, not on a choice")
        elif box.ticked or box.partly:
            self._changes.noes.append(self._no(box, ChoiceKind.WITHDRAWN))
        elif any(_opens(other, box) for other in to_tick):
            self._changes.noes.append(self._no(box, ChoiceKind.REFUSED))

    def _would_fall(self, box: ShownBox) -> bool:
        """Whether *box*, which is ticked and is to stay so, would not: by a no of this form to more than the box."""
        atom = box.box.atom
        return box.control is not Control.ALWAYS and any(
            atom != reached and atom.within(reached) for reached in self._reached()
        )

    def _reached(self) -> Iterator[Atom]:
        for no in self._changes.noes:
            (atom,) = no.scope.atoms()
            yield from objection_as_read(atom, self._catalog) if no.kind is ChoiceKind.OBJECTED else (atom,)

    def _shown(self, index: int, tick: Tick) -> ShownBox:
        if any(other.key == tick.key for other in self._form.ticks[:index]):
            raise RequestError(f"ticks[{index}].key", "names a box that is named before")
        box = self._offer.boxes.get(tick.key)
        return shown_box(self._named(index, tick) if box is None else box, self._person, self._catalog)

    def _named(self, index: int, tick: Tick) -> Box:
        """A box that is not offered now, but perhaps was."""
        path = f"ticks[{index}].key"
        named = named_by(tick.key)
        if named is None:
            raise RequestError(path, "not a key of a box; list the choices again")
        atom = current_atom(named.atom, self._catalog.renames)
        check_names(_scope(atom), self._catalog, path=path)
        if atom.purpose == ANY:
            raise RequestError(path, "not a key of a box; list the choices again")
        return Box(key=tick.key, notice=named.notice, atom=atom)

    def _can_tick(self, box: ShownBox) -> bool:
        """Whether it can be ticked; if not, why is told."""
        if box.box.key not in self._offer.boxes:
            self._not_taken(box, f"notice `{box.box.notice}` is not shown any more; list the choices again")
        elif self._outdated:
            self._not_taken(box, "something was decided since the list was shown; list the choices again")
        elif not all(region.within(box.box.atom) for region in self._in_the_way(box)):
            self._not_taken(box, "a no that stands reaches beyond this box, by what was renamed since")
        else:
            return True
        return False

    def _in_the_way(self, box: ShownBox) -> tuple[Atom, ...]:
        return self._person.weighing(box.box.atom, self._catalog).in_the_way()

    def _grants(self, box: ShownBox, empty: Iterable[Atom]) -> Iterator[Choice]:
        """A yes to the box, and to what in it was said no to, but for what the same form leaves empty in it."""
        atom = box.box.atom
        inside = [other for other in empty if not atom.within(other)]
        narrower = (
            region
            for region in self._in_the_way(box)
            if region != atom and not any(region.within(other) for other in inside)
        )
        for each in (atom, *narrower):
            explicit = box.explicit if box.ticked else each.category != ANY and not self._form.together
            yield Choice(kind=ChoiceKind.GIVEN, scope=_scope(each), explicit=explicit, notice=box.box.notice)

    def _no(self, box: ShownBox, kind: ChoiceKind) -> Choice:
        if box.control is Control.OBJECTION:
            kind = ChoiceKind.OBJECTED
        no = Choice(kind=kind, scope=_scope(box.box.atom))
        shown = replace(no, notice=box.box.notice)
        offered = box.box.key in self._offer.boxes
        return shown if offered and (box.box.atom,) == choice_atoms(shown, self._catalog, path="ticks") else no

    def _not_taken(self, box: ShownBox, why: str) -> None:
        self._changes.not_taken.append(NotTaken(key=box.box.key, why=why))


def _opens(ticked: ShownBox, empty: ShownBox) -> bool:
    """Whether ticking the one would open more of the other than the one is in the narrower of two boxes."""
    one, other = ticked.box.atom, empty.box.atom
    return one.shared(other) is not None and (one == other or not one.within(other))


def _scope(atom: Atom) -> Scope:
    return Scope(
        purposes=(atom.purpose,), categories=(atom.category,), channels=(atom.channel,), recipients=(atom.recipient,)
    )
