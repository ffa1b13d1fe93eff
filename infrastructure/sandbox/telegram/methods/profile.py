"""Methods about the bot itself: who it is, its commands, descriptions and menu button."""

import re
from typing import Final

from aiogram.methods import (
    DeleteMyCommands,
    GetChatMenuButton,
    GetMe,
    GetMyCommands,
    GetMyDescription,
    GetMyShortDescription,
    SetChatMenuButton,
    SetMyCommands,
    SetMyDescription,
    SetMyShortDescription,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BotDescription,
    BotShortDescription,
    MenuButtonCommands,
    User,
)
from aiogram.types.bot_command_scope_union import BotCommandScopeUnion
from aiogram.types.menu_button_union import MenuButtonUnion

from infrastructure.sandbox.telegram.errors import bad_request
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.utf16 import utf16_length

MOST_COMMANDS: Final = 100
COMMAND: Final = re.compile(r"/?[a-z0-9_]{1,32}")
COMMAND_DESCRIPTION: Final = range(1, 257)
DESCRIPTION_LIMIT: Final = 512
SHORT_DESCRIPTION_LIMIT: Final = 120


def get_me(desk: TelegramSandbox, _call: GetMe) -> User:
    return desk.bot


def set_my_commands(desk: TelegramSandbox, call: SetMyCommands) -> bool:
    if len(call.commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in call.commands:
        if not COMMAND.fullmatch(command.command):
            raise bad_request("BOT_COMMAND_INVALID")
        if utf16_length(command.description) not in COMMAND_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    desk.profile.commands[_scope(call.scope), call.language_code or ""] = [
        BotCommand(command=each.command.removeprefix("/"), description=each.description)
        for each in call.commands
    ]
    return True


def get_my_commands(desk: TelegramSandbox, call: GetMyCommands) -> list[BotCommand]:
    return desk.profile.commands.get((_scope(call.scope), call.language_code or ""), [])


def delete_my_commands(desk: TelegramSandbox, call: DeleteMyCommands) -> bool:
    desk.profile.commands.pop((_scope(call.scope), call.language_code or ""), None)
    return True


def set_my_description(desk: TelegramSandbox, call: SetMyDescription) -> bool:
    if utf16_length(call.description or "") > DESCRIPTION_LIMIT:
        raise bad_request("bot description is too long")
    desk.profile.descriptions[call.language_code or ""] = call.description or ""
    return True


def get_my_description(desk: TelegramSandbox, call: GetMyDescription) -> BotDescription:
    return BotDescription(description=desk.profile.description_for(call.language_code or ""))


def set_my_short_description(desk: TelegramSandbox, call: SetMyShortDescription) -> bool:
    if utf16_length(call.short_description or "") > SHORT_DESCRIPTION_LIMIT:
        raise bad_request("bot short description is too long")
    desk.profile.short_descriptions[call.language_code or ""] = call.short_description or ""
    return True


def get_my_short_description(
    desk: TelegramSandbox, call: GetMyShortDescription
) -> BotShortDescription:
    stored = desk.profile.short_descriptions
    text = stored.get(call.language_code or "") or stored.get("", "")
    return BotShortDescription(short_description=text)


def set_chat_menu_button(desk: TelegramSandbox, call: SetChatMenuButton) -> bool:
    desk.profile.menu_buttons[call.chat_id] = call.menu_button or MenuButtonCommands()
    return True


def get_chat_menu_button(desk: TelegramSandbox, call: GetChatMenuButton) -> MenuButtonUnion:
    return desk.profile.menu_button_for(call.chat_id)


def _scope(scope: BotCommandScopeUnion | None) -> str:
    if scope is None:
        return "default"
    if isinstance(scope, BotCommandScopeChat):
        return f"chat {scope.chat_id}"
    chat_id = getattr(scope, "chat_id", "")
    return f"{scope.type} {chat_id}".rstrip()
