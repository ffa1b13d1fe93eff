"""Every update: who may, what it is, who answers it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from telegram import (
    CallbackQuery,
    ChatMemberUpdated,
    InlineQuery,
    MaybeInaccessibleMessage,
    Message,
    Update,
)
from telegram.constants import ChatMemberStatus, ChatType

from core.domain.account import Account
from core.domain.order_words import is_short_answer
from core.domain.user import Role, User
from telegram_bot.actions import Confirm, ConfirmAgain, Home
from telegram_bot.context import BotContext, Desk
from telegram_bot.following_language import follow_language
from telegram_bot.handlers.door import Door
from telegram_bot.handlers.earlier import tell_if_placed
from telegram_bot.handlers.first_words import FirstWords
from telegram_bot.handlers.group_hall import GroupHall
from telegram_bot.handlers.inline import answer_inline
from telegram_bot.handlers.messages import answer_message
from telegram_bot.handlers.oddities import Albums, is_service
from telegram_bot.handlers.taps import act, answer_tap
from telegram_bot.handlers.ticket import EXPLANATIONS
from telegram_bot.portfolio_actions import SellAll
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.screens.notices import unexpected_screen
from telegram_bot.screens.too_late import TOO_LATE, cut_off_screen, too_late_screen
from telegram_bot.tickets import TicketState
from telegram_bot.words import reading_as, say

logger = logging.getLogger(__name__)

ORDERING: Final = (Confirm, ConfirmAgain, QuickBuy, QuickSell, SellAll)
NOT_YOURS: Final = EXPLANATIONS[TicketState.FOREIGN]
CARDS: Final = 10_000  # remembered, so that each is told of once a while
TOLD_AGAIN: Final = timedelta(minutes=1)  # between two words about what came too late


class Dispatcher:
    """Private chats, groups and inline queries of people who are let in; silence for the rest."""

    def __init__(self, desk: Desk, owner_seen: Callable[[int], object]) -> None:
        """`owner_seen` is told the owner's chat whenever the owner does something there."""
        self._desk = desk
        self._owner_seen = owner_seen
        self._door = Door(desk)
        self._first_words = FirstWords(desk, self._door)
        self.acknowledge = self._first_words.acknowledge
        self.still_waiting = self._first_words.still_waiting
        self._hall = GroupHall(desk, self._door.admit, self._door.reader)
        self._albums = Albums()
        self._told_too_late: dict[tuple[int, int], datetime] = {}  # by chat and card

    async def dispatch(self, update: Update, *, is_left_over: bool = False) -> None:
        """`is_left_over`: a run before this one had it, and ended over it."""
        if update.callback_query is not None:
            await self._tap(update.callback_query, is_left_over=is_left_over)
        elif update.my_chat_member is not None:
            await self._membership(update.my_chat_member)
        elif update.inline_query is not None:
            if not is_left_over:  # nobody waits for it any more
                await self._inline(update.inline_query)
        elif update.edited_message is not None:
            if update.edited_message.text or update.edited_message.caption:
                await self._message(update.edited_message, is_edited=True)
        elif update.message is not None and not is_service(update):
            await self._message(update.message, is_left_over=is_left_over)

    async def begin(self) -> None:
        """Who has blocked us, or may only look, did so before this run, too."""
        users, messenger = self._desk.services.users, self._desk.messenger
        for telegram_id in await users.blocked():
            messenger.mark_inactive(telegram_id)
        messenger.lookers.note(*await users.viewers())

    async def too_late(self, update: Update, *, is_left_over: bool = False) -> None:
        """Do nothing about it, and say so: once a card, and once for all words.

        What is left over may have done something before its run ended; then that is said.
        """
        chat, sender = update.effective_chat, update.effective_user
        query = update.callback_query
        if query is not None and (chat is None or chat.type != ChatType.PRIVATE):
            await self._desk.messenger.answer(query.id, say(TOO_LATE))
        if chat is None or sender is None or chat.type != ChatType.PRIVATE:
            return
        user = await self._door.admit(sender.id, sender.first_name)
        if user is None:
            return
        with reading_as(await self._door.reader(user)):
            if not (is_left_over and await self._tell_what_it_did(update, user, chat.id)):
                await self._say_too_late(update, chat.id)

    async def _tell_what_it_did(self, update: Update, user: User, chat_id: int) -> bool:
        query, message = update.callback_query, update.message
        context = await self._context(user, chat_id)
        if query is not None:
            codec, data = self._desk.codec, query.data or ""
            tapped = codec.decode(data)
            action = codec.earlier(data) if tapped is None else tapped.action
            return await tell_if_placed(context, action)
        if message is None or not is_short_answer(message.text or ""):
            return False
        await context.show(cut_off_screen())
        return True

    async def _say_too_late(self, update: Update, chat_id: int) -> None:
        query = update.callback_query
        messenger, now = self._desk.messenger, self._desk.now()
        if query is not None:
            await messenger.answer(query.id, say(TOO_LATE))
        card = query.message.message_id if query is not None and query.message is not None else 0
        told_at = self._told_too_late.get((chat_id, card))
        if told_at is None or now - told_at > TOLD_AGAIN:
            if len(self._told_too_late) >= CARDS:
                self._told_too_late.clear()
            self._told_too_late[chat_id, card] = now
            await messenger.send(chat_id, too_late_screen(is_tap=query is not None))

    async def failed(self, update: Update, error: Exception) -> None:
        """Something that nobody foresaw: one record, and one true sentence for the user."""
        is_away = _is_away(error)
        logger.log(
            logging.WARNING if is_away else logging.ERROR,
            "an update could not be answered",
            exc_info=None if is_away else error,
            extra={"update_id": update.update_id, "error": type(error).__name__},
        )
        chat = update.effective_chat
        reader = None if chat is None else self._door.last_reader(chat.id)
        if chat is not None and reader is not None:
            with reading_as(reader):
                screen = unexpected_screen(nothing_sent=not self._is_order(update), is_away=is_away)
            await self._desk.messenger.send(chat.id, screen)

    async def _tap(self, query: CallbackQuery, *, is_left_over: bool) -> None:
        message = query.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            chat_id = None if message is None else message.chat.id
            await self._hall.tap(query, chat_id, 0 if message is None else message.message_id)
            return
        user = await self._door.admit(query.from_user.id, query.from_user.first_name)
        if user is None:
            return
        await follow_language(self._desk, user, query.from_user.language_code)
        with reading_as(await self._door.reader(user)):
            await self._answer_tap(query, message, user, is_left_over=is_left_over)

    async def _answer_tap(
        self,
        query: CallbackQuery,
        message: MaybeInaccessibleMessage,
        user: User,
        *,
        is_left_over: bool,
    ) -> None:
        if query.from_user.id != message.chat.id:
            await self._desk.messenger.answer(query.id, say(NOT_YOURS), alert=True)
            return
        codec, data = self._desk.codec, query.data or ""
        context = await self._context(user, message.chat.id)
        tapped, earlier = codec.decode(data), codec.earlier(data)
        await answer_tap(
            context, message.message_id, query.id, tapped, earlier, is_left_over=is_left_over
        )

    async def _message(
        self, message: Message, *, is_edited: bool = False, is_left_over: bool = False
    ) -> None:
        sender = message.from_user
        if message.chat.type != ChatType.PRIVATE:
            await self._hall.message(message, is_edited=is_edited)
            return
        if sender is None:
            return
        is_rest = not is_edited and self._albums.is_rest(message.chat.id, message.media_group_id)
        user = await self._door.admit(sender.id, sender.first_name)
        if user is not None:
            await follow_language(self._desk, user, sender.language_code)
            with reading_as(await self._door.reader(user)):
                context = await self._context(user, message.chat.id, keeps_question=True)
                if is_left_over and not is_edited and is_short_answer(message.text or ""):
                    await context.show(cut_off_screen())  # what was asked is forgotten
                else:
                    await answer_message(context, message, is_edited=is_edited, is_rest=is_rest)
            return
        text = message.text or ""
        newcomer = await self._door.newcomer(sender.id, sender.first_name, text)
        if newcomer is not None:
            await follow_language(self._desk, newcomer, sender.language_code)
            with reading_as(await self._door.reader(newcomer)):
                await act(await self._context(newcomer, message.chat.id), Home())

    async def _membership(self, change: ChatMemberUpdated) -> None:
        """Somebody blocks us or does so no more; what sells by itself goes on either way."""
        user = await self._door.admit(change.from_user.id, change.from_user.first_name)
        if user is None or change.chat.type != ChatType.PRIVATE:
            return
        is_blocked = change.new_chat_member.status == ChatMemberStatus.BANNED
        await self._desk.services.users.note_blocked(user.telegram_id, is_blocked=is_blocked)
        if is_blocked:
            self._desk.messenger.mark_inactive(change.chat.id)
            await self._desk.live.close(change.chat.id)
        else:
            self._desk.messenger.heard_from(change.chat.id)

    async def _inline(self, query: InlineQuery) -> None:
        user = await self._door.admit(query.from_user.id, query.from_user.first_name)
        if user is not None:
            with reading_as(await self._door.reader(user)):
                await answer_inline(self._desk, query.id, query.query, query.offset)

    async def _context(
        self, user: User, chat_id: int, *, keeps_question: bool = False
    ) -> BotContext:
        if self._desk.messenger.is_inactive(chat_id):
            await self._desk.services.users.note_blocked(user.telegram_id, is_blocked=False)
        self._desk.messenger.heard_from(chat_id)
        self._desk.messenger.lookers.note(user)
        if user.role is Role.OWNER:
            self._owner_seen(chat_id)
        if not keeps_question:
            self._desk.pending.forget(user.id)
        accounts = self._desk.services.accounts
        account = Account.PAPER if accounts is None else await accounts.usable_account(user.id)
        preferences = await self._desk.services.preferences.of(user.id)
        return BotContext(self._desk, user, chat_id, account=account, preferences=preferences)

    def _is_order(self, update: Update) -> bool:
        """Whether it may have sent an order: a confirming tap, one on a card, a typed amount."""
        query = update.callback_query
        if query is None and update.message is not None:
            return is_short_answer(update.message.text or "")
        tapped = self._desk.codec.decode(query.data or "") if query else None
        return tapped is not None and isinstance(tapped.action, ORDERING)


def _is_away(error: Exception) -> bool:
    """Whether a database that restarts, say, is all that is wrong; tasks bring groups of it."""
    if isinstance(error, ExceptionGroup):
        return error.split((SQLAlchemyError, OSError))[1] is None
    return isinstance(error, SQLAlchemyError | OSError)
