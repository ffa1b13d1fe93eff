"""Events of the user channel in the shapes in which they were recorded, seconds or not."""

from enum import StrEnum
from typing import Final

from infrastructure.sandbox.exchange.accounts.records import (
    CANCELED,
    AccountOrder,
    AccountTrade,
    MakerPart,
)
from infrastructure.sandbox.exchange.decimals import text
from infrastructure.sandbox.exchange.frames import Json

IN_SECONDS: Final = frozenset({"PLACEMENT", "TRADE"})


class Times(StrEnum):
    """How times are written: the venue itself does both."""

    RECORDED = "recorded"  # placements, our cancellations and trades in seconds, others in ms
    SECONDS = "seconds"
    MS = "ms"


def order_event(order: AccountOrder, kind: str, now: int, times: Times) -> Json:
    """`kind`: PLACEMENT, UPDATE or CANCELLATION; `now` in milliseconds."""
    is_killed = order.status.startswith(f"{CANCELED}_order")
    is_ours = kind == "CANCELLATION" and order.status == CANCELED
    seconds = times is Times.SECONDS or (
        times is Times.RECORDED and (kind in IN_SECONDS or is_ours)
    )
    return {
        "event_type": "order",
        "id": order.hash,
        "owner": order.key.id,
        "market": order.state.listed.condition_id,
        "asset_id": order.token,
        "side": order.terms.side.value,
        "order_owner": order.key.id,
        "original_size": text(order.terms.size),
        "size_matched": "" if is_killed else text(order.matched),
        "price": text(order.terms.price),
        "associate_trades": None if kind == "PLACEMENT" else list(order.trades),
        "outcome": "" if is_killed else order.state.listed.outcomes[order.outcome],
        "type": kind,
        "created_at": "" if is_killed else _stamp(order.created, seconds=seconds),
        "expiration": None if kind == "UPDATE" else str(order.terms.expiration),
        "order_type": order.terms.kind.value,
        "status": order.status,
        "maker_address": order.maker,
        "timestamp": _stamp(now, seconds=seconds),
    }


def trade_event(trade: AccountTrade, key_id: str, times: Times) -> Json:
    """As the owner of this API key is told of it."""
    seconds = times is not Times.MS
    updated = _stamp(trade.updated_at, seconds=seconds)
    return trade_json(trade, key_id, seconds=seconds) | {
        "event_type": "trade",
        "type": "TRADE",
        "trade_owner": trade.owner,
        "timestamp": updated,
    }


def trade_json(trade: AccountTrade, key_id: str, *, seconds: bool = True) -> Json:
    """What both REST and the socket say of a trade."""
    return {
        "id": trade.id,
        "taker_order_id": trade.taker_order_id,
        "market": trade.state.listed.condition_id,
        "asset_id": trade.token,
        "side": trade.side.value,
        "size": text(trade.size),
        "price": text(trade.price),
        "fee_rate_bps": "0",
        "status": trade.status.value,
        "match_time": _stamp(trade.matched_at, seconds=seconds),
        "last_update": _stamp(trade.updated_at, seconds=seconds),
        "outcome": trade.state.listed.outcomes[trade.outcome],
        "owner": trade.owner,
        "maker_address": trade.address,
        "transaction_hash": trade.transaction,
        "bucket_index": trade.bucket,
        "maker_orders": [_maker_json(part) for part in trade.makers],
        "trader_side": "TAKER" if trade.owner == key_id else "MAKER",
    }


def order_json(order: AccountOrder) -> Json:
    """A row of `/data/orders`."""
    return {
        "id": order.hash,
        "status": order.status,
        "owner": order.key.id,
        "maker_address": order.maker,
        "market": order.state.listed.condition_id,
        "asset_id": order.token,
        "side": order.terms.side.value,
        "original_size": text(order.terms.size),
        "size_matched": text(order.matched),
        "price": text(order.terms.price),
        "outcome": order.state.listed.outcomes[order.outcome],
        "expiration": str(order.terms.expiration),
        "order_type": order.terms.kind.value,
        "associate_trades": list(order.trades),
        "created_at": order.created // 1000,
    }


def _maker_json(part: MakerPart) -> Json:
    return {
        "order_id": part.order_id,
        "owner": part.owner,
        "maker_address": part.address,
        "matched_amount": text(part.size),
        "price": text(part.price),
        "fee_rate_bps": "0",
        "asset_id": part.token,
        "outcome": part.outcome,
        "side": part.side.value,
    }


def _stamp(milliseconds: int, *, seconds: bool) -> str:
    return str(milliseconds // 1000 if seconds else milliseconds)
