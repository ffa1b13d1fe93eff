"""What a handler is given: the services, the chat's tools, and who did what where."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.domain.account import Account
from core.domain.user import User
from core.services.clob.clob_service import ClobService
from core.services.market_service import MarketService
from core.services.position.position_service import PositionService
from core.services.user_service import UserService
from telegram_bot.callbacks import Codec
from telegram_bot.live_messages import LiveMessages, LiveView
from telegram_bot.messenger import Messenger
from telegram_bot.pending import PendingInputs
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.status import PartState
from telegram_bot.tickets import Tickets
from telegram_bot.typing_sign import TypingSign


@dataclass(frozen=True, slots=True)
class Services:
    """What the chat uses of the product; `parts` and `newest_price` are for the status screen."""

    users: UserService
    markets: MarketService
    positions: PositionService
    orders: ClobService
    parts: Callable[[], Sequence[PartState]]
    newest_price: Callable[[], float | None]  # age in seconds


@dataclass(frozen=True, slots=True)
class Desk:
    """What all conversations share. `mode` says venue and kind of money."""

    services: Services
    codec: Codec
    messenger: Messenger
    live: LiveMessages
    typing: TypingSign
    pending: PendingInputs
    tickets: Tickets
    mode: str
    now: Callable[[], datetime]
    account: Account = Account.PAPER
    venue_patience: float = 8.0  # seconds for a question that the venue has to answer
    newest_cards: dict[int, int] = field(default_factory=dict)  # message by chat


@dataclass(frozen=True, slots=True)
class BotContext:
    """One act of one admitted user. `message_id`: the card to answer on; None = answer below."""

    desk: Desk
    user: User
    chat_id: int
    message_id: int | None = None

    @property
    def services(self) -> Services:
        return self.desk.services

    def on(self, message_id: int) -> "BotContext":
        """The same act, answered on that card."""
        return replace(self, message_id=message_id)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """No live edit comes between the act and its answer; not to be entered twice."""
        with self.desk.typing.over(self.chat_id):
            async with self.desk.live.held(self.chat_id):
                yield

    async def show(self, screen: Screen, view: LiveView | None = None) -> int | None:
        """Put `screen` on the tapped card, or below; with `view` it follows the market.

        The buttons of the card that it replaces go away. The message's id; None if Telegram
        could not be told.
        """
        desk, chat = self.desk, self.chat_id
        if view is not None:
            screen = desk.live.told(screen, view)
        if self.message_id is None:
            shown = await desk.messenger.send(chat, screen)
        else:
            shown = await desk.messenger.edit(chat, self.message_id, screen)
        if shown is None:
            await desk.live.close(chat)
            return None
        if view is None:
            await desk.live.close(chat)
        else:
            await desk.live.show(chat, shown, self.user.id, view, screen)
        previous = desk.newest_cards.get(chat)
        desk.newest_cards[chat] = shown
        if previous is not None and previous != shown:
            await desk.messenger.strip(chat, previous)
        return shown
