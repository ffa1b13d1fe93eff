"""Cards that follow the market: one a chat, for as long as its user looks."""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.continuity import Gap
from core.domain.errors import PolycoolError
from core.domain.units import MarketId, TokenId, UserId
from core.services.clock import utc_now
from core.services.price_board import PriceBoard
from core.services.websocket_manager import Reason, WebSocketManager
from telegram_bot.actions import Action
from telegram_bot.clock import Clock
from telegram_bot.courier import LONGEST_WAIT
from telegram_bot.interruptions import FIRST_BOOKS, TOLD, Interruptions, joined
from telegram_bot.lanes import Place, Superseded, TooLate
from telegram_bot.live_card import Card, Drawn, LiveView, is_news, look, refreshes
from telegram_bot.messenger import LiveEdit, Messenger
from telegram_bot.screens.continuity import noted
from telegram_bot.screens.screen import Screen, paused
from telegram_bot.words import reading_as

__all__ = ["PAUSE_AFTER", "LiveMessages", "LiveView"]

logger = logging.getLogger(__name__)

PAUSE_AFTER: Final = 90.0  # seconds after the user's last tap
STAMP: Final = 1.0  # seconds: what two texts that differ in nothing else differ by
IDLE_REDRAW: Final = 15.0  # seconds after which the ages in a text have become untrue
LAST_EDITS: Final = 5  # attempts to say that a card rests
MAX_CRASHES: Final = 3  # in a row while drawing a card; then it is given up
AT_ONCE: Final = 4  # cards drawn at the same time: those who tap need the database as well


