"""The owner's words to everybody: typed, shown, confirmed once, followed."""

from functools import partial
from typing import Final

from core.domain.errors import NotFound, Rejected
from core.services.broadcasts import Broadcasts
from telegram_bot.admin_actions import TypeBroadcast
from telegram_bot.context import BotContext
from telegram_bot.drafts import LIFETIME, DraftState
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.alert_news import LONGEST
from telegram_bot.screens.broadcasting import (
    broadcast_question,
    draft_screen,
    expired_draft_screen,
    progress_screen,
)
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.text import utf16_length
from telegram_bot.words import say

TIME_TO_WRITE: Final = 900.0  # seconds
FOLLOWING: Final = 3.0  # seconds between two looks at how far it has come


async def ask_words(context: BotContext, broadcasts: Broadcasts) -> None:
    context.desk.pending.ask(context.user.id, TypeBroadcast(), TIME_TO_WRITE)
    await context.show(broadcast_question(await broadcasts.newest()))


async def take_words(context: BotContext, broadcasts: Broadcasts, text: str) -> None:
    """Nothing is sent. Raises: Rejected for too many words."""
    if utf16_length(text) > LONGEST:
        raise Rejected(say("That is too long: at most {most} characters.", most=LONGEST))
    draft = context.desk.drafts.keep(context.user.id, text, context.desk.now())
    shown = await context.show(draft_screen(text, await broadcasts.audience(), draft.id))
    if shown is not None:
        context.desk.drafts.bind(draft.id, shown)


async def send(context: BotContext, broadcasts: Broadcasts, draft_id: str) -> None:
    """Once; a second tap shows what became of the first. Raises: Rejected."""
    desk, user = context.desk, context.user.id
    state, text = desk.drafts.take(draft_id, user, context.message_id, desk.now())
    match state:
        case DraftState.OPEN:
            await broadcasts.send(user, draft_id, text)
            await follow(context, broadcasts, draft_id)
        case DraftState.SENT:
            await follow(context, broadcasts, draft_id)
        case DraftState.EXPIRED:
            await context.show(expired_draft_screen(int(LIFETIME.total_seconds() // 60)))
        case DraftState.FOREIGN:
            raise Rejected(say("This draft is not known any more. Nothing was sent."))


async def follow(context: BotContext, broadcasts: Broadcasts, broadcast_id: str) -> None:
    """Raises: NotFound for one that went to nobody, or so long ago that it is forgotten."""
    draw = partial(_draw, broadcasts, broadcast_id)
    view = LiveView(draw, redraw_after=1.0, redraw_every=FOLLOWING, rests_aloud=False)
    await context.show(await draw(), view)


async def _draw(broadcasts: Broadcasts, broadcast_id: str) -> Screen:
    progress = await broadcasts.progress(broadcast_id)
    if progress is None:
        raise NotFound(say("Nobody is written to under that. Nothing was sent."))
    return progress_screen(progress)
