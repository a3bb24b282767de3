"""Where people look at their choices, and hand in what they change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sidecar.consent.choices.form import Changes, Form, NotTaken, changes_of
from sidecar.consent.choices.offer import Offers
from sidecar.consent.choices.shown import Person, ShownBox, shown_boxes
from sidecar.consent.ledger import Ledger, Recorded
from sidecar.consent.limits import EVERYONE, check_event
from sidecar.consent.record import Record
from sidecar.errors import OutdatedFormError, RecordChangedError, RecordFullError, RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Actor

NO_RECORD: Final = "none"
"""The revision of a list that was drawn from no record."""

_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A person's boxes, and the revision to hand in a form with."""

    boxes: Mapping[str, ShownBox]
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who hands a form in, how, and in which language it was shown."""

    event_id: str
    actor: Actor = Actor.SUBJECT
    method: str = ""
    language: str = ""

    def event(self, form: Form, choices: tuple[Choice, ...] = ()) -> Event:
        """The event of *form* when it changes what *choices* say."""
        act = Submission(choices=choices, form=form.digest())
        return Event(id=self.event_id, act=act, actor=self.actor, method=self.method, language=self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a form."""

    recorded: Recorded | None  # None: it changed nothing
    not_taken: tuple[NotTaken, ...]  # of a form that was saved before: what is not as the form says


class ChoiceDesk:
    """Lists and saves the choices of people. Safe for any number of threads; may raise ``ConsentLogError``."""

    def __init__(self, ledger: Ledger, *, catalog: Callable[[], Catalog], clock: Callable[[], Instant]) -> None:
        self._ledger = ledger
        self._catalog = catalog
        self._clock = clock
        self._offers = Offers()

    def choices(self, subject: str, catalog: Catalog) -> Choices:
        """How every box stands for *subject*; read from the log, so nothing newer is missing."""
        revision, record = self._ledger.record_of(subject)
        now = self._clock()
        everyone = Person.of(self._ledger.record_of(EVERYONE)[1], now)
        boxes = shown_boxes(self._offers.of(catalog, now), Person.of(record, now), catalog, everyone)
        return Choices(boxes=boxes, revision=revision or NO_RECORD)

    def save(self, subject: str, form: Form, signature: Signature) -> Saved:
        """Record what *form* changes as one event; handed in again under the same id it changes nothing more.

        Noes are always recorded. Ticks that cannot be are told with the reason; if there is nothing else to record,
        that is an ``OutdatedFormError`` or a ``RequestError``. Raises ``EventConflictError`` for an id that was used
        with another form.
        """
        check_event(signature.event(form))
        for _ in range(_ATTEMPTS):
            found = self._ledger.recorded(subject, signature.event(form))
            if found is not None:
                return Saved(recorded=found, not_taken=self._not_as(form, subject))
            try:
                return self._save(subject, form, signature)
            except RecordChangedError:
                continue
        raise RecordChangedError

    def _save(self, subject: str, form: Form, signature: Signature) -> Saved:
        revision, record = self._ledger.record_of(subject)
        changes = self._changes(form, record, outdated=form.revision != (revision or NO_RECORD))
        not_taken = tuple(changes.not_taken)
        if not changes.grants and not changes.noes:
            _refuse(form, not_taken)
            return Saved(recorded=None, not_taken=not_taken)
        event = signature.event(form, (*changes.grants, *changes.noes))
        try:
            return Saved(recorded=self._ledger.record(subject, event, made_for=revision), not_taken=not_taken)
        except RecordFullError as error:
            if not changes.noes:
                raise RecordFullError("ticks", error.detail) from error
            noes = replace(event, act=Submission(choices=tuple(changes.noes), form=form.digest()))
            recorded = self._ledger.record(subject, noes, made_for=revision)
            return Saved(recorded=recorded, not_taken=(*not_taken, *_untaken(changes, error.detail)))

    def _changes(self, form: Form, record: Record, *, outdated: bool) -> Changes:
        catalog, now = self._catalog(), self._clock()
        person = Person.of(record, now)
        return changes_of(form, self._offers.of(catalog, now), person, catalog, outdated=outdated)

    def _not_as(self, form: Form, subject: str) -> tuple[NotTaken, ...]:
        """Of *form*, which was saved before, the ticks that do not stand now."""
        now = self.choices(subject, self._catalog()).boxes
        keys = [tick.key for tick in form.ticks if tick.ticked and not (tick.key in now and now[tick.key].ticked)]
        return tuple(NotTaken(key=key, why="is not ticked now; list the choices again") for key in keys)


def _untaken(changes: Changes, why: str) -> tuple[NotTaken, ...]:
    return tuple(NotTaken(key=key, why=why) for key in changes.ticked)


def _refuse(form: Form, not_taken: tuple[NotTaken, ...]) -> None:
    """Raise if a form was to change something, and changes nothing."""
    for index, tick in enumerate(form.ticks):
        why = next((one.why for one in not_taken if one.key == tick.key), None)
        if why is None:
            continue
        if tick.ticked:
            raise OutdatedFormError(f"`ticks[{index}]`: {why}")
        raise RequestError(f"ticks[{index}]", why)
