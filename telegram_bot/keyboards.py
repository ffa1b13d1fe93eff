"""A screen's buttons as Telegram's."""

from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from telegram_bot.callbacks import Codec
from telegram_bot.deep_links import address_of
from telegram_bot.group_codec import GroupCodec
from telegram_bot.screens.screen import (
    AnyButton,
    Button,
    CopyButton,
    LinkButton,
    Screen,
    SwitchInlineButton,
)


def keyboard(screen: Screen, codec: Codec, bot: Bot) -> InlineKeyboardMarkup | None:
    """None for a screen without buttons; links lead to `bot` and nowhere else."""
    if not screen.rows:
        return None
    return InlineKeyboardMarkup(
        [[_button(button, screen, codec, bot) for button in row] for row in screen.rows]
    )


def _button(button: AnyButton, screen: Screen, codec: Codec, bot: Bot) -> InlineKeyboardButton:
    match button:
        case Button(label, action, style):
            data = (
                codec.encode(action, keeps_message=screen.keeps_message, outlives=screen.outlives)
                if screen.asker is None
                else GroupCodec(codec).encode(
                    action, screen.asker, keeps_message=screen.keeps_message
                )
            )
            return InlineKeyboardButton(
                label, callback_data=data, style=style.value if style else None
            )
        case CopyButton(label, text):
            return InlineKeyboardButton(label, copy_text=CopyTextButton(text))
        case LinkButton(label, payload):
            return InlineKeyboardButton(label, url=address_of(bot.username, payload))
        case SwitchInlineButton(label, query, _) if bot.supports_inline_queries:
            return InlineKeyboardButton(label, switch_inline_query=query)
        case SwitchInlineButton(label, _, payload):
            link = address_of(bot.username, payload)
            return InlineKeyboardButton(label, copy_text=CopyTextButton(link))
