"""Gamma's words: its objects as they come, with JSON inside of strings."""

from decimal import Decimal
from typing import Final, TypeAlias

import msgspec

Names: TypeAlias = str | list[str] | None
Numbers: TypeAlias = str | list[Decimal] | None
"""A list, or a string that holds the JSON of one."""


class GammaTag(msgspec.Struct, frozen=True):
    slug: str | None = None
    label: str | None = None


class GammaFees(msgspec.Struct, frozen=True, rename="camel"):
    rate: Decimal
    exponent: Decimal = Decimal(1)
    taker_only: bool = True


class GammaEventHead(msgspec.Struct, frozen=True, rename="camel"):
    """An event without its markets."""

    id: str | int
    slug: str
    title: str
    neg_risk: bool | None = None
    category: str | None = None
    tags: list[GammaTag] | None = None
    description: str | None = None
    resolution_source: str | None = None
    end_date: str | None = None


class GammaMarket(msgspec.Struct, frozen=True, rename="camel"):
    id: str | int
    question: str
    condition_id: str
    slug: str
    outcomes: Names
    outcome_prices: Numbers = None
    clob_token_ids: Names = None
    position_ids: list[str] | None = None  # instead of the tokens, from version 2 on
    version: str | None = None
    group_item_title: str | None = None
    description: str | None = None
    resolution_source: str | None = None
    category: str | None = None
    active: bool | None = None
    closed: bool | None = None
    archived: bool | None = None
    accepting_orders: bool | None = None
    enable_order_book: bool | None = None
    neg_risk: bool | None = None
    order_price_min_tick_size: Decimal | None = None
    order_min_size: Decimal | None = None
    fees_enabled: bool | None = None
    fee_type: str | None = None
    fee_schedule: GammaFees | None = None
    volume_num: Decimal | None = None
    volume24hr: Decimal | None = None
    liquidity_num: Decimal | None = None
    best_bid: Decimal | None = None  # of the first outcome, like the next two
    best_ask: Decimal | None = None
    last_trade_price: Decimal | None = None
    end_date: str | None = None
    accepting_orders_timestamp: str | None = None
    start_date: str | None = None
    created_at: str | None = None
    uma_resolution_status: str | None = None
    resolution_status: str | None = None  # version 2
    events: list[GammaEventHead] | None = None
    tags: list[GammaTag] | None = None


class GammaMarkets(msgspec.Struct, frozen=True):
    """`GET /markets/keyset`."""

    markets: list[msgspec.Raw]
    next_cursor: str | None = None


class GammaEventMarkets(msgspec.Struct, frozen=True):
    """The other half of an event: its markets, unread."""

    markets: list[msgspec.Raw] | None = None


class GammaFound(msgspec.Struct, frozen=True):
    """`GET /public-search`."""

    events: list[msgspec.Raw] | None = None


MARKET: Final = msgspec.json.Decoder(GammaMarket)
MARKETS: Final = msgspec.json.Decoder(GammaMarkets)
LISTED: Final = msgspec.json.Decoder(list[msgspec.Raw])  # `GET /markets`, the older list
EVENT_HEAD: Final = msgspec.json.Decoder(GammaEventHead)
EVENT_MARKETS: Final = msgspec.json.Decoder(GammaEventMarkets)
FOUND: Final = msgspec.json.Decoder(GammaFound)
RAW: Final = msgspec.json.Decoder(msgspec.Raw)
NAMES: Final = msgspec.json.Decoder(list[str])
NUMBERS: Final = msgspec.json.Decoder(list[Decimal])
