"""What the owner's cards ask of the program."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.services.broadcasts import Broadcasts
from telegram_bot.backing_up import BackupRoom
from telegram_bot.screens.admin_views import Disk, DoubtedToken, ErrorLine, VersionView


@dataclass(frozen=True, slots=True)
class AdminParts:
    """`doubted`: some of the prices that are wanted and not live, with reasons."""

    broadcasts: Broadcasts
    backups: BackupRoom
    doubted: Callable[[], Awaitable[Sequence[DoubtedToken]]]
    errors: Callable[[], Sequence[ErrorLine]]
    worker: Callable[[], str]
    disk: Callable[[], Disk | None]  # asks the file system
    version: Callable[[], VersionView]  # reads files
