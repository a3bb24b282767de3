"""What people see of their choices, and what ticking and unticking does: the laws of a form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import assume, given
from hypothesis import strategies as st

from sidecar.consent.choices.form import Changes, Form, Tick, changes_of
from sidecar.consent.choices.offer import Offer, offered
from sidecar.consent.choices.shown import Person, ShownBox, shown_box, shown_boxes
from sidecar.consent.choices.weighing import Control
from sidecar.consent.facts import basis_of, objection_as_read
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY, Record
from sidecar.errors import RecordFullError
from sidecar.model.catalog import Catalog, Service, Use
from sidecar.model.decision import Question
from sidecar.model.event import Event, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import ANY, Action, ConsentState
from tests.properties.lived import opened, real_facts
from tests.strategies import FIELDS, PURPOSES, START, catalogs, every_question, lives, moments
from tests.unit.consent.desk import lived


@dataclass(frozen=True, repr=False)
class Page:
    """What a person sees at an instant."""

    catalog: Catalog
    record: Record
    now: Instant
    offer: Offer

    def __repr__(self) -> str:
        """All that a failing test needs, a line each."""
        purposes = (
            f"{one.key}: {one.basis} {dict(one.basis_by_jurisdiction)} {[*one.channels]} {one.direct_marketing}"
            for one in self.catalog.purposes.values()
        )
        entries = (
            f"{one.kind} {' '.join(one.atom)} at {one.at - START} in {one.event_id} {one.notice} until {one.expires_at}"
            for one in self.record.entries
        )
        boxes = (f"{key}: {box.control} {box.state} {box.ticked} {box.partly}" for key, box in self.boxes.items())
        return "\n".join(("", f"now {self.now - START}", *purposes, *entries, *boxes, ""))

    @property
    def person(self) -> Person:
        """Who sees it."""
        return Person.of(self.record, self.now)

    @property
    def boxes(self) -> Mapping[str, ShownBox]:
        """What is on it."""
        return shown_boxes(self.offer, self.person, self.catalog, Person.of(EMPTY, self.now))

    def changes(self, form: Form) -> Changes:
        """What *form* changes."""
        return changes_of(form, self.offer, self.person, self.catalog, outdated=False)

    def after(self, changes: Changes) -> "Page":
        """The page once *changes* are recorded."""
        choices = (*changes.grants, *changes.noes)
        if not choices:
            return self
        event = Event(id="form", act=Submission(choices=choices))
        try:
            folded = fold(self.record, event, accepted_at=self.now, catalog=self.catalog)
        except RecordFullError:
            assume(condition=False)
        return replace(self, record=folded.record)

    def box(self, key: str) -> ShownBox:
        """How one box stands, shown or not."""
        return shown_box(self.offer.boxes[key], self.person, self.catalog)


def _used(catalog: Catalog) -> Catalog:
    """*catalog* with a service that uses everything for everything, so that every box is shown."""
    uses = [
        Use(purpose=purpose, fields=frozenset(FIELDS), actions=frozenset(Action), recipients=frozenset({"grocer"}))
        for purpose in PURPOSES
    ]
    return replace(catalog, services={"all": Service(key="all", title="all", owner="all", may_use=tuple(uses))})


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """A page of somebody with a life."""
    catalog = _used(draw(catalogs()))
    now = draw(moments)
    return Page(catalog, lived(catalog, draw(lives())), now, offered(catalog, now))


def _form(ticks: Mapping[str, bool]) -> Form:
    return Form(ticks=tuple(Tick(key=key, ticked=ticked) for key, ticked in ticks.items()), revision="any")


@st.composite
def forms(draw: st.DrawFn, page: Page) -> dict[str, bool]:
    """Some boxes of *page*, each ticked or not."""
    keys = list(page.boxes)
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=6)) if keys else []
    return {key: draw(st.booleans()) for key in chosen}


def _clashes(page: Page, key: str, ticks: Mapping[str, bool]) -> bool:
    """Whether the form leaves something empty that ticking *key* would open, or that is not strictly around it."""
    atom = page.offer.boxes[key].atom
    for other, ticked in ticks.items():
        box = page.box(other)
        if ticked or box.control is Control.ALWAYS:
            continue
        read = objection_as_read(box.box.atom, page.catalog) if box.control is Control.OBJECTION else (box.box.atom,)
        if any(one.shared(atom) is not None and (one == atom or not atom.within(one)) for one in read):
            return True
    return False


@given(st.data(), pages())
def test_what_was_saved_is_what_is_shown(data: st.DataObject, page: Page) -> None:
    """A tick that clashes with nothing else on the form stands afterwards, and what is left empty is empty."""
    ticks = data.draw(forms(page))
    changes = page.changes(_form(ticks))
    after = page.after(changes)

    assert [] == [one for one in changes.not_taken if ticks[one.key]]
    for key, ticked in ticks.items():
        box = after.box(key)
        if box.control is Control.ALWAYS:
            assert box.ticked
        elif not ticked:
            touched = any(on and page.offer.boxes[one].atom.shared(box.box.atom) for one, on in ticks.items())
            assert (False, False) == (box.ticked, box.partly and not touched)
        elif not _clashes(page, key, ticks):
            assert box.ticked


def _asked(page: Page, box: ShownBox) -> list[Question]:
    """Every question about what *box* is about, with the box's ground."""
    purposes, profile = page.catalog.purposes, page.person.profile
    purpose = purposes[box.box.atom.purpose]
    return [
        question
        for question in every_question(page.catalog)
        if _atom(page.catalog, question) is not None
        and _atom(page.catalog, question).within(box.box.atom)  # type: ignore[union-attr]
        and basis_of(purposes[question.purpose], profile) is basis_of(purpose, profile)
        and purposes[question.purpose].direct_marketing is purpose.direct_marketing
    ]