class LiveMessages:
    """Draws a card again, in its turn, when a token changed; edits it if anything visible did."""

    def __init__(
        self,
        board: PriceBoard,
        messenger: Messenger,
        manager: WebSocketManager,
        clock: Clock,
        pause_after: float = PAUSE_AFTER,
        wall: Callable[[], datetime] = utc_now,
    ) -> None:
        self._board = board
        self._messenger = messenger
        self._manager = manager
        self._clock = clock
        self._pause_after = pause_after
        self._interruptions = Interruptions(board, clock.now, wall)
        self._cards: dict[int, Card] = {}
        self._followers: defaultdict[TokenId, set[Card]] = defaultdict(set)
        self._drawing = asyncio.Semaphore(AT_ONCE)
        self._shown: Callable[[float], object] = lambda _: None
        self._changed = asyncio.Event()  # a card came or went

    async def show(
        self, chat_id: int, message_id: int, user_id: UserId, view: LiveView, shown: Screen
    ) -> None:
        """The chat's live card is this message from now on; it shows `shown` already."""
        now = self._clock.now()
        redraw_at = math.inf if view.redraw_after is None else now + view.redraw_after
        pause_at = now + self._pause_after
        sight = look(self._board, view.tokens)
        card = Card(chat_id, message_id, user_id, view, shown, sight, now, pause_at, redraw_at, now)
        for market in view.markets:
            await self._manager.subscribe_market_for_user(user_id, market, Reason.CARD)
        await self._drop(chat_id, still_wanted=view.markets)
        self._cards[chat_id] = card
        for token in view.tokens:
            self._followers[token].add(card)
        self._changed.set()

    def annotated(self, screen: Screen, view: LiveView) -> Screen:
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

    def has_just_shown(self, chat_id: int, message_id: int, action: Action) -> bool:
        """Whether `action` asks for what that message has begun to show this very second, no more.

        Or for what an edit that is on its way shows: another would change nothing that can be seen.
        """
        card = self._cards.get(chat_id)
        if card is None or card.message_id != message_id:
            return False
        is_current = card.changed_at is None and self._clock.now() - card.shown_at < STAMP
        if not (is_current or card.is_on_its_way):
            return False
        with reading_as(card.reader):
            return refreshes(card.shown, action)

    @property
    def count(self) -> int:
        """Cards that follow the market now."""
        return len(self._cards)

    def stalest(self) -> float:
        """Age in seconds of the oldest change that some card does not show yet."""
        changes = (card.changed_at for card in self._cards.values())
        oldest = min((at for at in changes if at is not None), default=math.inf)
        return max(0.0, self._clock.now() - oldest)

    def on_shown(self, hear: Callable[[float], object]) -> None:
        """`hear` is told, after each edit that shows a change, how old that was."""
        self._shown = hear

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
        followed: dict[Card, asyncio.Task[None]] = {}
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
            if is_news(self._board, token, card.sight):
                self._hear(card)

    def _tell_of_gap(self, gap: Gap) -> None:
        for card in self._followers.get(gap.token, ()):
            if self._board.is_live(gap.token):
                card.over = joined(card.over, gap)
            self._hear(card)

    def _hear(self, card: Card) -> None:
        if card.changed_at is None:
            card.changed_at = self._clock.now()
        if card.waiting is not None:
            card.waiting.hurry(card.urgency(look(self._board, card.view.tokens)))
        card.news.set()

    async def _follow(self, card: Card) -> None:
        with reading_as(card.reader):
            await self._keep_current(card)

    async def _keep_current(self, card: Card) -> None:
        if card.crashes >= MAX_CRASHES:
            await self._drop(card.chat_id)
            return
        card.news.set()  # for what happened between drawing and listening
        while (now := self._clock.now()) < card.pause_at:
            waking = min(card.pause_at, card.redraw_at, self._untrue_at(card, now))
            await self._clock.wait(card.news, waking - now)
            if self._clock.now() < card.pause_at and await self._refresh(card) is LiveEdit.GONE:
                await self._drop(card.chat_id)
                return
        await self._rest(card)

    def _untrue_at(self, card: Card, now: float) -> float:
        """When what the card says may become untrue without any news."""
        moments = [now + IDLE_REDRAW]
        if card.over is not None:
            moments.append(card.over.ended + TOLD)
        if not all(map(self._board.is_live, card.view.tokens)):
            moments.append(card.opened_at + FIRST_BOOKS)
        return min(moment for moment in moments if moment > now)

    async def _refresh(self, card: Card) -> LiveEdit:
        """Show the newest state, once it is the card's turn."""
        result = await self._show_news(card, card.pause_at, lambda screen: screen)
        if result is LiveEdit.LATER:
            card.news.set()
        return result

    async def _rest(self, card: Card) -> None:
        """One last edit, which says that the card does not move any more."""
        if card.view.rests_aloud:
            until = self._clock.now() + LONGEST_WAIT
            for _ in range(LAST_EDITS):
                if await self._show_news(card, until, paused) is not LiveEdit.LATER:
                    break
        if self._cards.get(card.chat_id) is card:
            await self._drop(card.chat_id)

    async def _show_news(
        self, card: Card, until: float, finish: Callable[[Screen], Screen]
    ) -> LiveEdit:
        """Draw the newest state when the turn comes, and show it if it looks different."""
        async with card.editing:
            pass  # what is being answered comes first
        if not await self._turn(card, until):
            return LiveEdit.LATER
        is_unused = True
        try:
            changed_at, drawn = card.changed_at, await self._draw(card)
            screen = finish(drawn.screen)
            if card.editing.locked():
                return LiveEdit.LATER
            async with card.editing:
                if screen == card.shown or self._cards.get(card.chat_id) is not card:
                    return self._seen(card, drawn)
                is_unused, card.is_on_its_way = False, True
                result = await self._messenger.edit_live(card.chat_id, card.message_id, screen)
        finally:
            card.is_on_its_way = False
            if is_unused:
                self._messenger.lanes.give_back(card.chat_id)
        if result is LiveEdit.DONE:
            if changed_at is not None:
                self._shown(self._clock.now() - changed_at)
            card.shown, card.shown_at = screen, self._clock.now()
            self._seen(card, drawn)
        return result

    async def _turn(self, card: Card, until: float) -> bool:
        """Wait for the card's turn; whether it came in time."""
        urgency = card.urgency(look(self._board, card.view.tokens))
        card.waiting = Place(card.chat_id, urgency, until, key=(card.chat_id, card.message_id))
        try:
            await self._messenger.lanes.turn(card.waiting)
        except (TooLate, Superseded):
            return False
        finally:
            card.waiting = None
        return True

    def _seen(self, card: Card, drawn: Drawn) -> LiveEdit:
        """The card shows that; what has changed since it was drawn is news again."""
        card.sight, card.changed_at = drawn.sight, None
        if any(is_news(self._board, token, drawn.sight) for token in card.view.tokens):
            self._hear(card)
        return LiveEdit.DONE

    async def _draw(self, card: Card) -> Drawn:
        """The newest state, and what happened to the stream; as before if it cannot be had."""
        async with self._drawing:
            now, sight = self._clock.now(), look(self._board, card.view.tokens)
            if card.redraw_at <= now:
                card.redraw_at = now + card.view.redraw_every
            card.news.clear()
            card.crashes += 1
            try:
                drawn = Drawn(self._annotated(card, await card.view.draw()), sight)
            except (PolycoolError, SQLAlchemyError, OSError) as error:
                logger.debug("a live card cannot be drawn: %s", error)
                drawn = Drawn(card.shown, sight)  # tried again when its ages become untrue
            card.crashes = 0
            return drawn

    def _annotated(self, card: Card, screen: Screen) -> Screen:
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
