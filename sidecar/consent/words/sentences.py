"""Records in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from sidecar.consent.lineage import current_atom
from sidecar.consent.record import Entry, Record
from sidecar.consent.words.english import ENGLISH
from sidecar.consent.words.german import GERMAN
from sidecar.consent.words.vocabulary import Words
from sidecar.model.catalog import Catalog
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant, to_datetime
from sidecar.model.language import Titled, lookup, title_in
from sidecar.model.renames import current_key
from sidecar.model.vocabulary import ANY, FIRST_PARTY, Actor, Channel

WORDS: Final[Mapping[str, Words]] = {words.tag: words for words in (ENGLISH, GERMAN)}
"""What sentences can be made of, by BCP 47 tag."""


def words_for(language: str) -> Words:
    """The words for who reads *language*; English if there are none."""
    return WORDS.get(lookup(language, WORDS), ENGLISH)


def sentences(record: Record, catalog: Catalog, words: Words) -> tuple[str, ...]:
    """What *record* says to the person whom it is about, what was chosen first in the order of time; days are in UTC.

    Names are those of *catalog*, in the language of *words* where there are translations, else as they are; what the
    catalog does not have any more is told by its key.
    """
    return tuple(_Telling(catalog, words).all_of(record))


class _About(NamedTuple):
    """What choices that are told in one sentence have in common."""

    entry: Entry  # the first of them
    purpose: str
    channel: str
    recipient: str


class _Telling:
    def __init__(self, catalog: Catalog, words: Words) -> None:
        self._catalog = catalog
        self._words = words

    def all_of(self, record: Record) -> Iterator[str]:
        words = self._words
        groups: dict[object, tuple[_About, list[str]]] = {}
        for entry in record.entries:
            atom = current_atom(entry.atom, self._catalog.renames)
            common = (entry.event_id, entry.kind, entry.at, entry.explicit, entry.actor, entry.notice, entry.expires_at)
            key = (*common, atom.purpose, atom.channel, atom.recipient)
            about = _About(entry, atom.purpose, atom.channel, atom.recipient)
            groups.setdefault(key, (about, []))[1].append(atom.category)
        yield from (self._choice(about, categories) for about, categories in groups.values())
        traits = {"digital_consent_at": words.alone_from, "of_age_at": words.of_age_from}
        for name, trait in record.traits:
            if isinstance(trait.value, int):
                yield traits[name].format(day=self._day(trait.value))
            else:
                yield words.law_of.format(place=trait.value)
        for at in sorted(tie.at for tie in record.ties):
            yield words.linked.format(day=self._day(at))
        if record.horizon is not None:
            yield words.erased.format(day=self._day(record.horizon))
        for category, at in record.erased_categories:
            gone = self._titles(self._catalog.categories, [current_key(category, self._catalog.renames.categories)])
            yield words.erased_data.format(day=self._day(at), data=gone)

    def _choice(self, about: _About, categories: list[str]) -> str:
        words, entry = self._words, about.entry
        use, to_use = self._use(about, categories)
        template = words.kinds[entry.kind]
        if entry.actor is Actor.GUARDIAN:
            template = words.by_guardian.get(entry.kind, template)
        details = "".join(self._details(entry))
        return template.format(day=self._day(entry.at), use=use, to_use=to_use, details=details)

    def _use(self, about: _About, categories: list[str]) -> tuple[str, str]:
        words, catalog = self._words, self._catalog
        form = words.ours if about.recipient == FIRST_PARTY else words.shared
        if about.recipient == ANY:
            form = words.any_use
        parts = {
            "data": words.any_data if ANY in categories else self._titles(catalog.categories, categories),
            "purpose": words.any_purpose if about.purpose == ANY else self._titles(catalog.purposes, [about.purpose]),
            "channel": "" if about.channel == ANY else f" {words.channels[Channel(about.channel)]}",
            "recipient": self._titles(catalog.recipients, [about.recipient]),
        }
        return form[0].format(**parts), form[1].format(**parts)

    def _details(self, entry: Entry) -> Iterator[str]:
        words = self._words
        if entry.explicit:
            yield words.explicit
        if entry.notice is not None:
            yield words.notice.format(title=self._notice(entry.notice), version=entry.notice.version)
        if entry.expires_at is not None:
            yield words.until.format(day=self._day(entry.expires_at))
        yield words.recorded_by.get(entry.actor, "")

    def _notice(self, ref: NoticeRef) -> str:
        key = self._catalog.renames.notices.get(ref.key, ref.key)
        notice = self._catalog.notices.get((key, ref.version))
        return self._words.quoted.format(ref.key if notice is None else title_in(notice, self._words.tag).text)

    def _titles(self, entries: Mapping[str, Titled], keys: Iterable[str]) -> str:
        """The titles of *keys*, quoted, as a list in words."""
        *others, last = (self._words.quoted.format(self._title(entries, key)) for key in keys)
        return f"{', '.join(others)} {self._words.conjunction} {last}" if others else last

    def _title(self, entries: Mapping[str, Titled], key: str) -> str:
        return title_in(entries[key], self._words.tag).text if key in entries else key

    def _day(self, instant: Instant) -> str:
        moment = to_datetime(instant)
        return self._words.day.format(day=moment.day, month=self._words.months[moment.month - 1], year=moment.year)
