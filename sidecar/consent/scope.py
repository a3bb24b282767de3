"""What a choice covers: defaults, the cut by its notice, and the checks on names."""

from collections.abc import Collection, Iterable, Mapping

from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog, Notice
from sidecar.model.event import Choice, NoticeRef
from sidecar.model.scope import Atom, Scope, at_or_below, recipient_at_or_below
from sidecar.model.vocabulary import ANY, FIRST_PARTY, THIRD_PARTY, Channel, ChoiceKind

_CHANNELS = frozenset(Channel)


def choice_atoms(choice: Choice, catalog: Catalog, *, path: str) -> tuple[Atom, ...]:
    """The atoms of *choice*, whose names are known, each once, after defaults and the cut by its notice; never empty.

    Raises ``RequestError``, naming the field below *path*, for a grant that leaves
    purposes or categories unnamed or reaches beyond named recipients, an unknown notice, and an empty cut.
    """
    scope_path = f"{path}.scope"
    if choice.kind is ChoiceKind.GIVEN:
        atoms = _grant_atoms(choice.scope, catalog, path=scope_path)
    else:
        atoms = choice.scope.atoms()
    if choice.notice is None:
        return atoms
    notice = _find_notice(choice.notice, catalog, path=f"{path}.notice")
    cut = tuple(dict.fromkeys(part for atom in atoms for part in _cut(atom, notice)))
    if not cut:
        raise RequestError(scope_path, f"nothing of it is in notice `{choice.notice}`")
    return cut


def check_names(scope: Scope, catalog: Catalog, *, path: str) -> None:
    """Raise ``RequestError`` for the first name in *scope* that is neither ``*`` nor in *catalog*."""
    _known(scope.purposes, catalog.purposes, f"{path}.purposes", "purpose")
    _known(scope.categories, catalog.categories, f"{path}.categories", "data category")
    _known(scope.channels, _CHANNELS, f"{path}.channels", "channel")
    _known(scope.recipients, catalog.recipients, f"{path}.recipients", "recipient")


def _known(names: Iterable[str], known: Collection[str] | Mapping[str, object], path: str, what: str) -> None:
    for index, name in enumerate(names):
        if name != ANY and name not in known:
            raise RequestError(f"{path}[{index}]", f"the catalog has no {what} `{name}`")


def _grant_atoms(scope: Scope, catalog: Catalog, *, path: str) -> tuple[Atom, ...]:
    """In a grant nothing is all by default: what it does not name it does not give."""
    if not scope.purposes or ANY in scope.purposes:
        raise RequestError(f"{path}.purposes", "a grant must name its purposes")
    if not scope.categories:
        raise RequestError(f"{path}.categories", "a grant must name its data categories (`*` for all)")
    for index, recipient in enumerate(scope.recipients):
        if recipient in (ANY, THIRD_PARTY):
            raise RequestError(f"{path}.recipients[{index}]", "a grant must name each third party")
    return tuple(
        dict.fromkeys(
            Atom(purpose, category, channel, recipient)
            for purpose in scope.purposes
            for category in scope.categories
            for channel in scope.channels or catalog.purposes[purpose].channels or (ANY,)
            for recipient in scope.recipients or (FIRST_PARTY,)
        )
    )


def _find_notice(ref: NoticeRef, catalog: Catalog, *, path: str) -> Notice:
    notice = catalog.notices.get((ref.key, ref.version))
    if notice is None:
        raise RequestError(path, f"the bundle has no notice `{ref}`")
    return notice


def _cut(atom: Atom, notice: Notice) -> Iterable[Atom]:
    """The parts of *atom* that *notice* lists."""
    return (
        Atom(purpose, category, channel, recipient)
        for purpose in _meet(atom.purpose, notice.purposes)
        for category in _meet(atom.category, notice.categories)
        for channel in _meet(atom.channel, notice.channels or (ANY,))
        for recipient in _meet_recipient(atom.recipient, notice.recipients)
    )


def _meet(value: str, listed: Iterable[str]) -> Iterable[str]:
    for other in listed:
        if at_or_below(value, other):
            yield value
        elif at_or_below(other, value):
            yield other


def _meet_recipient(value: str, listed: Iterable[str]) -> Iterable[str]:
    for other in listed:
        if recipient_at_or_below(value, other):
            yield value
        elif recipient_at_or_below(other, value):
            yield other
