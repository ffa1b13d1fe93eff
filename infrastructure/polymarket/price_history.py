"""Price histories by REST from the venue's CLOB."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from core.domain.errors import NotFound
from core.domain.history import PriceHistory, PricePoint, Span, in_order, moment
from core.domain.units import Price, TokenId
from infrastructure.polymarket.http import VenueHttp, decoded

logger = logging.getLogger(__name__)

SLICE: Final = 500  # points read before others may run
PRICE_STEP: Final = Decimal("0.000001")
ASKED: Final = MappingProxyType(
    {
        Span.HOUR: ("1h", "1"),
        Span.SIX_HOURS: ("6h", "1"),
        Span.DAY: ("1d", "5"),
        Span.WEEK: ("1w", "30"),
        Span.ALL: ("max", "180"),
    }
)
"""`interval` and `fidelity` (minutes); the venue refuses finer ones for a week and more."""


class _Point(msgspec.Struct, frozen=True):
    t: int  # seconds since 1970
    p: Decimal


class _Answer(msgspec.Struct, frozen=True):
    history: list[msgspec.Raw]


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_POINT: Final = msgspec.json.Decoder(_Point)


class ClobHistories:
    """A `HistorySource` over `GET /prices-history`. What cannot be read is counted and left out."""

    def __init__(self, http: VenueHttp) -> None:
        self._http = http
        self.unreadable = 0

    async def history(self, token: TokenId, span: Span) -> PriceHistory:
        """Empty for a token that the venue does not know. Raises: Unavailable."""
        interval, fidelity = ASKED[span]
        question = (("market", token), ("interval", interval), ("fidelity", fidelity))
        try:
            answer = decoded(_ANSWER, await self._http.get("/prices-history", question))
        except NotFound:
            return PriceHistory(token, span)
        points = list[PricePoint]()
        for batch in _batches(answer.history):
            points += filter(None, map(self._point, batch))
            await asyncio.sleep(0)
        return PriceHistory(token, span, in_order(points))

    def _point(self, raw: msgspec.Raw) -> PricePoint | None:
        try:
            return read_point(bytes(raw))
        except (msgspec.MsgspecError, ValueError) as error:
            self.unreadable += 1
            if self.unreadable & (self.unreadable - 1) == 0:  # the 1st, 2nd, 4th, 8th, ...
                logger.warning("Unreadable price point (%s so far): %s", self.unreadable, error)
            return None


def _batches(entries: Sequence[msgspec.Raw]) -> Iterator[Sequence[msgspec.Raw]]:
    return (entries[start : start + SLICE] for start in range(0, len(entries), SLICE))


def read_point(text: bytes) -> PricePoint:
    """One entry of `history`. Raises: msgspec.MsgspecError, ValueError."""
    wire = _POINT.decode(text)
    if not (wire.p.is_finite() and 0 <= wire.p <= 1):
        raise ValueError(f"{wire.p} is not a price")
    return PricePoint(moment(wire.t), Price(wire.p.quantize(PRICE_STEP)))
