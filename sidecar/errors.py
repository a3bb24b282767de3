"""Every exception of this project.

    SidecarError
    ├── RequestError          the caller's fault: a malformed message; names its field
    │   └── RecordFullError   a grant that would make a record larger than it may be
    ├── CredentialsError      no or a wrong bearer token
    ├── IdentityError         the caller may not ask as this service
    ├── OutdatedFormError     what was ticked is not offered any more, or something was decided since; list again
    ├── RecordChangedError    what was to be recorded was made for a record that others have changed since
    ├── EventConflictError    an event id used before with another body
    ├── OverloadedError       too much at once; try again later
    ├── StartOverError        a place in the log that cannot be gone on from
    ├── NotReadyError         starting or draining; ask another, or again
    ├── ConsentLogError       the log could not be read or written; nothing was acknowledged
    │   ├── LogConflictError  somebody else appended first; re-read and decide
    │   └── LogLostError      the log that was followed is not there any more: destroyed, emptied or replaced
    ├── ExportFileError       a file is no export of the consent log, is damaged, or does not fit the others
    ├── DecisionLogError      decisions could not be logged; they were answered all the same
    ├── BundleError           a bundle is invalid; carries every problem found
    ├── AnalysisError         a bundle is too large to analyse, or what that needs is not installed
    ├── ReloadError           a bundle could not be examined, for no fault of its own
    ├── KeyFileError          a file has no key of the kind that is needed
    └── ConfigError           the configuration is invalid

A deny, a missing consent and a duplicate event are values, not errors. Messages are lower case, without a final
period, name user input in backticks, and never contain a subject id.
"""

from dataclasses import dataclass
from typing import ClassVar


class SidecarError(Exception):
    """Anything this project raises on purpose; *code* is stable and documented."""

    code: ClassVar[str] = "sidecar"


class RequestError(SidecarError):
    """The message is malformed: *field* is the path of the field in the message, for example ``fields[3]``."""

    code = "request.invalid"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"`{field}`: {detail}")
        self.field = field
        self.detail = detail


class RecordFullError(RequestError):
    """A grant that would make the record larger than it may be."""

    code = "request.record_full"


class CredentialsError(SidecarError):
    """The bearer token is missing or wrong."""

    code = "request.unauthenticated"


class IdentityError(SidecarError):
    """The caller may not ask as the service it names."""

    code = "request.identity"


class EventConflictError(SidecarError):
    """The event id was used before with another body."""

    code = "consent.event_conflict"

    def __init__(self, event_id: str) -> None:
        super().__init__(f"event id `{event_id}` was used before with another body")
        self.event_id = event_id


class OutdatedFormError(SidecarError):
    """A form changes nothing, because what it ticks was listed before something else was decided, or offered."""

    code = "consent.outdated_form"


class RecordChangedError(SidecarError):
    """The record is not the one that an event was made for; nothing was recorded."""

    code = "consent.record_changed"

    def __init__(self) -> None:
        super().__init__("others keep changing the same record; nothing was recorded, send it again")


class OverloadedError(SidecarError):
    """Too much at once."""

    code = "server.overloaded"


class StartOverError(SidecarError):
    """A place in the log that cannot be gone on from: whoever follows the log must begin at its start."""

    code = "feed.start_over"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; start over (`from_start`), and forget whoever is not told of until `caught_up`")


class NotReadyError(SidecarError):
    """The process is starting or draining and answers nothing yet, or no more."""

    code = "server.not_ready"


class ConsentLogError(SidecarError):
    """The consent log could not be read or written; nothing was acknowledged."""

    code = "consent.log"


class LogConflictError(ConsentLogError):
    """Another entry of the same subject was appended first."""

    code = "consent.log_conflict"


class LogLostError(ConsentLogError):
    """The consent log that was followed is not there any more: destroyed, emptied, or replaced by another."""

    code = "consent.log_lost"


class ExportFileError(SidecarError):
    """A file is no export of the consent log, is damaged, or does not fit the others; names file and line."""

    code = "consent.export"


class ReloadError(SidecarError):
    """A bundle could not be examined, for a reason that is no fault of the bundle."""

    code = "bundle.reload"


class DecisionLogError(SidecarError):
    """Decisions could not be logged; they were answered all the same."""

    code = "decision_log"


class ConfigError(SidecarError):
    """The configuration is invalid; the message names key and value."""

    code = "config.invalid"


class KeyFileError(SidecarError):
    """A file has no key of the kind that is needed; the message names it, and says what to do."""

    code = "key.invalid"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong with a bundle; sorts by place."""

    file: str  # relative to the bundle
    line: int  # from 1; 0 if the problem has no line
    column: int  # from 1; 0 if the problem has no column
    code: str  # stable, for example "policy.parse"
    message: str
    hint: str = ""  # what to do
    warning: bool = False  # a finding: the bundle still loads

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}: {'warning' if self.warning else 'error'}: {self.message} [{self.code}]{hint}"


class BundleError(SidecarError):
    """The bundle is invalid; *problems* are all that were found, sorted; *source* is where it was read from."""

    code = "bundle.invalid"

    def __init__(self, problems: tuple[Problem, ...], *, source: str = "") -> None:
        self.problems = tuple(sorted(problems))
        self.source = source
        super().__init__(f"{self.summary}:\n" + "\n".join(map(str, self.problems)))

    @property
    def summary(self) -> str:
        """How many problems there are, and where."""
        count = len(self.problems)
        where = f"the bundle `{self.source}`" if self.source else "the bundle"
        return f"{count} problem{'s' * (count != 1)} in {where}"


class AnalysisError(SidecarError):
    """An exact analysis cannot be made here."""

    code = "policy.analysis"
