"""Frames of the market socket, each encoded once for all who get it."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from core.domain.book import NO_ASK, Book, Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.decimals import text
from infrastructure.sandbox.exchange.listing import ListedEvent, ListedMarket
from infrastructure.sandbox.exchange.matching import LevelChange, opposite
from infrastructure.sandbox.exchange.state import MINIMUM_SIZE, MarketState

Json = dict[str, object]


class Audience(Enum):
    """Who gets a frame."""

    SUBSCRIBERS = auto()  # of any of its tokens
    CURIOUS = auto()  # those of them who enabled custom features
    EVERYBODY_CURIOUS = auto()  # whatever they subscribed to


class Frame(NamedTuple):
    """An encoded message and the tokens it is about."""

    tokens: tuple[str, ...]
    data: bytes
    audience: Audience = Audience.SUBSCRIBERS


class Printed(NamedTuple):
    """A trade in terms of the taker's token."""

    outcome: int
    side: Side
    price: int
    size: int


def book_message(state: MarketState, outcome: int) -> Json:
    """The `book` that a subscriber gets first."""
    return _bare_book(state, outcome) | {
        "tick_size": text(state.tick),
        "event_type": "book",
        "last_trade_price": state.last_trade,
    }


def rest_book(state: MarketState, outcome: int) -> Json:
    """The answer of `GET /book`."""
    return _bare_book(state, outcome) | {
        "min_order_size": MINIMUM_SIZE,
        "tick_size": text(state.tick),
        "neg_risk": state.listed.neg_risk,
        "last_trade_price": state.last_trade,
    }


def book_after_trade(state: MarketState, outcome: int) -> Frame:
    """Later books leave out tick and last trade, as recorded, yet the hash covers the new ones."""
    message = _bare_book(state, outcome) | {"event_type": "book"}
    return Frame((state.listed.tokens[outcome],), msgspec.json.encode(message))


def price_change(state: MarketState, changes: Sequence[LevelChange], first: int) -> Frame:
    """Apply the changes to both books and tell them in one frame, outcome `first` leading."""
    entries: list[Json] = []
    for change in changes:
        state.apply(change)
        entries.extend(_entry(state, change, outcome) for outcome in (first, 1 - first))
    message: Json = {
        "market": state.listed.condition_id,
        "price_changes": entries,
        "timestamp": state.changed_at,
        "event_type": "price_change",
    }
    return Frame(state.listed.tokens, msgspec.json.encode(message))


def last_trade_price(state: MarketState, trade: Printed, transaction: str) -> Frame:
    token = state.listed.tokens[trade.outcome]
    message: Json = {
        "market": state.listed.condition_id,
        "asset_id": token,
        "price": text(trade.price),
        "size": text(trade.size),
        "fee_rate_bps": "0",
        "side": trade.side.value,
        "timestamp": state.changed_at,
        "event_type": "last_trade_price",
        "transaction_hash": transaction,
    }
    return Frame((token,), msgspec.json.encode(message))


def tick_size_change(state: MarketState, outcome: int, old: int) -> Frame:
    token = state.listed.tokens[outcome]
    message: Json = {
        "event_type": "tick_size_change",
        "asset_id": token,
        "market": state.listed.condition_id,
        "old_tick_size": text(old),
        "new_tick_size": text(state.tick),
        "timestamp": state.changed_at,
    }
    return Frame((token,), msgspec.json.encode(message))


def best_bid_ask(state: MarketState, outcome: int) -> Frame:
    token = state.listed.tokens[outcome]
    bid, ask = tops(state.books[outcome])
    spread = state.books[outcome].best_ask_micros - state.books[outcome].best_bid_micros
    message: Json = {
        "market": state.listed.condition_id,
        "asset_id": token,
        "best_bid": bid,
        "best_ask": ask,
        "spread": text(spread) if bid != "0" and ask else "",
        "timestamp": state.changed_at,
        "event_type": "best_bid_ask",
    }
    return Frame((token,), msgspec.json.encode(message), Audience.CURIOUS)


def new_market(market: ListedMarket, event: ListedEvent, timestamp: str) -> Frame:
    message: Json = {
        "event_type": "new_market",
        "id": market.id,
        "question": market.question,
        "market": market.condition_id,
        "slug": market.slug,
        "description": market.description,
        "assets_ids": market.tokens,
        "outcomes": market.outcomes,
        "event_message": _about(event),
        "timestamp": timestamp,
        "tags": [tag.slug for tag in event.tags],
        "condition_id": market.condition_id,
        "active": True,
        "clob_token_ids": market.tokens,
        "sports_market_type": "",
        "line": "",
        "game_start_time": "",
        "order_price_min_tick_size": text(market.tick),
        "group_item_title": market.title,
    }
    return Frame(market.tokens, msgspec.json.encode(message), Audience.EVERYBODY_CURIOUS)


def market_resolved(
    state: MarketState, event: ListedEvent, winner: int | None, timestamp: str
) -> Frame:
    """`winner` is None when the payout is split."""
    message: Json = {
        "event_type": "market_resolved",
        "id": state.listed.id,
        "market": state.listed.condition_id,
        "assets_ids": state.listed.tokens,
        "winning_asset_id": "" if winner is None else state.listed.tokens[winner],
        "winning_outcome": "" if winner is None else state.listed.outcomes[winner],
        "event_message": _about(event),
        "timestamp": timestamp,
        "tags": [tag.slug for tag in event.tags],
    }
    return Frame(state.listed.tokens, msgspec.json.encode(message), Audience.EVERYBODY_CURIOUS)


def tops(book: Book) -> tuple[str, str]:
    """Best bid and ask as the venue writes them; a missing bid is "0", a missing ask ""."""
    bid, ask = book.best_bid_micros, book.best_ask_micros
    return text(bid), text(ask) if ask != NO_ASK else ""


def _bare_book(state: MarketState, outcome: int) -> Json:
    book = state.books[outcome]
    return {
        "market": state.listed.condition_id,
        "asset_id": state.listed.tokens[outcome],
        "timestamp": state.changed_at,
        "hash": state.hash(outcome, state.changed_at),
        "bids": [{"price": price, "size": size} for price, size in book.raw_bids()],
        "asks": [{"price": price, "size": size} for price, size in book.raw_asks()],
    }


def _entry(state: MarketState, change: LevelChange, outcome: int) -> Json:
    bid, ask = tops(state.books[outcome])
    mirrored = outcome == 1
    return {
        "asset_id": state.listed.tokens[outcome],
        "price": text(MICROS - change.price if mirrored else change.price),
        "size": text(change.size),
        "side": (opposite(change.side) if mirrored else change.side).value,
        "hash": state.hash(outcome, state.changed_at),
        "best_bid": bid,
        "best_ask": ask,
    }


def _about(event: ListedEvent) -> Json:
    return {
        "id": event.id,
        "ticker": event.slug,
        "slug": event.slug,
        "title": event.title,
        "description": event.description,
    }
