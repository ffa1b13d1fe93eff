"""One backup at a time, in the background, with something to tell of it at any moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from core.domain.errors import Rejected
from core.domain.sentences import worded
from core.services.clock import utc_now
from infrastructure.database.backup import SEALED, file_name
from infrastructure.errors import CannotStart, DatabaseUnavailable
from telegram_bot.words import mark, say

BROKEN_OFF: Final = mark("it was broken off")
AWAY: Final = mark("the database does not let itself be read; the log says why")
RUNS_ALREADY: Final = mark("A backup is being made already. One at a time.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backup:
    """`ended` None: it is being made. `failure`: why there is none, to be told again."""

    path: Path
    began: datetime
    written: int = 0  # bytes
    ended: datetime | None = None
    failure: str = ""

    @property
    def is_sealed(self) -> bool:
        return self.path.name.endswith(SEALED)


class BackupRoom:
    """Asked for by a tap, made by `run`; the files stay on this machine."""

    def __init__(
        self,
        make: Callable[[Path], Awaitable[None]],
        folder: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        name: Callable[[datetime], str] = file_name,
    ) -> None:
        """`make` writes the file. Raises: CannotStart with a sentence, OSError.

        `name`: what a backup of that moment is called.
        """
        self._make = make
        self._folder = folder
        self._now = now
        self._name = name
        self._asked = asyncio.Event()
        self._newest: Backup | None = None

    def ask(self) -> None:
        """Raises: Rejected while one is being made."""
        if self._newest is not None and self._newest.ended is None:
            raise Rejected(say(RUNS_ALREADY))
        began = self._now()
        self._newest = Backup(self._folder / self._name(began), began)
        self._asked.set()

    async def newest(self) -> Backup | None:
        """The last one of this run; None before the first."""
        newest = self._newest
        if newest is None or newest.ended is not None:
            return newest
        return replace(newest, written=await asyncio.to_thread(_written, newest.path))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._newest is not None:
                await self._fulfil(self._newest)

    async def _fulfil(self, wanted: Backup) -> None:
        failure = BROKEN_OFF
        try:
            await self._make(wanted.path)
            failure = ""
        except (CannotStart, OSError) as fault:
            failure = _told(fault)
            logger.error("a backup asked for in the chat failed: %s", fault)  # noqa: TRY400 - its trace says nothing
        finally:
            size = _written(wanted.path)
            self._newest = replace(wanted, written=size, ended=self._now(), failure=failure)


def _told(fault: CannotStart | OSError) -> str:
    """A sentence for the owner, which a screen knows to tell in their language."""
    if isinstance(fault, DatabaseUnavailable):
        return AWAY
    if isinstance(fault, OSError):
        return worded("the file cannot be written: {why}", why=fault.strerror or "")
    return str(fault)


def _written(path: Path) -> int:
    """Bytes of the file, or of what is there of it; 0 for nothing."""
    for candidate in (path, path.with_name(path.name + ".unfinished")):
        try:
            return candidate.stat().st_size
        except OSError:
            continue
    return 0
