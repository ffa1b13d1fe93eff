"""The user channel's messages in our words: only what is about our own orders."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.ledger import Settlement
from core.domain.order import OrderHash, OrderStatus
from core.domain.position import ENTRY_STEP
from core.domain.reports import LiquidityRole, OrderReport, TradeReport
from core.domain.units import MICRO, ZERO, ConditionId, Price, Size, TokenId, plain_decimal
from data_ingestion.user_channel.wire import Number, WireMakerOrder, WireOrder, WireTrade

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
EXPIRED: Final = frozenset({"CANCELED_EXPIRED_ORDER", "CANCELED_ORDER_TIMED_OUT", "EXPIRED"})
CANCELLED: Final = ("CANCELED", "CANCELLED", "INVALID")
SECONDS_END: Final = 10**11  # a larger number counts milliseconds
MILLISECONDS_END: Final = 10**14  # a still larger one microseconds

_DIGITS: Final = re.compile(r"\d{1,17}", re.ASCII)


class UnknownStatus(Exception):
    """A state of an order or a trade that the venue did not have when this was written."""


def order_report(message: WireOrder) -> OrderReport:
    """Raises: UnknownStatus, InvalidQuantity."""
    original = _size(message.original_size)
    matched = _size(message.size_matched) if message.size_matched not in {"", None} else Size(ZERO)
    status = _order_status(message, original, matched)
    return OrderReport(
        hash=OrderHash(_named(message.id)),
        condition_id=ConditionId(message.market),
        token=TokenId(_named(message.asset_id)),
        side=_side(message.side),
        price=_price(message.price),
        original=original,
        matched=matched,
        status=status,
        reason=_reason(message.status) if _is_cancelled(status) else "",
        at=moment(message.timestamp) or moment(message.created_at),
    )


def trade_reports(message: WireTrade, api_key: str) -> Iterator[TradeReport]:
    """What the trade did for the orders of `api_key`: nothing where it was other people's.

    Raises: UnknownStatus, InvalidQuantity.
    """
    settlement = SETTLEMENTS.get(_word(message.status, "TRADE_STATUS_"))
    if settlement is None:
        raise UnknownStatus(message.status)
    if message.taker == api_key or (not message.taker and message.trader_side.upper() == "TAKER"):
        yield _taken(message, settlement)
    for entry in message.maker_orders or ():
        if entry.owner == api_key:
            yield _made(message, entry, settlement)


def moment(value: Number) -> datetime | None:
    """From seconds, milliseconds or microseconds since 1970, or ISO 8601; None without a time.

    Raises: InvalidQuantity.

    >>> moment("1672290701") == moment(1672290701000) == moment("2022-12-29T05:11:41Z")
    True
    """
    text = "" if value is None else str(value).strip()
    if text in {"", "0"}:
        return None
    try:
        if not _DIGITS.fullmatch(text):
            read = datetime.fromisoformat(text)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        return datetime.fromtimestamp(_seconds(int(text)), UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise InvalidQuantity(f"{text[:40]!r} is no time") from fault


def _seconds(count: int) -> float:
    if count < SECONDS_END:
        return count
    return count / 1_000 if count < MILLISECONDS_END else count / 1_000_000


def _order_status(message: WireOrder, original: Size, matched: Size) -> OrderStatus:
    word = _word(message.status, "ORDER_STATUS_")
    if word in EXPIRED:
        return OrderStatus.EXPIRED
    if word.startswith(CANCELLED) or message.type.upper() == "CANCELLATION":
        return OrderStatus.CANCELLED
    if word == "MATCHED":
        return OrderStatus.FILLED if matched >= original else OrderStatus.MATCHED
    if word == "DELAYED":
        return OrderStatus.DELAYED
    if word in {"LIVE", "UNMATCHED"}:  # unmatched: not delayed after all, it rests
        return OrderStatus.PARTIAL if matched > 0 else OrderStatus.LIVE
    raise UnknownStatus(message.status)


def _is_cancelled(status: OrderStatus) -> bool:
    return status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}


def _reason(status: str) -> str:
    """The venue's own words where it has some: `CANCELED_order couldn't be fully filled. …`."""
    _, _, words = status.partition("_")
    if not words:
        return "" if status.upper() in {"CANCELED", "CANCELLED"} else status.lower()
    return words.replace("_", " ").lower() if words.isupper() else words


def _taken(message: WireTrade, settlement: Settlement) -> TradeReport:
    return TradeReport(
        trade_id=_named(message.id),
        hash=OrderHash(_named(message.taker_order_id)),
        condition_id=ConditionId(message.market),
        token=TokenId(_named(message.asset_id)),
        side=_side(message.side),
        size=_size(message.size),
        price=_price(message.price),
        settlement=settlement,
        role=LiquidityRole.TAKER,
        at=_match_time(message),
        transaction=message.transaction_hash or "",
    )


def _made(message: WireTrade, entry: WireMakerOrder, settlement: Settlement) -> TradeReport:
    return TradeReport(
        trade_id=_named(message.id),
        hash=OrderHash(_named(entry.order_id)),
        condition_id=ConditionId(message.market),
        token=TokenId(_named(entry.asset_id)),
        side=_maker_side(message, entry),
        size=_size(entry.matched_amount),
        price=_price(entry.price),
        settlement=settlement,
        role=LiquidityRole.MAKER,
        at=_match_time(message),
        transaction=message.transaction_hash or "",
    )


def _maker_side(message: WireTrade, entry: WireMakerOrder) -> Side:
    """On the taker's token the maker did the opposite, on the complementary one the same."""
    if entry.side:
        return _side(entry.side)
    taker = _side(message.side)
    if entry.asset_id != message.asset_id:
        return taker
    return Side.SELL if taker is Side.BUY else Side.BUY


def _match_time(message: WireTrade) -> datetime:
    times = (message.match_time, message.matchtime, message.timestamp, message.last_update)
    for at in map(moment, times):
        if at is not None:
            return at
    raise InvalidQuantity("a trade without any time")


def _word(status: str, prefix: str) -> str:
    return status.strip().upper().removeprefix(prefix)


def _named(name: str) -> str:
    if not name:
        raise InvalidQuantity("an order, trade or token without its name")
    return name


def _side(text: str) -> Side:
    for side in Side:
        if side.value.upper() == text.upper():
            return side
    raise InvalidQuantity(f"{text[:20]!r} is neither to buy nor to sell")


def _size(value: Number) -> Size:
    return Size(_decimal(value).quantize(MICRO, rounding=ROUND_HALF_EVEN))


def _price(value: Number) -> Price:
    """With up to 12 decimals: on the complementary token the venue divides amounts."""
    number = _decimal(value)
    if not 0 <= number <= 1:
        raise InvalidQuantity(f"{number} is not a price between 0 and 1")
    return Price(number.quantize(ENTRY_STEP, rounding=ROUND_HALF_EVEN))


def _decimal(value: Number) -> Decimal:
    if isinstance(value, float):
        value = f"{Decimal(repr(value)):f}"
    return plain_decimal("" if value is None else str(value))
