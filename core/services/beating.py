"""Looking again and again, on a database that may be away for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

logger = logging.getLogger(__name__)


async def beat(name: str, look: Callable[[], Awaitable[object]], seconds: float) -> None:
    """`look` every so many seconds, until cancelled; a lasting failure is logged once."""
    is_failing = False
    while True:
        try:
            await look()
        except (SQLAlchemyError, OSError) as fault:
            if not is_failing:
                logger.warning("%s cannot be read or told: %s", name, type(fault).__name__)
            is_failing = True
        else:
            is_failing = False
        await asyncio.sleep(seconds)
