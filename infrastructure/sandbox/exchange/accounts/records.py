"""Orders and trades of accounts, as the exchange keeps them."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.book import Side
from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.state import MarketState


class Kind(StrEnum):
    """How long an order lives."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"

    @property
    def rests(self) -> bool:
        return self in {Kind.GTC, Kind.GTD}


class TradeStatus(StrEnum):
    """The life of a trade on chain."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in {TradeStatus.CONFIRMED, TradeStatus.FAILED}


LIVE = "LIVE"
MATCHED = "MATCHED"
DELAYED = "DELAYED"
CANCELED = "CANCELED"
INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order wants, in millionths. A FOK or FAK buy is a sum of money."""

    side: Side
    kind: Kind
    price: int  # the limit
    size: int  # shares
    money: int  # the most that a buy spends, the least that a sale brings
    post_only: bool = False
    expiration: int = 0  # Unix seconds


@dataclass(slots=True, eq=False)
class AccountOrder:
    """`status` in the venue's words; `reason` follows CANCELED in some of them."""

    hash: str
    key: ApiKey
    wallet: Wallet
    maker: str  # as the order spells it
    contract: str
    state: MarketState
    outcome: int
    terms: Terms
    created: int  # milliseconds
    number: int  # in order of arrival
    status: str = LIVE
    matched: int = 0  # millionths of shares
    value: int = 0  # millionths of USDC for them, before fees
    trades: list[str] = field(default_factory=list)
    resting: int | None = None  # its id in the engine

    @property
    def token(self) -> str:
        return self.state.listed.tokens[self.outcome]

    @property
    def left(self) -> int:
        return self.terms.size - self.matched

    @property
    def is_open(self) -> bool:
        return self.status in {LIVE, DELAYED}

    @property
    def held(self) -> int:
        """Money or shares that its open part may still take."""
        if not self.is_open:
            return 0
        if self.terms.side is Side.SELL:
            return self.left
        return self.left * self.terms.money // self.terms.size


@dataclass(frozen=True, slots=True)
class MakerPart:
    """One maker's part of a trade, in terms of its own token; `order` is None for the crowd."""

    order: AccountOrder | None
    order_id: str
    owner: str
    address: str
    token: str
    outcome: str
    side: Side
    price: int
    size: int


@dataclass(slots=True, eq=False)
class AccountTrade:
    """One match at one price, in terms of the taker's token; `taker` is None for the crowd."""

    id: str
    state: MarketState
    outcome: int
    side: Side
    price: int
    size: int
    fee: int
    taker: AccountOrder | None
    taker_order_id: str
    owner: str
    address: str
    makers: tuple[MakerPart, ...]
    matched_at: int  # milliseconds
    updated_at: int
    bucket: int = 0
    status: TradeStatus = TradeStatus.MATCHED
    transaction: str = ""

    @property
    def token(self) -> str:
        return self.state.listed.tokens[self.outcome]

    @property
    def wallets(self) -> set[Wallet]:
        orders = [self.taker, *(part.order for part in self.makers)]
        return {order.wallet for order in orders if order is not None}

    def concerns(self, key_id: str) -> bool:
        return self.owner == key_id or any(part.owner == key_id for part in self.makers)
