"""One card that follows the market: how it is drawn, what it shows, what would be news to it."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.domain.price import PriceState, Quote
from core.domain.units import MarketId, TokenId, UserId
from core.services.price_board import PriceBoard
from telegram_bot.actions import Action
from telegram_bot.interruptions import Interruption
from telegram_bot.lanes import Place
from telegram_bot.pacing import Urgency
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.words import Reader, reader, say

LEAST_MOVE: Final = Decimal("0.005")  # USDC a share: less is no reason for an edit of its own,
LEAST_SHARE: Final = Decimal("0.01")  # unless it is so much of the price
ANSWERED: Final = frozenset({PriceState.SUSPECT, PriceState.RESYNCING, PriceState.POLLED})


@dataclass(frozen=True, slots=True)
class LiveView:
    """How to draw a card anew, and the news that call for it.

    `redraw_after`: once so many seconds from now, price or no price, and from then on every
    `redraw_every`. `rests_aloud`: a footer says when the card does not move any more.
    `urgency`: of its edits, where they are not about the stream.
    """

    draw: Callable[[], Awaitable[Screen]]
    markets: frozenset[MarketId] = frozenset()
    tokens: frozenset[TokenId] = frozenset()
    redraw_after: float | None = None
    redraw_every: float = math.inf
    rests_aloud: bool = True
    urgency: Urgency = Urgency.LIVE


@dataclass(frozen=True, slots=True)
class Sight:
    """What the board said of a card's tokens when it was drawn."""

    quotes: Mapping[TokenId, Quote | None]
    states: Mapping[TokenId, PriceState]


@dataclass(frozen=True, slots=True)
class Drawn:
    screen: Screen
    sight: Sight


@dataclass(slots=True, eq=False)
class Card:
    """Times are the clock's. `changed_at`: the oldest news that it does not show, as far as known;
    `waiting`: its place in the queue while an edit waits for its turn; `reader`: of the act that
    opened it.
    """

    chat_id: int
    message_id: int
    user_id: UserId
    view: LiveView
    shown: Screen
    sight: Sight
    opened_at: float
    pause_at: float
    redraw_at: float
    shown_at: float
    news: asyncio.Event = field(default_factory=asyncio.Event)
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    crashes: int = 0
    over: Interruption | None = None  # of its prices, the last that ended
    changed_at: float | None = None
    waiting: Place | None = None
    is_on_its_way: bool = False  # an edit that shows the newest
    reader: Reader = field(default_factory=reader)

    def urgency(self, sight: Sight) -> Urgency:
        """Of showing that: whether prices are live must not wait behind where they moved."""
        if _standings(sight) == _standings(self.sight):
            return self.view.urgency
        return min(Urgency.STATE, self.view.urgency)


def refreshes(screen: Screen, action: Action) -> bool:
    """Whether a tap on the screen's own Refresh means that."""
    buttons = (each for row in screen.rows for each in row if isinstance(each, Button))
    return any(each.action == action and each.label == say("Refresh") for each in buttons)


def look(board: PriceBoard, tokens: frozenset[TokenId]) -> Sight:
    return Sight(
        {token: board.quote(token) for token in tokens},
        {token: board.state(token) for token in tokens},
    )


def is_news(board: PriceBoard, token: TokenId, sight: Sight) -> bool:
    """Whether the token looks different enough by now to draw a card for it."""
    if board.state(token) is not sight.states.get(token):
        return True
    before, now = sight.quotes.get(token), board.quote(token)
    if before is None or now is None:
        return before is not now
    pairs = ((before.price, now.price), (before.bid, now.bid), (before.ask, now.ask))
    return any(_is_move(*pair) for pair in pairs)


def _is_move(before: Decimal | None, now: Decimal | None) -> bool:
    if before is None or now is None:
        return before is not now
    move = abs(now - before)
    return move >= LEAST_MOVE or move >= LEAST_SHARE * before > 0


def _standings(sight: Sight) -> Mapping[TokenId, PriceState]:
    """Live, answered by REST, or without any answer: more than that is a matter of wording."""
    return {
        token: PriceState.POLLED if state in ANSWERED else state
        for token, state in sight.states.items()
    }
