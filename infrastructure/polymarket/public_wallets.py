"""Anybody's positions and trades, from the venue's data service."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from core.domain.errors import NotFound, Unavailable
from core.domain.public_wallet import PublicPosition, PublicTrade
from core.domain.sentences import mark
from core.domain.units import ZERO, ConditionId, Price, Usdc, usdc
from infrastructure.polymarket.http import VenueHttp, decoded
from infrastructure.polymarket.trading.quantities import (
    instant,
    number,
    share_price,
    shares,
    side,
)
from infrastructure.polymarket.trading.wire import Scalar

Row = TypeVar("Row")
Read = TypeVar("Read")

POSITIONS: Final = 200  # of one answer
TRADES: Final = 50
UNREADABLE: Final = mark("The venue's answer about this wallet cannot be read.")

logger = logging.getLogger(__name__)


class _Position(msgspec.Struct, frozen=True):
    condition_id: str
    current_size: Scalar
    title: str = ""
    outcome: str | None = None
    avg_price: Scalar = None
    current_price: Scalar = None
    current_value: Scalar = None
    total_pnl: Scalar = None


class _Trade(msgspec.Struct, frozen=True):
    condition_id: str
    token_id: str
    side: str
    size: Scalar
    price: Scalar
    timestamp: Scalar
    title: str = ""
    outcome: str | None = None
    transaction_hash: str | None = None


class _Value(msgspec.Struct, frozen=True):
    value: Scalar = None


class _List(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]


class _One(msgspec.Struct, frozen=True):
    data: _Value


_LIST: Final = msgspec.json.Decoder(_List)
_ONE: Final = msgspec.json.Decoder(_One)
_POSITION: Final = msgspec.json.Decoder(_Position)
_TRADE: Final = msgspec.json.Decoder(_Trade)


class DataWallets:
    """The core's `PublicWallets`. Rows that cannot be read are counted and left out."""

    def __init__(self, data: VenueHttp) -> None:
        self._data = data
        self.unreadable = 0

    async def value(self, address: str) -> Usdc | None:
        answer = decoded(_ONE, await self._asked("/v2/value", address, ()))
        return _money(answer.data.value)

    async def positions(self, address: str) -> tuple[PublicPosition, ...]:
        rows = await self._rows("/v2/positions", address, POSITIONS, read_position)
        held = [row for row in rows if row.size > 0]
        return tuple(sorted(held, key=lambda row: -(row.value or ZERO)))

    async def trades(self, address: str) -> tuple[PublicTrade, ...]:
        rows = await self._rows("/v2/trades", address, TRADES, read_trade)
        return tuple(sorted(rows, key=lambda row: row.at, reverse=True))

    async def _rows(
        self, path: str, address: str, limit: int, read: Callable[[bytes], Read]
    ) -> list[Read]:
        body = await self._asked(path, address, (("limit", str(limit)),))
        found = list[Read]()
        for raw in decoded(_LIST, body).data:
            try:
                found.append(read(bytes(raw)))
            except (msgspec.MsgspecError, ValueError) as error:
                self.unreadable += 1
                logger.info("Unreadable row of %s: %s", path, error)
        return found

    async def _asked(self, path: str, address: str, more: Sequence[tuple[str, str]]) -> bytes:
        try:
            return await self._data.get(path, (("user", address), *more))
        except NotFound as error:
            raise Unavailable(UNREADABLE) from error


def read_position(text: bytes) -> PublicPosition:
    """Raises: msgspec.MsgspecError, ValueError."""
    row = _POSITION.decode(text)
    return PublicPosition(
        condition=ConditionId(row.condition_id),
        title=row.title,
        outcome=row.outcome or "",
        size=shares(row.current_size),
        average=_price(row.avg_price),
        price=_price(row.current_price),
        value=_money(row.current_value),
        pnl=_money(row.total_pnl),
    )


def read_trade(text: bytes) -> PublicTrade:
    """Raises: msgspec.MsgspecError, ValueError."""
    row = _TRADE.decode(text)
    at, size, price = instant(row.timestamp), shares(row.size), share_price(row.price)
    parts = (row.transaction_hash or "", row.token_id, row.side, f"{size:f}", f"{price:f}")
    return PublicTrade(
        condition=ConditionId(row.condition_id),
        title=row.title,
        outcome=row.outcome or "",
        side=side(row.side),
        size=size,
        price=price,
        at=at,
        key=":".join((f"{at.timestamp():.0f}", *parts)),
    )


def _price(value: Scalar) -> Price | None:
    return None if value is None else share_price(value)


def _money(value: Scalar) -> Usdc | None:
    """Raises: InvalidQuantity."""
    if value is None:
        return None
    text = str(value)
    stated = usdc(number(text.removeprefix("-") if isinstance(value, str) else abs(value)))
    return Usdc(-stated) if text.startswith("-") else stated
