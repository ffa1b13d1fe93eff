"""Cards that follow the market: one a chat, for as long as its user looks."""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from core.domain.continuity import Gap
from core.domain.errors import PolycoolError
from core.domain.units import MarketId, TokenId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import Reason, WebSocketManager
from telegram_bot.clock import Clock
from telegram_bot.interruptions import FIRST_BOOKS, TOLD, Interruption, Interruptions, joined
from telegram_bot.messenger import LiveEdit, Messenger
from telegram_bot.screens.continuity import noted
from telegram_bot.screens.screen import Screen, paused

logger = logging.getLogger(__name__)

PAUSE_AFTER: Final = 90.0  # seconds after the user's last tap
IDLE_REDRAW: Final = 15.0  # seconds after which the ages in a text have become untrue
LAST_EDITS: Final = 5  # attempts to say that a card rests
MAX_CRASHES: Final = 3  # in a row while drawing a card; then it is given up


@dataclass(frozen=True, slots=True)
class LiveView:
    """How to draw a card anew, and the news that call for it.

    `redraw_after`: once so many seconds from now, price or no price, and from then on every
    `redraw_every`. `rests_aloud`: a footer says when the card does not move any more.
    """

    draw: Callable[[], Awaitable[Screen]]
    markets: frozenset[MarketId] = frozenset()
    tokens: frozenset[TokenId] = frozenset()
    redraw_after: float | None = None
    redraw_every: float = math.inf
    rests_aloud: bool = True


@dataclass(slots=True, eq=False)
class _Card:
    chat_id: int
    message_id: int
    user_id: UserId
    view: LiveView
    shown: Screen
    opened_at: float
    pause_at: float
    redraw_at: float
    news: asyncio.Event = field(default_factory=asyncio.Event)
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    crashes: int = 0
    over: Interruption | None = None  # of its prices, the last that ended


