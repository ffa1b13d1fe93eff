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
from core.domain.errors import Rejected
from core.domain.user import Member, Role, User
from telegram_bot.actions import Action, CancelTicket, Confirm, ConfirmAgain, Home, Submitting
from telegram_bot.context import BotContext, Desk
from telegram_bot.following_language import follow_language
from telegram_bot.handlers.group_hall import GroupHall
from telegram_bot.handlers.inline import answer_inline
from telegram_bot.handlers.messages import answer_message
from telegram_bot.handlers.oddities import Albums, is_service
from telegram_bot.handlers.taps import act, answer_tap
from telegram_bot.handlers.ticket import EXPLANATIONS, STILL_WAITING
from telegram_bot.people_actions import INVITED_BY
from telegram_bot.portfolio_actions import SellAll
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.screens.notices import unexpected_screen
from telegram_bot.screens.too_late import TOO_LATE, too_late_screen
from telegram_bot.tickets import TicketState
from telegram_bot.words import Reader, mark, reading_as, say

logger = logging.getLogger(__name__)

SPEAKING: Final = (
    Confirm,
    ConfirmAgain,
    CancelTicket,
    Submitting,
    QuickBuy,
    QuickSell,
)  # taps that are answered with words
ORDERING: Final = (Confirm, ConfirmAgain, QuickBuy, QuickSell, SellAll)
CODE_LENGTHS: Final = range(8, 25)  # characters of what may be the owner's code
NOT_YOURS: Final = EXPLANATIONS[TicketState.FOREIGN]
STILL_BUSY: Final = mark("One moment: I am still busy with what you tapped before.")
UP_TO_DATE: Final = mark("These are the newest prices.")
STRANGERS: Final = 10_000  # remembered, so that each is logged once
TOLD_AGAIN: Final = timedelta(minutes=1)  # between two words about what came too late


