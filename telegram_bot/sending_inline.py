"""Results for somebody who typed the bot's name in another chat."""

from collections.abc import Sequence
from typing import Final

from telegram import (
    Bot,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from telegram_bot.callbacks import Codec
from telegram_bot.delivery import ChatGone, Delivery, NotDelivered, NothingToDo, note_refusal
from telegram_bot.keyboards import keyboard
from telegram_bot.screens.inline import InlineCard

CACHED: Final = 10  # seconds that Telegram may show the same results to the same person


class InlineSender:
    """Of the messenger; Telegram does not count these answers."""

    def __init__(self, bot: Bot, codec: Codec, delivery: Delivery) -> None:
        self._bot = bot
        self._codec = codec
        self._delivery = delivery

    async def answer(self, query_id: str, cards: Sequence[InlineCard], next_offset: str) -> None:
        """`next_offset` is what comes back when the person scrolls on; "" at the end."""
        results = [self._result(card) for card in cards]
        try:
            await self._delivery.call(
                lambda: self._bot.answer_inline_query(
                    query_id,
                    results,
                    cache_time=CACHED,
                    is_personal=True,
                    next_offset=next_offset,
                ),
                attempts=1,
            )
        except (NothingToDo, ChatGone, NotDelivered):
            return
        except BadRequest as refusal:
            note_refusal(refusal)

    def _result(self, card: InlineCard) -> InlineQueryResultArticle:
        return InlineQueryResultArticle(
            card.id,
            card.title,
            InputTextMessageContent(
                card.screen.full_text,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            ),
            reply_markup=keyboard(card.screen, self._codec, self._bot),
            description=card.description,
        )
