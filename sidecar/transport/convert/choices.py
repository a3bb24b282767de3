"""Boxes and forms, to the protocol and from it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from sidecar.api.v1 import choices_pb2 as pb
from sidecar.consent.choices.desk import Choices, Saved, Signature
from sidecar.consent.choices.form import Form, Tick
from sidecar.consent.choices.key import MAX_KEY_BYTES
from sidecar.consent.choices.offer import BoxUse
from sidecar.consent.choices.shown import ShownBox
from sidecar.consent.choices.weighing import Control
from sidecar.consent.limits import MAX_EVENT_ID_BYTES, MAX_LANGUAGE_BYTES, MAX_METHOD_BYTES
from sidecar.consent.record import Entry
from sidecar.consent.words.sentences import words_for
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, Notice
from sidecar.model.language import DEFAULT, Titled, lookup, title_in
from sidecar.model.vocabulary import ANY, Channel
from sidecar.transport.convert.events import ACTORS, to_actor, to_notice_ref
from sidecar.transport.convert.instants import to_optional_timestamp, to_timestamp
from sidecar.transport.convert.text import check_count, check_text

MAX_TICKS = 512
_MAX_REVISION_BYTES = 128


def from_language(tag: str) -> str:
    """*tag* if it can be the tag of a language."""
    return check_text(tag, "language", least=0, most=MAX_LANGUAGE_BYTES)


def from_form(request: pb.SaveChoicesRequest) -> tuple[Form, Signature]:
    """The form of *request*, and who hands it in; ``RequestError`` naming the field that is wrong."""
    actor = ACTORS.get(request.actor)
    if actor is None:
        raise RequestError("actor", f"unknown value {request.actor}")
    check_count(len(request.ticks), "ticks", least=1, most=MAX_TICKS)
    ticks = tuple(
        Tick(key=check_text(tick.key, f"ticks[{index}].key", most=MAX_KEY_BYTES), ticked=tick.ticked)
        for index, tick in enumerate(request.ticks)
    )
    revision = check_text(request.revision, "revision", least=0, most=_MAX_REVISION_BYTES)
    signature = Signature(
        event_id=check_text(request.id, "id", most=MAX_EVENT_ID_BYTES),
        actor=actor,
        method=check_text(request.method, "method", least=0, most=MAX_METHOD_BYTES),
        language=from_language(request.language),
    )
    return Form(ticks=ticks, revision=revision, together=request.together), signature


def to_choices(choices: Choices, catalog: Catalog, language: str) -> pb.ListChoicesResponse:
    """*choices*, which are drawn from *catalog*, for who reads *language*."""
    labels = _Labels(catalog, language)
    groups = [(ref, list(boxes)) for ref, boxes in groupby(choices.boxes.values(), key=lambda shown: shown.box.notice)]
    notices = {ref: catalog.notices[ref.key, ref.version] for ref, _ in groups}
    return pb.ListChoicesResponse(
        revision=choices.revision,
        language=_common(notices.values(), language),
        notices=[
            pb.OfferedNotice(
                notice=to_notice_ref(ref),
                label=labels.entry(ref.key, notices[ref]),
                boxes=[_to_box(shown, labels) for shown in boxes],
            )
            for ref, boxes in groups
        ],
    )


def to_saved(saved: Saved, choices: pb.ListChoicesResponse) -> pb.SaveChoicesResponse:
    """What became of a form, and the list after it."""
    recorded = saved.recorded
    return pb.SaveChoicesResponse(
        revision="" if recorded is None else recorded.revision,
        effective_at=None if recorded is None else to_timestamp(recorded.effective_at),
        duplicate=recorded is not None and recorded.duplicate,
        not_taken=[pb.NotTaken(key=one.key, why=one.why) for one in saved.not_taken],
        choices=choices,
    )


def _common(notices: Iterable[Notice], language: str) -> str:
    """The language that all titles of *notices* are in for who asked for *language*; the default if they differ."""
    tags = {lookup(language, notice.titles) for notice in notices}
    return tags.pop() if len(tags) == 1 else DEFAULT


class _Labels:
    def __init__(self, catalog: Catalog, language: str) -> None:
        self.catalog = catalog
        self._language = language
        self._words = words_for(language)

    def entry(self, key: str, entry: Titled) -> pb.Label:
        title = title_in(entry, self._language)
        return pb.Label(key=key, title=title.text, language=title.language)

    def of(self, entries: Mapping[str, Titled], key: str) -> pb.Label:
        """The label of *key*; without a title for all of them."""
        return pb.Label(key=key) if key == ANY else self.entry(key, entries[key])

    def channel(self, key: str) -> pb.Label:
        if key == ANY:
            return pb.Label(key=key)
        return pb.Label(key=key, title=self._words.channels[Channel(key)], language=self._words.tag)


def _to_box(shown: ShownBox, labels: _Labels) -> pb.ChoiceBox:
    catalog, atom = labels.catalog, shown.box.atom
    return pb.ChoiceBox(
        key=shown.box.key,
        purpose=labels.of(catalog.purposes, atom.purpose),
        category=labels.of(catalog.categories, atom.category),
        channel=labels.channel(atom.channel),
        recipient=labels.of(catalog.recipients, atom.recipient),
        control=f"BOX_CONTROL_{shown.control.name}",
        state=f"BOX_STATE_{shown.state.name}",
        ticked=shown.ticked,
        partly=shown.partly,
        explicit=shown.explicit,
        changeable=shown.control is not Control.ALWAYS,
        basis=shown.basis.value,
        decision=_to_decision(shown.decided_by),
        uses=list(_to_uses(shown.box.uses, labels)),
    )


def _to_decision(entry: Entry | None) -> pb.BoxDecision | None:
    if entry is None:
        return None
    return pb.BoxDecision(
        effective_at=to_timestamp(entry.at),
        expires_at=to_optional_timestamp(entry.expires_at),
        notice=to_notice_ref(entry.notice),
        actor=to_actor(entry.actor),
        method=entry.method,
        event_id=entry.event_id,
    )


def _to_uses(uses: Iterable[BoxUse], labels: _Labels) -> Iterator[pb.BoxUse]:
    catalog = labels.catalog
    for use in uses:
        yield pb.BoxUse(
            service=labels.of(catalog.services, use.service),
            fields=[labels.of(catalog.fields, field) for field in use.fields],
            actions=[f"ACTION_{action.name}" for action in use.actions],
        )
