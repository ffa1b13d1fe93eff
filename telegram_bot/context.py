"""What a handler is given: the services, the chat's tools, and who did what where."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final, Protocol, TypeVar

from core.domain.account import Account
from core.domain.errors import Rejected
from core.domain.preferences import DEFAULTS, UserPreferences
from core.domain.units import MarketId, UserId
from core.domain.user import Role, User
from core.domain.wallet_money import WalletMoneyState
from core.services.alerts.alerts import Alerts
from core.services.clob.clob_service import ClobService
from core.services.clob.order_history import OrderHistory
from core.services.custody.accounts import Accounts
from core.services.custody.second_factor import SecondFactor
from core.services.custody.wallets import Wallets
from core.services.custody.withdrawals import Withdrawals
from core.services.day_change import DayChanges
from core.services.fresh_books import FreshBooks
from core.services.histories import Histories
from core.services.invitations import Invitations
from core.services.market_service import MarketService
from core.services.people import People
from core.services.position.position_service import PositionService
from core.services.preferences import Preferences
from core.services.price_histories import PriceHistories
from core.services.reconciliation.standing import AccountStandings
from core.services.risk.breakers import Breakers
from core.services.risk.kill_switch import KillSwitch
from core.services.risk.own_limits import OwnLimits
from core.services.track_record import TrackRecord
from core.services.triggers.triggers import Triggers
from core.services.user_service import UserService
from core.services.wallet_watch import WalletCards
from core.services.watchlist import Watchlist
from core.services.weather.overview import WeatherOverview
from telegram_bot.administration import AdminParts
from telegram_bot.callbacks import Codec
from telegram_bot.drafts import Drafts
from telegram_bot.live_messages import LiveMessages, LiveView
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Urgency
from telegram_bot.pending import PendingInputs
from telegram_bot.pictures.album import Album
from telegram_bot.readers import ReaderOf, default_reader
from telegram_bot.receipts import Receipts
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.status import PartState
from telegram_bot.screens.topics import Topic, topic_of
from telegram_bot.sweeps import Sweeps
from telegram_bot.tickets import Tickets
from telegram_bot.typing_sign import TypingSign
from telegram_bot.words import mark, say

Own = TypeVar("Own")
LIVE_MODE: Final = mark("LIVE · real money")
OTHER_ACCOUNT: Final = mark(
    "This was drawn for your other account, and you have changed over since. Nothing was done. "
    "Open it again from Home."
)


class WalletMoney(Protocol):
    """The money of a user's live wallet, at the venue and on the chain.

    Every method raises Rejected without a wallet or for one that cannot do it, and Unavailable.
    """

    async def state(self, user: UserId) -> WalletMoneyState: ...

    async def create(self, user: UserId) -> str:
        """Make the deposit wallet of the owner key that waits. Raises: OutcomeUnknown."""
        ...

    async def approve(self, user: UserId) -> None:
        """Let the venue's contracts take what orders offer. Raises: OutcomeUnknown."""
        ...

    async def redeem(self, user: UserId, market: MarketId) -> None:
        """Turn the shares of a resolved market into money. Raises: OutcomeUnknown."""
        ...


@dataclass(frozen=True, slots=True)
class PictureParts:
    """What pictures are made of, and where they are drawn."""

    album: Album
    histories: PriceHistories
    books: FreshBooks
    record: TrackRecord


@dataclass(frozen=True, slots=True)
class Services:
    """What the chat uses of the product; `parts` and `newest_price` are for the status screen.

    Without the parts of live trading, which are None then, there is paper money only.
    """

    users: UserService
    markets: MarketService
    positions: Mapping[Account, PositionService]
    desks: Mapping[Account, ClobService]
    history: OrderHistory
    parts: Callable[[], Sequence[PartState]]
    newest_price: Callable[[], float | None]  # age in seconds
    watchlist: Watchlist
    preferences: Preferences
    histories: Histories
    days: DayChanges
    accounts: Accounts | None = None
    wallets: Wallets | None = None
    withdrawals: Withdrawals | None = None
    second_factor: SecondFactor | None = None
    kill_switch: KillSwitch | None = None
    breakers: Breakers | None = None
    own_limits: OwnLimits | None = None
    drift: AccountStandings | None = None
    take_over: Callable[[UserId], Awaitable[int]] | None = None  # `Reconciler.accept`
    money: WalletMoney | None = None
    triggers: Triggers | None = None
    alerts: Alerts | None = None
    weather: WeatherOverview | None = None  # None: the strategy is not switched on
    public_wallets: WalletCards | None = None  # None: nobody's is shown
    pictures: PictureParts | None = None  # None: nothing is drawn
    people: People | None = None
    invitations: Invitations | None = None
    admin: AdminParts | None = None
    most_slippage: Decimal = Decimal(5)  # percent
    reader_of: ReaderOf = default_reader


