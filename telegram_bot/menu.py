"""What Telegram itself shows of the bot: commands by scope and language, button, descriptions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    MenuButtonCommands,
)
from telegram.error import BadRequest, InvalidToken

from telegram_bot.commands import GROUP_MENU, Command, Scope, menu
from telegram_bot.reaching import Reaching
from telegram_bot.words import ENGLISH, Reader, languages, mark, reading_as, say

T = TypeVar("T")

SHORT: Final = mark("Trade Polymarket in a chat, on your own machine.")
LONG: Final = mark(
    "Find a market by a word or a polymarket.com link, trade it with live prices, and let take "
    "profit and stop loss watch it. Self-hosted: your keys stay on your machine."
)

# What the library raises where an answer is not what it should be: it reads without looking.
UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)

logger = logging.getLogger(__name__)


class Menu:
    """Telegram is asked first, and told only what it does not show already."""

    def __init__(self, bot: Bot, reaching: Reaching) -> None:
        self._bot = bot
        self._reach = reaching.until_answered
        self._owner: int | None = None
        self._former: set[int] = set()
        self._changed = asyncio.Event()
        self.is_told: Final = asyncio.Event()  # everybody's part of it, in this run

    def owner_seen(self, chat_id: int) -> None:
        """The owner is in that chat; whoever was it before has no more commands than others."""
        if chat_id == self._owner:
            return
        if self._owner is not None:
            self._former.add(self._owner)
        self._owner = chat_id
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._tidied(self._tell_everybody)
        self.is_told.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._tidied(self._tell_owner)

    async def _tidied(self, step: Callable[[], Awaitable[None]]) -> None:
        """Nothing of this is worth a stop."""
        try:
            await step()
        except BadRequest as refusal:
            logger.warning("Telegram does not show the commands: %s", refusal)

    async def _tell_everybody(self) -> None:
        for language in languages():
            code = _code(language)
            await self._tell(BotCommandScopeDefault(), language, menu(Scope.EVERYBODY))
            await self._tell(BotCommandScopeAllGroupChats(), language, GROUP_MENU)
            with reading_as(Reader(language)):
                await self._describe(code, say(SHORT), say(LONG))
        if not isinstance(await self._ask(self._bot.get_chat_menu_button), MenuButtonCommands):
            await self._ask(
                lambda: self._bot.set_chat_menu_button(menu_button=MenuButtonCommands())
            )

    async def _tell_owner(self) -> None:
        owner = self._owner
        while self._former:
            await self._forget(self._former.pop())
        if owner is not None:
            for language in languages():
                scope = BotCommandScopeChat(owner)
                await self._tell(scope, language, menu(Scope.EVERYBODY, Scope.OWNER))

    async def _forget(self, chat_id: int) -> None:
        for language in languages():
            scope, code = BotCommandScopeChat(chat_id), _code(language)
            await self._ask(_call(self._bot.delete_my_commands, scope, code))

    async def _tell(self, scope: BotCommandScope, language: str, shown: Sequence[Command]) -> None:
        code = _code(language)
        with reading_as(Reader(language)):
            commands = tuple(BotCommand(each.name, say(each.meaning)) for each in shown)
        if await self._ask(_call(self._bot.get_my_commands, scope, code)) != commands:
            await self._ask(_call(self._bot.set_my_commands, commands, scope, code))

    async def _describe(self, code: str | None, short: str, long: str) -> None:
        bot = self._bot
        briefly = await self._ask(_call(bot.get_my_short_description, code))
        if briefly is None or briefly.short_description != short:
            await self._ask(_call(bot.set_my_short_description, short, code))
        fully = await self._ask(_call(bot.get_my_description, code))
        if fully is None or fully.description != long:
            await self._ask(_call(bot.set_my_description, long, code))

    async def _ask(self, request: Callable[[], Awaitable[T]]) -> T | None:
        """None where the server has no such method, or answers it in a way of its own.

        Self-hosted servers may be older than we are. The library takes their 404 for a refused
        token, but `getMe` has been answered by now.
        """

        async def asked() -> T | None:
            try:
                return await request()
            except (InvalidToken, *UNREADABLE):
                return None

        return await self._reach(asked)


def _code(language: str) -> str | None:
    """None for everybody whose language has no words of its own."""
    return None if language == ENGLISH else language


def _call(method: Callable[..., Awaitable[T]], *arguments: object) -> Callable[[], Awaitable[T]]:
    return lambda: method(*arguments)
