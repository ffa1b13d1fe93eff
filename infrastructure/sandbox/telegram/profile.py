"""What the bot says about itself: commands, descriptions, menu button."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from aiogram.types import BotCommand, MenuButtonCommands
from aiogram.types.menu_button_union import MenuButtonUnion


@dataclass(slots=True)
class Profile:
    """Commands by (scope, language); a scope is its type, with the chat's id where it has one."""

    commands: dict[tuple[str, str], list[BotCommand]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)  # by language, "" for all others
    short_descriptions: dict[str, str] = field(default_factory=dict)
    menu_buttons: dict[int | None, MenuButtonUnion] = field(default_factory=dict)

    def commands_for(self, chat_id: int, language: str) -> list[BotCommand]:
        """What a user sees in a chat: the narrowest scope wins, then the language."""
        return next(
            (self.commands[key] for key in _keys(chat_id, language) if key in self.commands), []
        )

    def description_for(self, language: str) -> str:
        return self.descriptions.get(language) or self.descriptions.get("", "")

    def menu_button_for(self, chat_id: int | None) -> MenuButtonUnion:
        chosen = self.menu_buttons.get(chat_id) or self.menu_buttons.get(None)
        return chosen or MenuButtonCommands()


def _keys(chat_id: int, language: str) -> Iterator[tuple[str, str]]:
    kind = "all_private_chats" if chat_id > 0 else "all_group_chats"
    for scope in (f"chat {chat_id}", kind, "default"):
        yield scope, language
        yield scope, ""
