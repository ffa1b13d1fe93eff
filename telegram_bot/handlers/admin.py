"""The owner's cards about the program: how it is, what went wrong, backups, words to everybody."""

import asyncio
from functools import partial

from core.domain.errors import Rejected
from telegram_bot.admin_actions import (
    AdminAction,
    MakeBackup,
    SendBroadcast,
    ShowAdmin,
    ShowBackup,
    ShowBroadcast,
    ShowErrors,
    ShowHealth,
    ShowVersion,
    TypeBroadcast,
)
from telegram_bot.administration import AdminParts
from telegram_bot.context import BotContext
from telegram_bot.handlers import broadcasting
from telegram_bot.handlers.safety import NOT_HERE, OWNER_ONLY, switches_of
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.admin import (
    admin_screen,
    backup_screen,
    errors_screen,
    health_screen,
    version_screen,
)
from telegram_bot.screens.admin_views import BackupView, HealthView, Overview, Queue
from telegram_bot.screens.screen import Screen
from telegram_bot.words import say

FOLLOWING = 3.0  # seconds between two looks at something that goes on


async def act_on_admin(context: BotContext, action: AdminAction) -> None:
    """Raises: Rejected for anybody but the owner."""
    parts, now = admin_of(context), context.desk.now()
    match action:
        case ShowAdmin():
            await context.show(admin_screen(await _overview(context, parts), now))
        case ShowHealth():
            await context.show(health_screen(await _health(context, parts), now))
        case ShowErrors():
            await context.show(errors_screen(parts.errors(), now))
        case ShowVersion():
            await context.show(version_screen(await asyncio.to_thread(parts.version), now))
        case MakeBackup():
            parts.backups.ask()
            await _follow_backup(context, parts)
        case ShowBackup():
            await _follow_backup(context, parts)
        case TypeBroadcast():
            await broadcasting.ask_words(context, parts.broadcasts)
        case SendBroadcast(draft_id):
            await broadcasting.send(context, parts.broadcasts, draft_id)
        case ShowBroadcast(broadcast_id):
            await broadcasting.follow(context, parts.broadcasts, broadcast_id)


def admin_of(context: BotContext) -> AdminParts:
    """Raises: Rejected for anybody but the owner."""
    if not context.is_owner:
        raise Rejected(say(OWNER_ONLY))
    if context.services.admin is None:
        raise Rejected(say(NOT_HERE))
    return context.services.admin


async def _overview(context: BotContext, parts: AdminParts) -> Overview:
    people = context.services.people
    return Overview(
        ill=[part.name for part in context.services.parts() if not part.is_well],
        is_halted=(await switches_of(context)).is_halted,
        people=0 if people is None else len(await people.list()),
        errors=len(parts.errors()),
    )


async def _health(context: BotContext, parts: AdminParts) -> HealthView:
    lanes = context.desk.messenger.lanes
    return HealthView(
        parts=context.services.parts(),
        doubted=await parts.doubted(),
        queue=Queue(
            waiting=lanes.waiting().total(),
            longest=lanes.longest_wait(),
            floods=lanes.statistics.floods,
            cards=context.desk.live.count,
        ),
        worker=parts.worker(),
        disk=await asyncio.to_thread(parts.disk),
    )


async def _follow_backup(context: BotContext, parts: AdminParts) -> None:
    draw = partial(_draw_backup, context, parts)
    view = LiveView(draw, redraw_after=1.0, redraw_every=FOLLOWING, rests_aloud=False)
    await context.show(await draw(), view)


async def _draw_backup(context: BotContext, parts: AdminParts) -> Screen:
    newest = await parts.backups.newest()
    if newest is None:
        return backup_screen(None, context.desk.now())
    path, is_sealed = str(newest.path), newest.is_sealed
    view = BackupView(
        path, newest.began, newest.written, newest.ended, newest.failure, is_sealed=is_sealed
    )
    return backup_screen(view, context.desk.now())
