"""One backup at a time, in the background, with something to tell of it at any moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.domain.errors import Rejected
from core.services.clock import utc_now
from infrastructure.database.backup import SEALED, file_name
from infrastructure.errors import CannotStart
from telegram_bot.words import mark, say

RUNS_ALREADY = mark("A backup is being made already. One at a time.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backup:
    """`ended` None: it is being made. `failure`: why there is none."""

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
        failure = say("it was broken off")
        try:
            await self._make(wanted.path)
            failure = ""
        except (CannotStart, OSError) as fault:
            failure = str(fault)
            logger.error("a backup asked for in the chat failed: %s", fault)  # noqa: TRY400 - its trace says nothing
        finally:
            size = _written(wanted.path)
            self._newest = replace(wanted, written=size, ended=self._now(), failure=failure)


def _written(path: Path) -> int:
    """Bytes of the file, or of what is there of it; 0 for nothing."""
    for candidate in (path, path.with_name(path.name + ".unfinished")):
        try:
            return candidate.stat().st_size
        except OSError:
            continue
    return 0
