"""What is said to a tap before anything is done: nothing, or what it has to wait for."""

from typing import Final

from telegram import CallbackQuery, Update

from telegram_bot.actions import Action, CancelTicket, Confirm, ConfirmAgain, Submitting
from telegram_bot.context import Desk
from telegram_bot.handlers.door import Door
from telegram_bot.handlers.ticket import STILL_WAITING
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.words import Reader, mark, reading_as, say

SPEAKING: Final = (
    Confirm,
    ConfirmAgain,
    CancelTicket,
    Submitting,
    QuickBuy,
    QuickSell,
)  # taps that are answered with words
STILL_BUSY: Final = mark("One moment: I am still busy with what you tapped before.")
UP_TO_DATE: Final = mark("These are the newest prices.")


class FirstWords:
    """They wait neither for the chat's turn nor for the database."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

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
        with reading_as(self._door.last_reader(query.from_user.id) or Reader()):
            words = say(STILL_WAITING if on_its_way else STILL_BUSY)
        await self._desk.messenger.answer(query.id, words, alert=on_its_way)

    def _own_action(self, update: Update) -> Action | None:
        """What somebody who is let in has tapped in their own chat."""
        query = update.callback_query
        if query is None or query.message is None:
            return None
        if self._door.last_reader(query.from_user.id) is None:
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
        with reading_as(self._door.last_reader(query.from_user.id) or Reader()):
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
