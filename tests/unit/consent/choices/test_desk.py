"""Where people hand in what they change, over a log."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sidecar.consent.choices.desk import NO_RECORD, ChoiceDesk, Saved, Signature
from sidecar.consent.choices.form import Form, NotTaken, Tick
from sidecar.consent.ledger import Ledger
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.replica import Replica
from sidecar.errors import EventConflictError, OutdatedFormError, RecordChangedError, RecordFullError, RequestError
from sidecar.model.event import Event, Submission
from sidecar.model.vocabulary import Actor
from tests.unit.consent.desk import KEY, sqlite_log
from tests.worlds import choice, scope, submission

from .town import NEWS_EMAIL, NEWS_SMS, NOW, SERVICE, TOWN


@dataclass
class Hall:
    """A desk, and the ledger below it."""

    desk: ChoiceDesk
    ledger: Ledger

    @property
    def revision(self) -> str:
        """That of the list as it is now."""
        return self.desk.choices("ada", TOWN).revision

    @property
    def ticked(self) -> set[str]:
        """Boxes that are ticked for consent."""
        boxes = self.desk.choices("ada", TOWN).boxes
        return {key for key, box in boxes.items() if box.ticked and key.startswith("news")}

    def save(self, event_id: str, ticks: dict[str, bool], revision: str | None = None) -> Saved:
        """Hand in *ticks*."""
        return self.desk.save("ada", self.form(ticks, revision), Signature(event_id=event_id, language="de"))

    def form(self, ticks: dict[str, bool], revision: str | None = None) -> Form:
        """A form with *ticks*, drawn from the list as it is now."""
        pairs = tuple(Tick(key=key, ticked=ticked) for key, ticked in ticks.items())
        return Form(ticks=pairs, revision=self.revision if revision is None else revision)

    def events(self) -> list[Event]:
        """All that was recorded."""
        return [entry.event for entry in self.ledger.history("ada", after=0, limit=100)]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A desk over an empty log."""
    with sqlite_log(tmp_path) as log:
        pseudonyms = Pseudonyms(KEY)
        cache = Replica(log, pseudonyms)
        cache.load(now=NOW)
        ledger = Ledger(log, cache, pseudonyms, catalog=lambda: TOWN, clock=lambda: NOW)
        yield Hall(ChoiceDesk(ledger, catalog=lambda: TOWN, clock=lambda: NOW), ledger)


def test_a_form_is_one_event(hall: Hall) -> None:
    """With who handed it in, how, in which language; and it stands at once."""
    first = hall.revision
    signature = Signature(event_id="1", actor=Actor.GUARDIAN, method="web", language="de")
    form = hall.form({NEWS_EMAIL: True, NEWS_SMS: True})
    saved = hall.desk.save("ada", form, signature)
    (event,) = hall.events()

    assert NO_RECORD == first
    assert saved.recorded is not None
    assert (hall.revision, (), False) == (saved.recorded.revision, saved.not_taken, saved.recorded.duplicate)
    assert (Actor.GUARDIAN, "web", "de") == (event.actor, event.method, event.language)
    assert isinstance(event.act, Submission)
    assert (2, form.digest()) == (len(event.act.choices), event.act.form)
    assert {NEWS_EMAIL, NEWS_SMS} == hall.ticked


def test_a_form_that_changes_nothing_is_no_event(hall: Hall) -> None:
    """There is nothing to prove by it."""
    assert Saved(recorded=None, not_taken=()) == hall.save("1", {NEWS_EMAIL: False})
    assert [] == hall.events()


def test_the_same_form_again_changes_nothing_more(hall: Hall) -> None:
    """Whatever was decided in between; the first result is told, and what does not stand any more."""
    form = {NEWS_EMAIL: True}
    first = hall.save("1", form, NO_RECORD).recorded
    again = hall.save("1", form, NO_RECORD)
    hall.save("2", {NEWS_EMAIL: False})
    late = hall.save("1", form, NO_RECORD)

    assert first is not None
    assert replace(first, duplicate=True) == again.recorded == late.recorded
    assert () == again.not_taken
    assert (NotTaken(key=NEWS_EMAIL, why="is not ticked now; list the choices again"),) == late.not_taken
    assert set() == hall.ticked


