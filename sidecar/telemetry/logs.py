"""Log lines: one JSON object each, or a line for people. Details go into ``extra={"details": {...}}``."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from sidecar.config import Log

LOGGER: Final = "sidecar"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``logger``, ``message``, then the details."""

    def format(self, record: logging.LogRecord) -> str:
        """*record* as one line."""
        line = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_details(record),
        }
        return json.dumps(line, default=str)


class ConsoleFormatter(logging.Formatter):
    """A line for people; control characters are escaped, so that nobody's input paints on the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """*record* as one line."""
        details = "".join(f" {name}={value}" for name, value in _details(record).items())
        line = f"{_at(record)} {record.levelname.lower():<7} {record.getMessage()}{details}"
        return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)


def configure(config: Log, stream: TextIO | None = None) -> None:
    """Send the lines of this project to *stream* (standard error unless given), replacing any earlier choice."""
    stream = sys.stderr if stream is None else stream
    as_json = config.format == "json" or (config.format == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else ConsoleFormatter())
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.setLevel(config.level.upper())
    logger.propagate = False


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _details(record: logging.LogRecord) -> dict[str, object]:
    details = getattr(record, "details", None)
    return details if isinstance(details, dict) else {}