class LiveMessages:
    """Draws a card again when one of its tokens changes, and edits it if anything visible did."""

    def __init__(
        self,
        board: PriceBoard,
        messenger: Messenger,
        manager: WebSocketManager,
        clock: Clock,
        pause_after: float = PAUSE_AFTER,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._board = board
        self._messenger = messenger
        self._manager = manager
        self._clock = clock
        self._pause_after = pause_after
        self._interruptions = Interruptions(board, clock.now, wall)
        self._cards: dict[int, _Card] = {}
        self._followers: defaultdict[TokenId, set[_Card]] = defaultdict(set)
        self._changed = asyncio.Event()  # a card came or went

    async def show(
        self, chat_id: int, message_id: int, user_id: UserId, view: LiveView, shown: Screen
    ) -> None:
        """The chat's live card is this message from now on; it shows `shown` already."""
        now = self._clock.now()
        redraw_at = math.inf if view.redraw_after is None else now + view.redraw_after
        pause_at = now + self._pause_after
        card = _Card(chat_id, message_id, user_id, view, shown, now, pause_at, redraw_at)
        for market in view.markets:
            await self._manager.subscribe_market_for_user(user_id, market, Reason.CARD)
        await self._drop(chat_id, still_wanted=view.markets)
        self._cards[chat_id] = card
        for token in view.tokens:
            self._followers[token].add(card)
        self._changed.set()

    def told(self, screen: Screen, view: LiveView) -> Screen:
        """The screen with what its reader has to know of the stream right now."""
        return noted(screen, self._interruptions.line(view.tokens))

    async def close(self, chat_id: int) -> None:
        """The chat has no live card any more; its last text stays as it is."""
        await self._drop(chat_id)

    @asynccontextmanager
    async def held(self, chat_id: int) -> AsyncIterator[None]:
        """No live edit of this chat for the length of the block: a tap is being answered.

        Without it, an edit that was drawn before the tap could overwrite the answer to it.
        """
        card = self._cards.get(chat_id)
        if card is None:
            yield
            return
        async with card.editing:
            yield

    def is_live(self, chat_id: int, message_id: int) -> bool:
        card = self._cards.get(chat_id)
        return card is not None and card.message_id == message_id

    async def run(self) -> None:
        """Follow every card until cancelled; the cards outlive a restart of this part."""
        stop_listening = self._board.listen(self._tell)
        stop_hearing_of_gaps = self._board.listen_gaps(self._tell_of_gap)
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._follow_all(tasks)
        finally:
            stop_listening()
            stop_hearing_of_gaps()

    async def _follow_all(self, tasks: asyncio.TaskGroup) -> None:
        followed: dict[_Card, asyncio.Task[None]] = {}
        while True:
            self._changed.clear()
            current = set(self._cards.values())
            for card in followed.keys() - current:
                followed.pop(card).cancel()
            for card in current - followed.keys():
                followed[card] = tasks.create_task(self._follow(card), name="live-card")
            await self._changed.wait()

    def _tell(self, token: TokenId) -> None:
        for card in self._followers.get(token, ()):
            card.news.set()

    def _tell_of_gap(self, gap: Gap) -> None:
        for card in self._followers.get(gap.token, ()):
            if self._board.is_live(gap.token):
                card.over = joined(card.over, gap)
            card.news.set()

    async def _follow(self, card: _Card) -> None:
        if card.crashes >= MAX_CRASHES:
            await self._drop(card.chat_id)
            return
        card.news.set()  # for what happened between drawing and listening
        while (now := self._clock.now()) < card.pause_at:
            waking = min(card.pause_at, card.redraw_at, self._untrue_at(card, now))
            await self._clock.wait(card.news, waking - now)
            await self._turn(card)
            if self._clock.now() < card.pause_at and await self._refresh(card) is LiveEdit.GONE:
                await self._drop(card.chat_id)
                return
        await self._rest(card)

    def _untrue_at(self, card: _Card, now: float) -> float:
        """When what the card says may become untrue without any news."""
        moments = [now + IDLE_REDRAW]
        if card.over is not None:
            moments.append(card.over.ended + TOLD)
        if not all(map(self._board.is_live, card.view.tokens)):
            moments.append(card.opened_at + FIRST_BOOKS)
        return min(moment for moment in moments if moment > now)

    async def _turn(self, card: _Card) -> None:
        """Wait until the chat's pace allows a live edit, or the card is to rest."""
        while (wait := self._messenger.live_wait(card.chat_id)) > 0:
            left = card.pause_at - self._clock.now()
            if left <= 0:
                return
            await self._clock.sleep(min(wait, left))

    async def _refresh(self, card: _Card) -> LiveEdit:
        """Draw the newest state and show it, if it looks different."""
        card.news.clear()
        now = self._clock.now()
        if card.redraw_at <= now:
            card.redraw_at = now + card.view.redraw_every
        screen = await self._draw(card)
        return await self._show_news(card, screen)

    async def _show_news(self, card: _Card, screen: Screen) -> LiveEdit:
        if screen == card.shown:
            return LiveEdit.DONE
        async with card.editing:
            if self._cards.get(card.chat_id) is not card:
                return LiveEdit.DONE
            result = await self._messenger.edit_live(card.chat_id, card.message_id, screen)
        if result is LiveEdit.DONE:
            card.shown = screen
        elif result is LiveEdit.LATER:
            card.news.set()
        return result

    async def _rest(self, card: _Card) -> None:
        """One last edit, which says that the card does not move any more."""
        if card.view.rests_aloud:
            screen = paused(await self._draw(card))
            for _ in range(LAST_EDITS):
                if await self._show_news(card, screen) is not LiveEdit.LATER:
                    break
                await self._clock.sleep(self._messenger.live_wait(card.chat_id))
        if self._cards.get(card.chat_id) is card:
            await self._drop(card.chat_id)

    async def _draw(self, card: _Card) -> Screen:
        """The newest state, and what happened to the stream; as before if it cannot be had."""
        card.crashes += 1
        try:
            screen = self._annotated(card, await card.view.draw())
        except PolycoolError as error:
            logger.debug("a live card cannot be drawn: %s", error)
            screen = card.shown
        card.crashes = 0
        return screen

    def _annotated(self, card: _Card, screen: Screen) -> Screen:
        looked_for = self._clock.now() - card.opened_at
        line = self._interruptions.line(card.view.tokens, card.over, looked_for=looked_for)
        return noted(screen, line)

    async def _drop(self, chat_id: int, still_wanted: frozenset[MarketId] = frozenset()) -> None:
        card = self._cards.pop(chat_id, None)
        if card is None:
            return
        for token in card.view.tokens:
            followers = self._followers[token]
            followers.discard(card)
            if not followers:
                del self._followers[token]
        self._changed.set()
        for market in card.view.markets - still_wanted:
            await self._manager.unsubscribe_market_for_user(card.user_id, market, Reason.CARD)
