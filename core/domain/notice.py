"""What people are told without having asked: written down first, sent until it has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from core.domain.account import Account
from core.domain.alert import AlertId, NewAlert
from core.domain.book import Side
from core.domain.drift import CashMove, DriftKind
from core.domain.order import OrderStatus
from core.domain.trigger import TriggerKind, TriggerState
from core.domain.units import ZERO, MarketId, OrderId, PositionId, Price, Size, Usdc, UserId


class NoticeKind(StrEnum):
    RESOLUTION = "resolution"
    RECONCILIATION = "reconciliation"
    WARNING = "warning"
    WALLET = "wallet"
    ORDER = "order"
    TRIGGER = "trigger"
    ALERT = "alert"
    DIGEST = "digest"
    FEED = "feed"
    WALLET_TRADE = "wallet-trade"
    BROADCAST = "broadcast"
    PEOPLE = "people"
    CLOSING = "closing"
    DEPOSIT = "deposit"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Paid:
    """One position that its market's result has ended."""

    account: Account
    outcome: str
    shares: Size
    payout: Price  # USDC per share
    value: Usdc  # what all shares paid
    profit: Usdc  # of the whole position, net of all fees


@dataclass(frozen=True, slots=True)
class MarketEnded:
    """A market was resolved while its reader held shares of it."""

    market_id: MarketId
    question: str
    winner: str | None  # None for a split
    paid: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One disagreement between the ledger and the venue; shares, or USDC where it is money."""

    kind: DriftKind
    ours: Decimal
    theirs: Decimal
    question: str = ""  # empty where it is about no market, or one that we do not know
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class AccountCompared:
    """A live account was compared with the venue, and there is something to say about it."""

    found: tuple[Found, ...]  # since last time
    moves: tuple[CashMove, ...]  # money that came or went without a trade
    is_stopped: bool  # automation, until everything serious is clear
    has_cleared: bool  # what was serious is over
    fault: str = ""  # why it cannot be compared, for a while already


@dataclass(frozen=True, slots=True)
class Warned:
    """Something stands in the way of trading, or will; the sentence says what, and what to do.

    `breaker`: whose breaker its reader can close, EVERYBODY included; None for all but the owner.
    `person`: whose trading it is about, where that is not its reader.
    """

    sentence: str
    breaker: int | None = None
    person: str = ""


@dataclass(frozen=True, slots=True)
class WalletChanged:
    """News of a live wallet: its session key, its addresses, a withdrawal.

    `what` is a `NewsKind` of custody; `facts` are what its sentence needs.
    """

    what: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """A live order came to another state, or was filled further, while nobody waited for it."""

    order_id: OrderId
    market_id: MarketId
    question: str
    outcome: str
    side: Side
    status: OrderStatus
    filled: Size  # in all
    average: Price | None
    value: Usdc  # of what is filled, before the fee
    fee: Usdc
    left: Size  # that may still trade
    reversed: Size  # shares whose settlement failed: given back
    reason: str = ""
    awaited: Size = Size(ZERO)  # shares that are matched, and no trade was told of yet


@dataclass(frozen=True, slots=True)
class TriggerFired:
    """A trigger sold what it was for, or a part; or it should have, and `trouble` says why not."""

    account: Account
    position_id: PositionId
    market_id: MarketId
    question: str
    outcome: str
    kind: TriggerKind
    level: Price
    state: TriggerState  # afterwards
    sold: Size
    average: Price | None
    value: Usdc  # of what is sold, before the fee
    fee: Usdc
    left: Size  # that it still waits to sell
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class AlertFired:
    """The market came to where its reader wanted to hear of it."""

    alert_id: AlertId
    market_id: MarketId
    question: str
    outcome: str
    wish: NewAlert
    price: Price | None  # None where nothing is known, which only an alert of time can do without
    at: datetime  # of the decision
    is_polled: bool = False  # the price was asked for, not streamed


@dataclass(frozen=True, slots=True)
class Digest:
    """A day of one account, up to the moment it was written."""

    account: Account
    day: date  # of the reader's time zone
    cash: Usdc
    positions: int
    value: Usdc  # of all positions, at their marks
    change: Usdc | None  # of cash and value together since yesterday's digest; None without one
    realized: Usdc  # in the last 24 hours, net of all fees
    trades: int  # in the last 24 hours
    alerts: int = 0  # that are set
    orders: int = 0  # that are open


@dataclass(frozen=True, slots=True)
class FeedTrouble:
    """Prices of what its reader holds do not come by stream, or come again."""

    since: datetime
    markets: int  # of the reader's, that are touched
    is_paused: bool  # nothing can be decided: take profit and stop loss wait
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class ClosingSoon:
    """A market that its reader holds or watches ends before long."""

    market_id: MarketId
    question: str
    ends_at: datetime
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class Deposited:
    """Money came into a live account without a trade."""

    amount: Usdc


@dataclass(frozen=True, slots=True)
class WeatherSignal:
    """The strategy saw a bucket that costs less than it is worth; for people who trade by hand.

    `slug` names the event; `outcome` is the bucket with the side. Chance, cost and edge are in USDC
    a share, cost and edge with the fee, the edge at the cautious end.
    """

    event_id: str
    market_id: MarketId
    slug: str
    outcome: str
    is_yes: bool
    chance: float
    cost: Decimal
    edge: float
    version: int  # of the forecast
    at: datetime


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What the owner tells everybody, word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class WalletTrade:
    """One trade of a wallet that is watched; `market_id` None for a market that we do not know."""

    question: str
    outcome: str
    side: Side
    size: Size
    price: Price
    at: datetime
    market_id: MarketId | None = None


@dataclass(frozen=True, slots=True)
class WalletTraded:
    """A watched wallet has traded; newest first, and how many trades more."""

    address: str
    trades: tuple[WalletTrade, ...]
    more: int = 0


News: TypeAlias = (
    MarketEnded
    | AccountCompared
    | Warned
    | WalletChanged
    | OrderMoved
    | TriggerFired
    | AlertFired
    | Digest
    | FeedTrouble
    | ClosingSoon
    | Deposited
    | Broadcast
    | WalletTraded
    | WeatherSignal
)

NEWS: Final[Mapping[NoticeKind, type[News]]] = MappingProxyType(
    {
        NoticeKind.RESOLUTION: MarketEnded,
        NoticeKind.RECONCILIATION: AccountCompared,
        NoticeKind.WARNING: Warned,
        NoticeKind.WALLET: WalletChanged,
        NoticeKind.ORDER: OrderMoved,
        NoticeKind.TRIGGER: TriggerFired,
        NoticeKind.ALERT: AlertFired,
        NoticeKind.DIGEST: Digest,
        NoticeKind.FEED: FeedTrouble,
        NoticeKind.CLOSING: ClosingSoon,
        NoticeKind.DEPOSIT: Deposited,
        NoticeKind.BROADCAST: Broadcast,
        NoticeKind.WALLET_TRADE: WalletTraded,
        NoticeKind.WEATHER: WeatherSignal,
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A claimed notice, to be sent now. `telegram_id` is the chat as well: all are private."""

    id: int
    user_id: UserId
    telegram_id: int
    key: str
    attempts: int  # this one included
    news: News
    silent: bool = False
