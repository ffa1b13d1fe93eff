"""The venue's account of one match as what it did for our orders."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.ledger import Settlement
from core.domain.order import OrderHash
from core.domain.reports import LiquidityRole, TradeReport
from core.domain.units import ConditionId, Size, TokenId
from infrastructure.polymarket.trading import quantities
from infrastructure.polymarket.trading.wire import WireMaker, WireTrade

PREFIX: Final = "TRADE_STATUS_"
SETTLEMENTS: Final = MappingProxyType(
    {
        "MATCHED": Settlement.PROVISIONAL,
        "MATCHED_NOT_BROADCASTED": Settlement.PROVISIONAL,
        "MINED": Settlement.PROVISIONAL,
        "RETRYING": Settlement.PROVISIONAL,
        "CONFIRMED": Settlement.CONFIRMED,
        "FAILED": Settlement.FAILED,
    }
)


def trade_reports(wire: WireTrade, api_key: str) -> tuple[TradeReport, ...]:
    """One for each of our orders in the match: the taker's, and the makers' that `api_key` owns.

    Raises: InvalidQuantity for a state, role, number or time that is none.
    """
    ours = [entry for entry in wire.maker_orders or () if entry.owner == api_key]
    taken = [_taken(wire)] if _we_took(wire, api_key) else []
    return (*taken, *_made(wire, ours))


def _we_took(wire: WireTrade, api_key: str) -> bool:
    """The venue states our role; where it does not, whose key took tells it."""
    match wire.trader_side.upper():
        case "TAKER":
            return True
        case "MAKER":
            return False
        case "":
            return wire.owner == api_key
    raise InvalidQuantity("that is no role in a trade")


def _taken(wire: WireTrade) -> TradeReport:
    return TradeReport(
        trade_id=wire.id,
        hash=OrderHash(wire.taker_order_id.lower()),
        condition_id=ConditionId(wire.market),
        token=TokenId(wire.asset_id),
        side=quantities.side(wire.side),
        size=_traded(quantities.shares(wire.size)),
        price=quantities.share_price(wire.price),
        settlement=_settlement(wire.status),
        role=LiquidityRole.TAKER,
        at=quantities.instant(wire.match_time),
        transaction=wire.transaction_hash or "",
    )


def _made(wire: WireTrade, entries: list[WireMaker]) -> Iterator[TradeReport]:
    """`asset_id`, price and side are each maker's own: it may have been on the other token."""
    for entry in entries:
        yield TradeReport(
            trade_id=wire.id,
            hash=OrderHash(entry.order_id.lower()),
            condition_id=ConditionId(wire.market),
            token=TokenId(entry.asset_id),
            side=_maker_side(wire, entry),
            size=_traded(quantities.shares(entry.matched_amount)),
            price=quantities.share_price(entry.price),
            settlement=_settlement(wire.status),
            role=LiquidityRole.MAKER,
            at=quantities.instant(wire.match_time),
            transaction=wire.transaction_hash or "",
        )


def _maker_side(wire: WireTrade, entry: WireMaker) -> Side:
    """Older answers leave it out: who trades the taker's token trades against the taker, and who
    trades the complementary one does the same as the taker, so that both are minted or merged.
    """
    if entry.side:
        return quantities.side(entry.side)
    taker = quantities.side(wire.side)
    if entry.asset_id != wire.asset_id:
        return taker
    return Side.SELL if taker is Side.BUY else Side.BUY


def _settlement(status: str) -> Settlement:
    word = status.upper().removeprefix(PREFIX)
    if word not in SETTLEMENTS:
        raise InvalidQuantity("that is no state of a trade")
    return SETTLEMENTS[word]


def _traded(size: Size) -> Size:
    if size <= 0:
        raise InvalidQuantity("nothing was traded")
    return size
