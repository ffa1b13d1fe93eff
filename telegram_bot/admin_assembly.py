"""Builds what the owner's cards ask."""

import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from core.domain.units import TokenId
from core.services.broadcasts import Broadcasts
from core.services.clock import utc_now
from core.services.market_service import MarketService
from infrastructure.config.release import release
from infrastructure.custody.key_place import backup_key
from infrastructure.database.backup import backup, file_name
from infrastructure.database.data_folder import BACKUPS
from infrastructure.database.migrate import known_revisions
from infrastructure.telemetry.last_errors import last_errors
from telegram_bot.administration import AdminParts
from telegram_bot.backing_up import BackupRoom
from telegram_bot.reporting import Health
from telegram_bot.screens.admin_views import Disk, DoubtedToken, ErrorLine, VersionView
from telegram_bot.trading_assembly import Ground

MOST_DOUBTED: Final = 8  # prices that are named


def build_admin(ground: Ground, health: Health, markets: MarketService) -> AdminParts:
    shared = ground.shared
    folder, key = shared.settings.data_dir, backup_key(shared.settings)
    make = partial(backup, ground.backup_url, key=key)
    return AdminParts(
        broadcasts=Broadcasts(shared.sessions, ground.risk.audit, shared.outbox),
        backups=BackupRoom(make, folder / BACKUPS, name=partial(file_name, key=key)),
        doubted=_doubted(health, markets),
        errors=_errors,
        worker=lambda: ground.worker.state.value,
        disk=partial(_disk, folder),
        version=partial(_version, utc_now()),
    )


def _doubted(
    health: Health, markets: MarketService
) -> Callable[[], Awaitable[Sequence[DoubtedToken]]]:
    async def named() -> Sequence[DoubtedToken]:
        found = health.report().not_live[:MOST_DOUBTED]
        names = await markets.names_of([TokenId(one.token) for one in found])
        return [
            DoubtedToken(names.get(TokenId(one.token), one.token), one.state, one.why, one.age)
            for one in found
        ]

    return named


def _errors() -> Sequence[ErrorLine]:
    return [ErrorLine(each.at, each.part, each.sentence) for each in last_errors()]


def _disk(folder: Path) -> Disk | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(usage.free, usage.total)


def _version(started_at: datetime) -> VersionView:
    """The schema is that of this release: no other is run on."""
    found, (migration, _) = release(), known_revisions()
    return VersionView(found.version, found.commit, migration, found.python, started_at)
