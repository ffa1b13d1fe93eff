"""The buttons under a message: what Telegram checks in them."""

from typing import Final

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.links import checked_link
from infrastructure.sandbox.telegram.utf16 import utf16_length

MOST_BUTTONS: Final = 100
CALLBACK_BYTES: Final = 64
COPY_LIMIT: Final = 256
STYLES: Final = frozenset({"danger", "success", "primary"})
ACTIONS: Final = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
    "callback_game", "pay", "disabled",
)  # fmt: skip


def checked_keyboard(markup: object) -> InlineKeyboardMarkup | None:
    """The inline keyboard, None where it is empty or of another kind.

    Raises: BotApiError for a button that Telegram would refuse.
    """
    if not isinstance(markup, InlineKeyboardMarkup):
        return None
    buttons = [button for row in markup.inline_keyboard for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    for button in buttons:
        _check(button)
    rows = [row for row in markup.inline_keyboard if row]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _check(button: InlineKeyboardButton) -> None:
    actions = [name for name in ACTIONS if getattr(button, name) is not None]
    if not button.text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request(f"inline keyboard button must have one action, found {actions}")
    if button.style is not None and button.style not in STYLES:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    _check_action(button)


def _check_action(button: InlineKeyboardButton) -> None:
    data = button.callback_data
    if data is not None and not 1 <= len(data.encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if button.url is not None and checked_link(button.url) is None:
        raise bad_request(f"inline keyboard button URL '{button.url}' is invalid: Wrong HTTP URL")
    if button.copy_text and not 1 <= utf16_length(button.copy_text.text) <= COPY_LIMIT:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