class Dispatcher:
    """Private chats, groups and inline queries of people who are let in; silence for the rest."""

    def __init__(self, desk: Desk, owner_seen: Callable[[int], object]) -> None:
        """`owner_seen` is told the owner's chat whenever the owner does something there."""
        self._desk = desk
        self._owner_seen = owner_seen
        self._hall = GroupHall(desk, self._admit, self._reader)
        self._albums = Albums()
        self._admitted: dict[int, Reader] = {}  # as they last read, by Telegram's id
        self._strangers: set[int] = set()
        self._told_too_late: dict[tuple[int, int], datetime] = {}  # by chat and card
        if desk.services.people is not None:
            desk.services.people.on_change(self._changed)

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
            await self._message(update.message)

    async def begin(self) -> None:
        """Who has blocked us, or may only look, did so before this run, too."""
        users, messenger = self._desk.services.users, self._desk.messenger
        for telegram_id in await users.blocked():
            messenger.mark_inactive(telegram_id)
        messenger.lookers.note(*await users.viewers())

    async def too_late(self, update: Update) -> None:
        """Do nothing about it, and say so: once a card, and once for all words."""
        chat, sender = update.effective_chat, update.effective_user
        query = update.callback_query
        if query is not None and (chat is None or chat.type != ChatType.PRIVATE):
            await self._desk.messenger.answer(query.id, say(TOO_LATE))
        if chat is None or sender is None or chat.type != ChatType.PRIVATE:
            return
        user = await self._admit(sender.id, sender.first_name)
        if user is None:
            return
        with reading_as(await self._reader(user)):
            await self._say_too_late(update, chat.id)

    async def _say_too_late(self, update: Update, chat_id: int) -> None:
        query = update.callback_query
        messenger, now = self._desk.messenger, self._desk.now()
        if query is not None:
            await messenger.answer(query.id, say(TOO_LATE))
        card = query.message.message_id if query is not None and query.message is not None else 0
        told_at = self._told_too_late.get((chat_id, card))
        if told_at is None or now - told_at > TOLD_AGAIN:
            if len(self._told_too_late) >= STRANGERS:
                self._told_too_late.clear()
            self._told_too_late[chat_id, card] = now
            await messenger.send(chat_id, too_late_screen(is_tap=query is not None))

    async def acknowledge(self, update: Update) -> None:
        """End the waiting circle of a tap that needs no words, also while its user's chat is busy.

        Taps on money answer for themselves, when it is known what became of them.
        """
        action, query = self._own_action(update), update.callback_query
        if query is not None and action is not None and not isinstance(action, SPEAKING):
            await self._desk.messenger.answer(query.id, self._already_there(query, action))

    async def still_waiting(self, update: Update) -> None:
        """A tap on money that waits behind another: say what for, since it will be a while."""
        action, query = self._own_action(update), update.callback_query
        if query is None or query.message is None or not isinstance(action, SPEAKING):
            return
        on_its_way = self._is_on_its_way(action, query.message.chat.id, query.message.message_id)
        with reading_as(self._admitted[query.from_user.id]):
            words = say(STILL_WAITING if on_its_way else STILL_BUSY)
        await self._desk.messenger.answer(query.id, words, alert=on_its_way)

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
        if chat is not None and chat.id in self._admitted:
            with reading_as(self._admitted[chat.id]):
                screen = unexpected_screen(nothing_sent=not self._is_order(update), is_away=is_away)
            await self._desk.messenger.send(chat.id, screen)

    async def _tap(self, query: CallbackQuery, *, is_left_over: bool) -> None:
        message = query.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            chat_id = None if message is None else message.chat.id
            await self._hall.tap(query, chat_id, 0 if message is None else message.message_id)
            return
        user = await self._admit(query.from_user.id, query.from_user.first_name)
        if user is None:
            return
        await follow_language(self._desk, user, query.from_user.language_code)
        with reading_as(await self._reader(user)):
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

    async def _message(self, message: Message, *, is_edited: bool = False) -> None:
        sender = message.from_user
        if message.chat.type != ChatType.PRIVATE:
            await self._hall.message(message, is_edited=is_edited)
            return
        if sender is None:
            return
        is_rest = not is_edited and self._albums.is_rest(message.chat.id, message.media_group_id)
        user = await self._admit(sender.id, sender.first_name)
        if user is not None:
            await follow_language(self._desk, user, sender.language_code)
            with reading_as(await self._reader(user)):
                context = await self._context(user, message.chat.id, keeps_question=True)
                await answer_message(context, message, is_edited=is_edited, is_rest=is_rest)
            return
        text = message.text or ""
        newcomer = await self._claimed(sender.id, sender.first_name, text)
        newcomer = newcomer or await self._invited(sender.id, sender.first_name, text)
        if newcomer is not None:
            await follow_language(self._desk, newcomer, sender.language_code)
            with reading_as(await self._reader(newcomer)):
                await act(await self._context(newcomer, message.chat.id), Home())

    async def _membership(self, change: ChatMemberUpdated) -> None:
        """Somebody blocks us or does so no more; what sells by itself goes on either way."""
        user = await self._admit(change.from_user.id, change.from_user.first_name)
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
        user = await self._admit(query.from_user.id, query.from_user.first_name)
        if user is not None:
            with reading_as(await self._reader(user)):
                await answer_inline(self._desk, query.id, query.query, query.offset)

    async def _admit(self, telegram_id: int, first_name: str) -> User | None:
        user = await self._desk.services.users.admit(telegram_id, first_name)
        if user is not None:
            self._admitted.setdefault(telegram_id, Reader())
            return user
        self._admitted.pop(telegram_id, None)
        if telegram_id not in self._strangers and len(self._strangers) < STRANGERS:
            self._strangers.add(telegram_id)
            logger.info("Somebody who is not allowed wrote to the bot: %s", telegram_id)
        return user

    async def _claimed(self, telegram_id: int, first_name: str, text: str) -> User | None:
        """The new owner, if `text` is the code from the console."""
        code = text.strip()
        if len(code) not in CODE_LENGTHS or not code.replace("-", "").isalnum():
            return None
        try:
            owner = await self._desk.services.users.claim(telegram_id, first_name, code)
        except Rejected as refusal:
            logger.warning("an owner code was refused: %s", refusal)
            return None
        if owner is not None:
            self._admitted.setdefault(telegram_id, Reader())
        return owner

    async def _invited(self, telegram_id: int, first_name: str, text: str) -> User | None:
        """Whom the link of an invitation has brought here."""
        command, _, argument = text.strip().partition(" ")
        if command != "/start" or not argument.startswith(INVITED_BY):
            return None
        code, users = argument.removeprefix(INVITED_BY), self._desk.services.users
        try:
            user = await users.redeem(telegram_id, first_name, code)
        except Rejected as refusal:
            logger.warning("an invitation was refused: %s", refusal)
            return None
        if user is not None:
            self._admitted.setdefault(telegram_id, Reader())
        return user

    async def _changed(self, member: Member) -> None:
        """From now on they are what they are now; who is out has no card and no question left."""
        user = member.user
        self._desk.services.users.forget(user.telegram_id)
        self._desk.messenger.lookers.note(user)
        if member.is_blocked:
            self._admitted.pop(user.telegram_id, None)
            self._desk.pending.forget(user.id)
            await self._desk.live.close(user.telegram_id)

    async def _reader(self, user: User) -> Reader:
        reader = await self._desk.services.reader_of(user.id)
        self._admitted[user.telegram_id] = reader
        return reader

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

    def _own_action(self, update: Update) -> Action | None:
        """What somebody who is let in has tapped in their own chat."""
        query = update.callback_query
        if query is None or query.message is None or query.from_user.id not in self._admitted:
            return None
        tapped = self._desk.codec.decode(query.data or "")
        is_own = query.message.chat.id == query.from_user.id
        return tapped.action if is_own and tapped is not None else None

    def _already_there(self, query: CallbackQuery, action: Action) -> str:
        """Words for who will not see that anything has changed; empty for all others."""
        message = query.message
        if message is None:
            return ""
        if not self._desk.live.has_just_shown(message.chat.id, message.message_id, action):
            return ""
        with reading_as(self._admitted[query.from_user.id]):
            return say(UP_TO_DATE)

    def _is_on_its_way(self, action: Action, chat: int, card: int) -> bool:
        """Whether the tap is on a ticket that an earlier one has made an order of."""
        match action:
            case Submitting():
                return True
            case (
                Confirm(button_id)
                | ConfirmAgain(button_id)
                | CancelTicket(button_id)
                | QuickBuy(button_id)
                | QuickSell(button_id)
            ):
                return self._desk.tickets.is_used(button_id, chat, card)
            case _:
                return False

    def _is_order(self, update: Update) -> bool:
        """Whether this update may have sent an order: a confirming tap does, or one on a card."""
        query = update.callback_query
        tapped = self._desk.codec.decode(query.data or "") if query else None
        return tapped is not None and isinstance(tapped.action, ORDERING)


def _is_away(error: Exception) -> bool:
    """Whether a database that restarts, say, is all that is wrong; tasks bring groups of it."""
    if isinstance(error, ExceptionGroup):
        return error.split((SQLAlchemyError, OSError))[1] is None
    return isinstance(error, SQLAlchemyError | OSError)