@dataclass(frozen=True, slots=True)
class Desk:
    """What all conversations share.

    `mode` and `live_mode`, messages yet to be said, name venue and kind of money.
    """

    services: Services
    codec: Codec
    messenger: Messenger
    live: LiveMessages
    typing: TypingSign
    pending: PendingInputs
    tickets: Tickets
    receipts: Receipts
    mode: str
    now: Callable[[], datetime]
    live_mode: str = LIVE_MODE
    is_dry_run: bool = True
    venue_patience: float = 8.0  # seconds for a question that the venue has to answer
    newest_cards: dict[int, int] = field(default_factory=dict)  # message by chat
    newest_topics: dict[int, Topic | None] = field(default_factory=dict)  # of them, by chat
    sweeps: Sweeps = field(default_factory=Sweeps)
    drafts: Drafts = field(default_factory=Drafts)


@dataclass(frozen=True, slots=True)
class BotContext:
    """One act of one admitted user. `message_id`: the card to answer on; None = answer below.

    `account` is what the act is about, `preferences` those of its user, both as they were when it
    began; `services.preferences` changes them.
    """

    desk: Desk
    user: User
    chat_id: int
    message_id: int | None = None
    account: Account = Account.PAPER
    preferences: UserPreferences = DEFAULTS

    @property
    def services(self) -> Services:
        return self.desk.services

    @property
    def orders(self) -> ClobService:
        """Raises: Rejected where this program has no such account."""
        return self._own(self.services.desks)

    @property
    def positions(self) -> PositionService:
        """Raises: Rejected where this program has no such account."""
        return self._own(self.services.positions)

    @property
    def is_live(self) -> bool:
        return self.account is Account.LIVE

    @property
    def is_owner(self) -> bool:
        return self.user.role is Role.OWNER

    @property
    def mode(self) -> str:
        """Venue and kind of money, of this act's account."""
        return say(self.desk.live_mode if self.is_live else self.desk.mode)

    def check_account(self, account: Account) -> None:
        """Raises: Rejected if that was drawn or quoted with the other kind of money."""
        if (account is Account.LIVE) != self.is_live:
            raise Rejected(say(OTHER_ACCOUNT))

    def on(self, message_id: int) -> "BotContext":
        """The same act, answered on that card."""
        return replace(self, message_id=message_id)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """No live edit comes between the act and its answer; not to be entered twice."""
        with self.desk.typing.over(self.chat_id):
            async with self.desk.live.held(self.chat_id):
                yield

    async def show(
        self, screen: Screen, view: LiveView | None = None, *, urgency: Urgency = Urgency.TAP
    ) -> int | None:
        """Put `screen` on the tapped card, or below; with `view` it follows the market.

        The buttons of the card that it replaces go away. The message's id; None if Telegram
        could not be told.
        """
        desk, chat = self.desk, self.chat_id
        screen = self.marked(screen)
        if view is not None:
            view = replace(view, draw=partial(self._draw_marked, view.draw))
            screen = desk.live.annotated(screen, view)
        if self.message_id is None:
            shown = await desk.messenger.send(chat, screen, urgency=urgency)
        else:
            shown = await desk.messenger.edit(chat, self.message_id, screen, urgency=urgency)
        if shown is None:
            await desk.live.close(chat)
            return None
        if view is None:
            await desk.live.close(chat)
        else:
            await desk.live.show(chat, shown, self.user.id, view, screen)
        previous = desk.newest_cards.get(chat)
        desk.newest_cards[chat] = shown
        desk.newest_topics[chat] = topic_of(screen)
        if previous is not None and previous != shown:
            await desk.messenger.strip(chat, previous)
        return shown

    def marked(self, screen: Screen) -> Screen:
        """The screen with whose money it is about, unless it says so itself.

        Real money stands above everything; paper money in the last line, with the time.
        """
        if screen.whose != "":
            return screen
        if self.is_live:
            return replace(screen, whose=self.mode)
        stamp = f"{self.mode} · {screen.stamp}" if screen.stamp else self.mode
        return replace(screen, stamp=stamp)

    async def _draw_marked(self, draw: Callable[[], Awaitable[Screen]]) -> Screen:
        return self.marked(await draw())

    def _own(self, of_accounts: Mapping[Account, Own]) -> Own:
        found = of_accounts.get(self.account)
        if found is None:
            raise Rejected(say("This Polycool trades paper money only."))
        return found
