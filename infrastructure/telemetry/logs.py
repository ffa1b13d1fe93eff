"""Logging: every logger of the process, structured, in one format, without secrets."""

import asyncio
import logging
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog
from structlog.typing import Processor

from infrastructure.telemetry.last_errors import LastErrors
from infrastructure.telemetry.redaction import Redactor

# httpx logs every request at INFO, and the URL of a Bot API request holds the token.
CHATTERBOXES = (
    "alembic",
    "httpx",
    "httpcore",
    "telegram",
    "telegram.ext",
    "asyncio",
    "websockets",
    "aiohttp",
)
POOL = "sqlalchemy.pool"


def configure_logging(
    level: str, fmt: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Send every record to `stream` (standard error): `fmt` is `json` or `console`.

    Fields given by `extra=` become fields of the line. The newest errors are remembered, too
    (`last_errors`). Calling it again replaces what was set.
    """
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    known = tuple(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.StackInfoRenderer(),
                Redactor(known),
                *_renderers(fmt, handler.stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler, LastErrors(known)]
    for each in root.handlers:
        each.addFilter(_is_worth_a_line)
    root.setLevel(level)
    for name in CHATTERBOXES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not so: the pool's word on a connection whose closing was cut short by an end of our own.

    The driver has dropped it by then, and whoever was cancelled goes on being so.
    """
    kind = record.exc_info[0] if record.exc_info else None
    is_cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
    return not (is_cancelled and record.name.startswith(POOL))


def _renderers(fmt: str, stream: TextIO) -> list[Processor]:
    if fmt == "json":
        return [
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)]
