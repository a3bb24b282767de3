"""Values of options that have a form of their own."""

import click

from sidecar.model import instant
from sidecar.model.event import NoticeRef
from sidecar.model.instant import Instant


class NoticeType(click.ParamType[NoticeRef]):
    """``KEY@VERSION``."""

    name = "notice"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> NoticeRef:
        """The notice that *value* names."""
        key, _, version = str(value).rpartition("@")
        if not key or not (version.isascii() and version.isdigit()) or not 0 < int(version[:10]) < 2**31:
            self.fail(f"`{value}` is not KEY@VERSION, such as home@2", param, ctx)
        return NoticeRef(key=key, version=int(version))


class InstantType(click.ParamType[Instant]):
    """A date or an RFC 3339 timestamp."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Instant:
        """The instant that *value* names."""
        try:
            return instant.parse(str(value))
        except ValueError:
            self.fail(f"`{value}` is neither a date nor a time with its zone, such as 2027-01-31T00:00:00Z", param, ctx)


NOTICE = NoticeType()
INSTANT = InstantType()
