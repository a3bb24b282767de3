"""What a replica says of somebody."""

from collections.abc import Callable

from msgspec.structs import replace

from sidecar.consent.profile import UNKNOWN_STANDING, resolve
from tests.unit.consent.shared_desk import SharedDesk


def is_current(desk: SharedDesk, subject: str) -> bool:
    """Whether the view says of *subject* what the log says."""
    _, record = desk.ledger.record_of(subject)
    return resolve(record, desk.now) == desk.cache.lookup(desk.cache.pseudonym(subject))


def is_doubtful(desk: SharedDesk, subject: str) -> bool:
    """Whether *subject* must be refreshed before it is used."""
    changes_at = desk.cache.lookup(desk.cache.pseudonym(subject)).changes_at
    return changes_at is not None and changes_at < 0


OVERDUE_NOBODY = replace(UNKNOWN_STANDING, changes_at=-(2**63) + 1)


def refreshed_while(desk: SharedDesk, subject: str, meanwhile: Callable[[], None]) -> None:
    """Refresh *subject*, and do something else once the record is read, before it is put."""
    read = desk.log.head

    def reading(pseudonym: bytes) -> object:
        head = read(pseudonym)
        desk.log.head = read  # type: ignore[method-assign]
        meanwhile()
        return head

    desk.log.head = reading  # type: ignore[method-assign,assignment]
    desk.cache.refresh(desk.cache.pseudonym(subject), now=desk.now)
