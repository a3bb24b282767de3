"""From a timeline to a record, by the rules of the log, without a log."""

from sidecar.authoring.suite.suite import Step, Timeline
from sidecar.consent.fold import fold
from sidecar.consent.limits import check_event
from sidecar.consent.record import EMPTY, Record
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ANY
from sidecar.policy.problems import Problems


def after(record: Record, step: Step, catalog: Catalog) -> Record:
    """*record* after *step*; raises ``RequestError`` if the ledger would refuse it."""
    check_event(step.event)
    if ANY in getattr(step.event.act, "categories", ()):
        raise RequestError("event.erasure.categories", "`*` is no category; name none to erase the person")
    return fold(record, step.event, accepted_at=step.at, catalog=catalog, importing=step.imported).record


def record_at(timeline: Timeline, now: Instant, catalog: Catalog) -> Record:
    """The record of all steps until *now*; those that are refused, or lie ahead, leave no trace."""
    record = EMPTY
    for step in timeline.steps:
        if step.at <= now and not step.refused:
            record = after(record, step, catalog)
    return record


def check_timeline(timeline: Timeline, catalog: Catalog, problems: Problems) -> None:
    """Report each step that would be refused and must not be, or is taken and must be refused."""
    record = EMPTY
    for step in timeline.steps:
        try:
            record = after(record, step, catalog)
        except RequestError as error:
            if error.field != step.refused:
                hint = f"`error: {error.field}` says that it must be" if step.refused else "nothing would be recorded"
                problems.error(step.place, "suite.refused", f"this step is refused: {error}", hint)
        else:
            if step.refused:
                message = f"this step is taken, and must be refused because of `{step.refused}`"
                problems.error(step.place, "suite.taken", message, "correct the step, or remove `error`")