def test_another_form_under_the_same_id(hall: Hall) -> None:
    """An id is for one form."""
    hall.save("1", {NEWS_EMAIL: True}, NO_RECORD)

    with pytest.raises(EventConflictError):
        hall.save("1", {NEWS_SMS: True}, NO_RECORD)


def test_an_outdated_form_says_so(hall: Hall) -> None:
    """If it ticks something and nothing else; what it unticks is recorded, and the rest is told."""
    hall.save("1", {NEWS_EMAIL: True})
    with pytest.raises(OutdatedFormError, match=r"`ticks\[0\]`: something was decided .*; list the choices again"):
        hall.save("2", {NEWS_SMS: True}, NO_RECORD)
    saved = hall.save("3", {NEWS_SMS: True, NEWS_EMAIL: False}, NO_RECORD)

    assert [NEWS_SMS] == [one.key for one in saved.not_taken]
    assert saved.recorded is not None
    assert set() == hall.ticked


def test_what_cannot_be_unticked_says_so(hall: Hall) -> None:
    """The form asks for what nobody can have."""
    with pytest.raises(RequestError, match=r"`ticks\[1\]`: it rests on contract"):
        hall.save("1", {NEWS_EMAIL: False, SERVICE: False})


def test_when_ticks_do_not_fit_noes_are_taken(hall: Hall) -> None:
    """And what was not taken is told; ticks alone are refused."""
    hall.save("1", {NEWS_EMAIL: True})
    full = _FullLedger(hall.ledger)
    desk = ChoiceDesk(full, catalog=lambda: TOWN, clock=lambda: NOW)  # type: ignore[arg-type]
    saved = desk.save("ada", hall.form({NEWS_EMAIL: False, NEWS_SMS: True}), Signature(event_id="2"))

    assert (NotTaken(key=NEWS_SMS, why="full"),) == saved.not_taken
    assert set() == hall.ticked
    with pytest.raises(RecordFullError, match="`ticks`: full"):
        desk.save("ada", hall.form({NEWS_SMS: True}), Signature(event_id="3"))


class _FullLedger:
    """A ledger that takes no grants."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.recorded = ledger.recorded
        self.record_of = ledger.record_of

    def record(self, subject: str, event: Event, *, made_for: str) -> object:
        """Refuse what has a grant."""
        assert isinstance(event.act, Submission)
        if any(one.kind.value == "given" for one in event.act.choices):
            raise RecordFullError("event", "full")
        return self._ledger.record(subject, event, made_for=made_for)


class _BusyLedger(_FullLedger):
    """A ledger in which others are always first, *times* times."""

    def __init__(self, ledger: Ledger, times: int) -> None:
        super().__init__(ledger)
        self._times = times

    def record(self, subject: str, event: Event, *, made_for: str) -> object:
        """Let another one record something first."""
        if self._times:
            self._times -= 1
            self._ledger.record(subject, submission(f"other {self._times}", choice("refused", scope("offers"))))
        return self._ledger.record(subject, event, made_for=made_for)


def test_others_who_are_first_are_seen(hall: Hall) -> None:
    """What a form changes is worked out on the record that it is appended to; not for ever."""
    hall.save("1", {NEWS_EMAIL: True})
    once = ChoiceDesk(_BusyLedger(hall.ledger, 1), catalog=lambda: TOWN, clock=lambda: NOW)  # type: ignore[arg-type]
    always = ChoiceDesk(_BusyLedger(hall.ledger, 99), catalog=lambda: TOWN, clock=lambda: NOW)  # type: ignore[arg-type]

    assert once.save("ada", hall.form({NEWS_EMAIL: False}), Signature(event_id="2")).recorded is not None
    assert set() == hall.ticked
    hall.save("3", {NEWS_EMAIL: True})
    with pytest.raises(RecordChangedError):
        always.save("ada", hall.form({NEWS_EMAIL: False}), Signature(event_id="4"))


def test_only_forms_have_forms(hall: Hall) -> None:
    """An event that is recorded as such cannot pass for a form, and be taken for another one."""
    act = Submission(choices=(choice("refused", scope("offers")),), form="abc")

    with pytest.raises(RequestError, match=r"event\.submission\.form"):
        hall.ledger.record("ada", Event(id="1", act=act))