def _atom(catalog: Catalog, question: Question) -> Atom | None:
    categories = catalog.fields[question.field].categories
    if len(categories) != 1:
        return None
    return Atom(question.purpose, categories[0], question.channel or ANY, question.recipient)


@given(pages())
def test_checks_agree_with_what_is_shown(page: Page) -> None:
    """A ticked box is consent to all that it is about, or no objection to any of it; an empty one to nothing of it."""
    for box in page.boxes.values():
        for question in _asked(page, box):
            facts = real_facts(page.catalog, page.record, question, page.now)
            given_ = facts.consent is ConsentState.GIVEN
            assert not (box.ticked and box.partly)
            match box.control, box.ticked or box.partly:
                case Control.CONSENT, True:
                    assert given_ or box.partly
                case Control.CONSENT, False:
                    assert not given_ or facts.objected
                case Control.OBJECTION, True:
                    assert not facts.objected or box.partly
                case Control.OBJECTION, False:
                    assert facts.objected


@given(pages())
def test_saving_what_is_shown_changes_nothing(page: Page) -> None:
    """But for boxes that stand for both: saying nothing about those is leaving them out."""
    ticks = {key: box.ticked for key, box in page.boxes.items() if not box.partly}
    changes = page.changes(_form(ticks))

    assert ([], []) == (changes.grants, changes.noes)
    assert [] == changes.not_taken


@given(st.data(), pages())
def test_nothing_opens_but_what_is_ticked(data: st.DataObject, page: Page) -> None:
    """Whatever else is on the form; a form without ticks opens nothing at all."""
    ticks = data.draw(forms(page))
    after = page.after(page.changes(_form(ticks)))
    ticked = [page.offer.boxes[key].atom for key, on in ticks.items() if on]
    for question in every_question(page.catalog):
        atoms = [
            Atom(question.purpose, category, question.channel or ANY, question.recipient)
            for category in page.catalog.fields[question.field].categories
        ]
        before = real_facts(page.catalog, page.record, question, page.now)
        changed = opened(before, real_facts(page.catalog, after.record, question, page.now))

        assert [] == changed or ticked
        if not any(atom.shared(box) for atom in atoms for box in ticked):
            assert {"erased"} >= set(changed)


@given(pages())
def test_all_boxes_are_told_apart(page: Page) -> None:
    """No two are about the same, and each has a purpose that can be used, and recipients by name."""
    atoms = [box.atom for box in page.offer.boxes.values()]

    assert len(atoms) == len(set(atoms))
    assert all(page.catalog.purposes[atom.purpose].basis is not None for atom in atoms)
    assert not any(atom.recipient in (ANY, "third_party") for atom in atoms)
