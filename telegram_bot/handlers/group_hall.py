"""The door of groups: who may, what is for us, and who answers it."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from telegram import CallbackQuery, Message

from core.domain.secrets import pasted_secret
from core.domain.user import User
from telegram_bot.context import BotContext, Desk
from telegram_bot.group_codec import READ_ONLY, GroupCodec
from telegram_bot.handlers.group_act import GroupAct
from telegram_bot.handlers.groups import act_in_group, command_in, obey_in_group
from telegram_bot.handlers.messages import delete_secret
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.screens.group import for_group
from telegram_bot.screens.notices import secret_refused
from telegram_bot.words import Reader, mark, reading_as, say

Admit: TypeAlias = Callable[[int, str], Awaitable[User | None]]
ReaderFor: TypeAlias = Callable[[User], Awaitable[Reader]]

NOT_YOUR_SCREEN: Final = mark("Not your screen: only who asked for it may tap here.")
OLD_CARD: Final = mark("This card is old. Ask for it again.")
PRIVATE_ONLY: Final = mark("That works in the private chat only. Nothing was done.")


class GroupHall:
    """Strangers are not answered, except that the waiting circle on a button ends."""

    def __init__(self, desk: Desk, admit: Admit, reader_for: ReaderFor) -> None:
        self._desk = desk
        self._codec = GroupCodec(desk.codec)
        self._admit = admit
        self._reader_for = reader_for

    async def tap(self, query: CallbackQuery, chat_id: int | None, card: int) -> None:
        """Answered once, whatever it is. No chat: the message was sent by way of us."""
        tapped = self._codec.decode(query.data or "")
        user = await self._admit(query.from_user.id, query.from_user.first_name)
        reader = Reader() if user is None else await self._reader_for(user)
        with reading_as(reader):
            if tapped is not None and tapped.asker != query.from_user.id:
                await self._refuse(query, say(NOT_YOUR_SCREEN))
            elif tapped is None or user is None or chat_id is None:
                is_ours = self._desk.codec.decode(query.data or "") is not None
                await self._refuse(query, say(PRIVATE_ONLY) if is_ours else say(OLD_CARD))
            elif type(tapped.action) not in READ_ONLY:
                await self._refuse(query, say(PRIVATE_ONLY))
            else:
                await self._desk.messenger.answer(query.id)
                is_picture = isinstance(tapped.action, ShowChart | ShowDepth)
                stays = tapped.keeps_message and not is_picture
                act = GroupAct(self._context(user, chat_id), None if stays else card)
                await act_in_group(act, tapped.action)

    async def message(self, message: Message, *, is_edited: bool) -> None:
        """Commands for us, and secrets; all other words are the group's own."""
        text = message.text or message.caption or ""
        secret = pasted_secret(text)
        command = command_in(text, self._desk.messenger.bot_name)
        sender = message.from_user
        if sender is None or (secret is None and (command is None or is_edited)):
            return
        user = await self._admit(sender.id, sender.first_name)
        if user is None:
            return
        with reading_as(await self._reader_for(user)):
            act = GroupAct(self._context(user, message.chat.id))
            if secret is not None:
                was_deleted = await delete_secret(act.context, message.message_id, secret)
                screen = secret_refused(secret, was_deleted=was_deleted)
                await act.show(for_group(screen, act.asker))
            elif command is not None:
                await obey_in_group(act, *command)

    def _context(self, user: User, chat_id: int) -> BotContext:
        """Of services and words only: what is somebody's own is not asked for in groups."""
        return BotContext(self._desk, user, chat_id)

    async def _refuse(self, query: CallbackQuery, words: str) -> None:
        await self._desk.messenger.answer(query.id, words, alert=True)
