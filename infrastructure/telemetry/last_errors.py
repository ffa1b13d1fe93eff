"""The newest errors of this run, kept in memory for whoever may ask in the chat."""

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from infrastructure.telemetry.redaction import Redactor

KEPT: Final = 50  # errors
LONGEST: Final = 300  # characters of one


@dataclass(frozen=True, slots=True)
class LoggedError:
    """`part`: the logger that told of it; `sentence`: one line, without secrets."""

    at: datetime
    part: str
    sentence: str


class LastErrors(logging.Handler):
    """Errors and worse, as they are logged; the traces of crashes stay in the log."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(logging.ERROR)
        self._redactor = Redactor(secrets)
        self._kept = deque[LoggedError](maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = _sentence(record)
        except (TypeError, ValueError):  # arguments that do not fit: the log says so itself
            said = str(record.msg)
        line = " ".join(self._redactor.text(said).split())
        at = datetime.fromtimestamp(record.created, UTC)
        self._kept.append(LoggedError(at, record.name, line[:LONGEST]))

    def newest(self) -> tuple[LoggedError, ...]:
        """Newest first."""
        return tuple(reversed(self._kept))


def last_errors() -> tuple[LoggedError, ...]:
    """Of the process, newest first; none where logging was not set up."""
    handlers = logging.getLogger().handlers
    return next((each.newest() for each in handlers if isinstance(each, LastErrors)), ())


def _sentence(record: logging.LogRecord) -> str:
    """What was said, and of an exception its kind and its own words."""
    said = record.getMessage()
    fault = record.exc_info[1] if record.exc_info else None
    if fault is None:
        return said
    words = str(fault)
    return f"{said}: {type(fault).__name__}" + (f": {words}" if words else "")
