"""One run of the program that notes each milestone it passes, and kills itself at one of them."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import msgspec
import uvloop
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.services.milestones import Milestone, Reached
from infrastructure.config.settings import Settings, load_settings
from infrastructure.custody.data_keys import StoredDataKeys
from infrastructure.custody.key_place import key_files
from infrastructure.database.engine import create_engine
from infrastructure.security.rotation import rotate
from infrastructure.telemetry.logs import configure_logging
from telegram_bot.app import Program


class Order(msgspec.Struct, frozen=True):
    """What to run: the program, or the rotation of its keys. `passing` 0 kills nobody."""

    settings: dict[str, str]
    folder: str  # for the log and the notes; no `.env` lies there
    milestone: Milestone | None = None
    passing: int = 0
    rotates: bool = False


@dataclass
class Executioner:
    """Notes are one `write` a line, so they survive the kill that follows."""

    notes: int  # a file descriptor
    milestone: Milestone | None
    left: int

    def __call__(self, milestone: Milestone) -> None:
        os.write(self.notes, f"{milestone} {time.time()}\n".encode())
        if milestone is self.milestone:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), SIGKILL)


def obey(order: Order) -> None:
    """Until the kill or the end."""
    folder = Path(order.folder)
    notes = os.open(folder / "milestones", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    reached = Executioner(notes, order.milestone, order.passing)
    settings = load_settings(folder, order.settings, {})
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    if order.rotates:
        asyncio.run(_rotate(settings, reached))
    else:
        uvloop.run(Program(settings, folder, reached).run(None))


async def _rotate(settings: Settings, reached: Reached) -> None:
    """What `scripts.keys rotate` does: finish what was begun, else begin a new one."""
    assert settings.database_url is not None
    engine = create_engine(settings.database_url.get_secret_value())
    keys, store = key_files(settings), StoredDataKeys(async_sessionmaker(engine))
    newest = max(keys.versions(), default=0)
    is_unfinished = any(version != newest for version in await store.in_use())
    done = await rotate(keys, store, to=newest + (0 if is_unfinished else 1), reached=reached)
    assert done.is_complete
    await engine.dispose()


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours but where programs and home are."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | dict(given)
