"""The user channel's messages as msgspec structs: numbers as they came, text or not.

Source: the venue's user channel as recorded in March 2026, and its documentation.
"""

from typing import Final, TypeAlias

import msgspec

Number: TypeAlias = str | int | float | None
"""A decimal or a time; the venue writes them as text, except where it does not."""


class WireOrder(msgspec.Struct, frozen=True, tag_field="event_type", tag="order"):
    """One of our orders, after something happened to it."""

    id: str  # the order's hash
    market: str  # condition id
    asset_id: str
    side: str
    price: Number
    original_size: Number
    status: str
    type: str = ""  # PLACEMENT, UPDATE or CANCELLATION
    size_matched: Number = ""
    owner: str = ""  # API key
    order_owner: str = ""
    timestamp: Number = ""
    created_at: Number = ""


class WireMakerOrder(msgspec.Struct, frozen=True):
    """One order that rested in the book; not necessarily ours, nor on the taker's token."""

    order_id: str
    matched_amount: Number
    price: Number
    asset_id: str
    owner: str = ""
    side: str = ""


class WireTrade(msgspec.Struct, frozen=True, tag_field="event_type", tag="trade"):
    """One match, from the taker's side."""

    id: str
    market: str
    asset_id: str
    side: str
    size: Number
    price: Number
    status: str
    taker_order_id: str = ""
    owner: str = ""  # the taker's API key
    trade_owner: str = ""
    trader_side: str = ""  # our role: TAKER or MAKER
    maker_orders: list[WireMakerOrder] | None = None
    match_time: Number = ""
    matchtime: Number = ""  # the same under its other name
    last_update: Number = ""
    timestamp: Number = ""
    transaction_hash: str | None = ""

    @property
    def taker(self) -> str:
        return self.trade_owner or self.owner


Message: TypeAlias = WireOrder | WireTrade

EVENT_NAMES: Final[dict[type[Message], str]] = {WireOrder: "order", WireTrade: "trade"}
_KNOWN: Final = frozenset(EVENT_NAMES.values())


class Decoded(msgspec.Struct):
    """What could be read of a frame, and a reason for each piece that could not."""

    messages: list[Message]
    dropped: list[str]


def decode(frame: bytes) -> Decoded:
    """The frame's messages; one bad entry costs that entry only. Never raises."""
    decoded = Decoded([], [])
    try:
        raw = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded.dropped.append("not_json")
        return decoded
    for item in raw if isinstance(raw, list) else [raw]:
        _decode_item(item, decoded)
    return decoded


def _decode_item(item: object, decoded: Decoded) -> None:
    if not isinstance(item, dict):
        decoded.dropped.append("not_an_object")
    elif item.get("event_type") not in _KNOWN:
        decoded.dropped.append("unknown_event")
    else:
        try:
            decoded.messages.append(msgspec.convert(item, Message))
        except msgspec.ValidationError:
            decoded.dropped.append("malformed")
