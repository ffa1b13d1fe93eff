"""Price histories for whoever looks: asked of the venue, and kept for a moment."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from core.domain.history import PriceHistory, Span
from core.domain.units import TokenId
from core.ports import HistorySource

KEPT: Final = 256  # histories
FRESH: Final = 20.0  # seconds in which the venue is not asked for the same again


class PriceHistories:
    def __init__(self, source: HistorySource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._kept: OrderedDict[tuple[TokenId, Span], tuple[float, PriceHistory]] = OrderedDict()

    async def history(self, token: TokenId, span: Span) -> PriceHistory:
        """At most `FRESH` seconds old. Raises: Unavailable."""
        asked_at, kept = self._clock(), self._kept.get((token, span))
        if kept is not None and asked_at - kept[0] < FRESH:
            return kept[1]
        history = await self._source.history(token, span)
        self._kept.pop((token, span), None)
        self._kept[token, span] = (asked_at, history)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return history
