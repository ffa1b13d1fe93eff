"""A screen's buttons as Telegram's."""

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from telegram_bot.callbacks import Codec
from telegram_bot.screens.screen import Button, CopyButton, Screen


def keyboard(screen: Screen, codec: Codec) -> InlineKeyboardMarkup | None:
    """None for a screen without buttons."""
    if not screen.rows:
        return None
    return InlineKeyboardMarkup(
        [
            [_button(button, codec, keeps_message=screen.keeps_message) for button in row]
            for row in screen.rows
        ]
    )


def _button(
    button: Button | CopyButton, codec: Codec, *, keeps_message: bool
) -> InlineKeyboardButton:
    if isinstance(button, CopyButton):
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.text))
    return InlineKeyboardButton(
        button.label,
        callback_data=codec.encode(button.action, keeps_message=keeps_message),
        style=button.style.value if button.style else None,
    )
