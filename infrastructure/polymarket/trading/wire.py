"""What the venue's trading API says, as it says it: numbers as text or bare, fields left out."""

from typing import Final

import msgspec

Scalar = str | int | float | None


class PostAnswer(msgspec.Struct, frozen=True):
    """Of `POST /order`. Amounts of ours (`making`) and theirs: shares or USDC, see `amounts.py`."""

    success: bool
    orderID: str | None = None  # noqa: N815 - the venue's spelling
    errorMsg: str | None = None  # noqa: N815 - the venue's spelling
    status: str | None = None
    makingAmount: Scalar = None  # noqa: N815 - the venue's spelling
    takingAmount: Scalar = None  # noqa: N815 - the venue's spelling
    tradeIDs: list[str] | None = None  # noqa: N815 - the venue's spelling


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Of most refusals; the venue has three names for the same text."""

    error: str | None = None
    errorMsg: str | None = None  # noqa: N815 - the venue's spelling
    error_msg: str | None = None
    retry_after_seconds: Scalar = None

    @property
    def text(self) -> str:
        return self.error or self.errorMsg or self.error_msg or ""


class CancelAnswer(msgspec.Struct, frozen=True):
    canceled: list[str] | None = None
    not_canceled: dict[str, str] | None = None


class WireOrder(msgspec.Struct, frozen=True):
    """One of our orders, in `/data/order/{id}` and `/data/orders`."""

    id: str
    status: str
    market: str  # condition id
    asset_id: str
    side: str
    price: Scalar
    original_size: Scalar  # shares
    size_matched: Scalar = None  # shares; "" for none
    order_type: str = ""
    created_at: Scalar = None  # seconds or milliseconds; "" where the venue does not say
    associate_trades: list[str] | None = None


class WireMaker(msgspec.Struct, frozen=True):
    """One maker of a match, perhaps on the complementary token of the taker's."""

    order_id: str
    owner: str  # an API key's id
    matched_amount: Scalar  # shares
    price: Scalar  # of its own token; up to 16 decimals
    asset_id: str
    side: str = ""


class WireTrade(msgspec.Struct, frozen=True):
    """One match, as `/data/trades` has it: `side`, `size` and `price` are the taker's."""

    id: str
    taker_order_id: str
    market: str  # condition id
    asset_id: str
    side: str
    size: Scalar
    price: Scalar
    status: str
    match_time: Scalar  # seconds, milliseconds or ISO 8601
    owner: str = ""  # the taker's API key
    transaction_hash: str | None = None
    trader_side: str = ""  # our role
    maker_orders: list[WireMaker] | None = None


class OrdersPage(msgspec.Struct, frozen=True):
    data: list[WireOrder]
    next_cursor: str | None


class TradesPage(msgspec.Struct, frozen=True):
    data: list[WireTrade]
    next_cursor: str | None


class WireBalance(msgspec.Struct, frozen=True):
    """Millionths as whole numbers; `allowances` by the address of the contract that may take."""

    balance: Scalar
    allowances: dict[str, Scalar] | None = None
    allowance: Scalar = None  # an older form


class HeartbeatAnswer(msgspec.Struct, frozen=True):
    heartbeat_id: str
    error_msg: str = ""


class ClosedOnly(msgspec.Struct, frozen=True):
    closed_only: bool


class Geoblock(msgspec.Struct, frozen=True):
    blocked: bool
    country: str | None = None
    region: str | None = None
    message: str | None = None


class WireKey(msgspec.Struct, frozen=True):
    """API credentials. Never printed: what reads this turns it into `ApiCredentials` at once."""

    apiKey: str  # noqa: N815 - the venue's spelling
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return "WireKey(hidden)"


class WirePosition(msgspec.Struct, frozen=True):
    """One row of the data service; a number that is missing or null is not known."""

    token_id: str
    condition_id: str
    current_size: Scalar
    avg_price: Scalar = None
    current_price: Scalar = None
    redeemable: bool | None = None
    mergeable: bool | None = None
    negative_risk: bool | None = None
    outcome: str | None = None


class Pagination(msgspec.Struct, frozen=True):
    next_cursor: str | None = None


class PositionsPage(msgspec.Struct, frozen=True):
    data: list[WirePosition]
    pagination: Pagination


POST_ANSWER: Final = msgspec.json.Decoder(PostAnswer)
ERROR: Final = msgspec.json.Decoder(ErrorAnswer)
CANCEL_ANSWER: Final = msgspec.json.Decoder(CancelAnswer)
ORDER: Final = msgspec.json.Decoder(WireOrder)
ORDERS: Final = msgspec.json.Decoder(OrdersPage)
TRADES: Final = msgspec.json.Decoder(TradesPage)
BALANCE: Final = msgspec.json.Decoder(WireBalance)
HEARTBEAT: Final = msgspec.json.Decoder(HeartbeatAnswer)
CLOSED_ONLY: Final = msgspec.json.Decoder(ClosedOnly)
GEOBLOCK: Final = msgspec.json.Decoder(Geoblock)
KEY: Final = msgspec.json.Decoder(WireKey)
POSITIONS: Final = msgspec.json.Decoder(PositionsPage)
SECONDS: Final = msgspec.json.Decoder(int, strict=False)
