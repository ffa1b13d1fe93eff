"""The market channel's messages as msgspec structs; prices, sizes and hashes stay strings.

Source: the venue's market channel as recorded in June 2026, and its two older `price_change`s.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from core.domain.units import TokenId


class WireLevel(msgspec.Struct, frozen=True, gc=False):
    price: str  # USDC per share
    size: str  # shares


class WireBook(msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="book"):
    """A whole book; it replaces what was known."""

    asset_id: TokenId
    market: str  # condition id
    timestamp: str  # milliseconds since 1970, UTC
    bids: list[WireLevel]
    asks: list[WireLevel]
    hash: str = ""
    tick_size: str | None = None
    last_trade_price: str | None = None
    min_order_size: str | None = None
    neg_risk: bool | None = None


class WireChange(msgspec.Struct, frozen=True, gc=False):
    """One level after a change, and the top of its book then; `best_*` of "0" or "" is no quote."""

    asset_id: TokenId
    price: str
    size: str  # shares now resting at `price`; 0 removes the level
    side: str
    hash: str = ""
    best_bid: str | None = None  # None: the older shapes do not say
    best_ask: str | None = None


class WireOldChange(msgspec.Struct, frozen=True, gc=False):
    """A change inside the shape of 2024, where the token stands once for all."""

    price: str
    size: str
    side: str


class WirePriceChange(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="price_change"
):
    """Changed levels: `price_changes` today, `changes` until September 2025, flat before that."""

    market: str
    timestamp: str
    price_changes: list[WireChange] = []
    asset_id: TokenId = TokenId("")
    changes: list[WireOldChange] = []
    price: str = ""
    size: str = ""
    side: str = ""

    def entries(self) -> list[WireChange]:
        """The changes in today's shape, whichever one they came in."""
        if self.price_changes or not self.asset_id:
            return self.price_changes
        if self.changes:
            return [
                WireChange(self.asset_id, change.price, change.size, change.side)
                for change in self.changes
            ]
        return [WireChange(self.asset_id, self.price, self.size, self.side)]


class WireTrade(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="last_trade_price"
):
    """A trade; `side` is the taker's."""

    asset_id: TokenId
    market: str
    price: str
    timestamp: str
    side: str = ""
    size: str = ""


class WireLegacyTrade(msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="trade"):
    """The same news under its old name."""

    asset_id: TokenId
    price: str
    timestamp: str
    market: str = ""
    side: str = ""
    size: str = ""


class WireTickSize(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="tick_size_change"
):
    """The price grid of a token changed."""

    asset_id: TokenId
    market: str
    new_tick_size: str
    timestamp: str
    old_tick_size: str = ""


class WireBestBidAsk(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="best_bid_ask"
):
    """The top of a book; comes only where the custom features are on."""

    asset_id: TokenId
    market: str
    best_bid: str
    best_ask: str
    timestamp: str


class WireNewMarket(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="new_market"
):
    id: str
    market: str
    timestamp: str
    assets_ids: list[str] = []


class WireResolved(
    msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="market_resolved"
):
    market: str
    timestamp: str
    id: str = ""
    assets_ids: list[str] = []
    winning_asset_id: str = ""
    winning_outcome: str = ""


RareMessage: TypeAlias = (
    WireBook
    | WireTrade
    | WireLegacyTrade
    | WireTickSize
    | WireBestBidAsk
    | WireNewMarket
    | WireResolved
)
Message: TypeAlias = WirePriceChange | RareMessage

EVENT_NAMES: Final[dict[type[Message], str]] = {
    WireBook: "book",
    WirePriceChange: "price_change",
    WireTrade: "last_trade_price",
    WireLegacyTrade: "trade",
    WireTickSize: "tick_size_change",
    WireBestBidAsk: "best_bid_ask",
    WireNewMarket: "new_market",
    WireResolved: "market_resolved",
}
_KNOWN: Final = frozenset(EVENT_NAMES.values())
_DECODER: Final = msgspec.json.Decoder(Message | list[Message])


def tokens_of(message: Message) -> list[TokenId]:
    """The tokens whose prices a message is about."""
    if isinstance(message, WirePriceChange):
        return [entry.asset_id for entry in message.entries()]
    if isinstance(message, WireNewMarket | WireResolved):
        return []
    return [message.asset_id]


class Salvage(msgspec.Struct):
    """What could be read of a frame that is not wholly well-formed, and what could not."""

    messages: list[Message]
    dropped: list[str]  # a reason for each piece that was left out
    suspects: list[str]  # tokens about which something was left out


def decode(frame: bytes | str) -> Sequence[Message]:
    """The frame's messages.

    Raises: msgspec.DecodeError for anything that is not wholly as expected; see `salvage`.
    """
    decoded = _DECODER.decode(frame)
    return decoded if isinstance(decoded, list) else (decoded,)


def salvage(frame: bytes | str) -> Salvage:
    """What can be read of a frame that `decode` refused: one bad entry costs that entry only."""
    result = Salvage([], [], [])
    try:
        raw = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        result.dropped.append("not_json")
        return result
    for item in raw if isinstance(raw, list) else [raw]:
        _salvage_message(item, result)
    return result


def _salvage_message(item: object, result: Salvage) -> None:
    if not isinstance(item, dict):
        result.dropped.append("not_an_object")
        return
    if "event_type" not in item and "price_changes" in item:
        item = {**item, "event_type": "price_change"}
    if item.get("event_type") not in _KNOWN:
        result.dropped.append("unknown_event")
        return
    entries = item.get("price_changes")
    if isinstance(entries, list):
        item = {**item, "price_changes": list(_readable_entries(entries, result))}
    try:
        result.messages.append(msgspec.convert(item, Message))
    except msgspec.ValidationError:
        result.dropped.append("malformed")
        _suspect(item, result)


def _readable_entries(entries: list[object], result: Salvage) -> Iterator[object]:
    for entry in entries:
        try:
            yield msgspec.to_builtins(msgspec.convert(entry, WireChange))
        except msgspec.ValidationError:
            result.dropped.append("malformed_entry")
            if isinstance(entry, dict):
                _suspect(entry, result)


def _suspect(item: dict[str, object], result: Salvage) -> None:
    """Its token, or those of its entries."""
    entries = item.get("price_changes")
    for piece in (item, *(entries if isinstance(entries, list) else ())):
        token = piece.get("asset_id") if isinstance(piece, dict) else None
        if isinstance(token, str):
            result.suspects.append(token)
