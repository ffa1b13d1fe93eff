"""Watches what the product shows, and knows what the exchange's own books say: finds every lie.

A lie is a price that is called LIVE and is not what the exchange would show. The witness looks
whenever the stepped loop is about to let time pass, so no lie that lasts escapes it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from core.domain.continuity import Gap
from core.domain.price import Quote
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.state import MarketState
from tests.support.stepped_loop import stepped


@dataclass(slots=True)
class Witness:
    """`tokens` are those that are watched, `lies` the longest one of each, in seconds.

    A spell is the time in which not all of them are sound, a gap one in which one is not live.
    """

    exchange: ExchangeSandbox
    board: PriceBoard
    tokens: frozenset[TokenId]
    lies: dict[TokenId, float] = field(default_factory=dict)
    doubted_at: float | None = None  # when a token stopped being LIVE first; None: never
    sound_since: float | None = None  # all of them, after something was wrong; None: never was
    longest_spell: float = 0.0  # seconds, of those that are over
    longest_gap: float = 0.0  # seconds, of those that are over
    _unsound_since: float | None = None
    _lying_since: dict[TokenId, float] = field(default_factory=dict)
    _waits: list[tuple[Callable[[], bool], asyncio.Future[float]]] = field(default_factory=list)

    def start(self) -> None:
        stepped().watch(self._look)
        self.board.listen(self._hear)
        self.board.listen_gaps(self._hear_gap)

    def forget(self) -> None:
        """A new part of the story begins: states and lies of before do not count."""
        self.doubted_at = None
        self.lies.clear()
        self._lying_since.clear()
        self.sound_since = self._unsound_since = None
        self.longest_spell = self.longest_gap = 0.0

    @property
    def longest_lie(self) -> float:
        return max(self.lies.values(), default=0.0)

    async def moment(self, condition: Callable[[], bool], within: float) -> float:
        """When `condition` holds. Raises: TimeoutError if it does not `within` so many seconds."""
        reached: asyncio.Future[float] = stepped().create_future()
        self._waits.append((condition, reached))
        async with asyncio.timeout(within):
            return await reached

    def is_right(self, token: TokenId) -> bool:
        """Whether price and top are those of the exchange, whatever the state."""
        state, outcome = self._found(token)
        quote, book = self.board.quote(token), state.books[outcome]
        return quote is not None and _top(quote) == (
            state.price(outcome),
            book.best_bid,
            book.best_ask,
        )

    def is_sound(self, token: TokenId) -> bool:
        """Live, right, and down to the last level."""
        return self.board.is_live(token) and self.is_right(token) and self._is_deep(token)

    def are_sound(self) -> bool:
        return all(self.is_sound(token) for token in self.tokens)

    @property
    def is_doubtful(self) -> bool:
        """Whether a token has stopped being LIVE, be it for an instant."""
        return self.doubted_at is not None

    def is_lying(self, token: TokenId) -> bool:
        return self.board.is_live(token) and not self.is_right(token)

    def told(self) -> str:
        """What is shown and what is true, for a failure's message."""
        lines = []
        for token in sorted(self.tokens):
            state, outcome = self._found(token)
            quote = self.board.quote(token)
            shown = None if quote is None else f"{quote.price} ({quote.bid}/{quote.ask})"
            book = state.books[outcome]
            true = f"{state.price(outcome)} ({book.best_bid}/{book.best_ask})"
            lines.append(f"{token[:8]} {self.board.state(token)} shows {shown}, true {true}")
        return "\n".join(lines)

    def _hear(self, token: TokenId) -> None:
        is_doubt = token in self.tokens and not self.board.is_live(token)
        if is_doubt and self.doubted_at is None:
            self.doubted_at = stepped().time()

    def _hear_gap(self, gap: Gap) -> None:
        if gap.token in self.tokens and gap.ended is not None:
            self.longest_gap = max(self.longest_gap, gap.ended - gap.began)

    def _look(self) -> None:
        now = stepped().time()
        for token in self.tokens:
            if self.is_lying(token):
                since = self._lying_since.setdefault(token, now)
                self.lies[token] = max(self.lies.get(token, 0.0), now - since)
            else:
                self._lying_since.pop(token, None)
        self._judge(now)
        for wait in list(self._waits):
            condition, reached = wait
            if reached.done() or condition():
                self._waits.remove(wait)
                if not reached.done():
                    reached.set_result(now)

    def _judge(self, now: float) -> None:
        if not self.are_sound():
            self._unsound_since = self._unsound_since or now
        elif self._unsound_since is not None:
            self.longest_spell = max(self.longest_spell, now - self._unsound_since)
            self._unsound_since, self.sound_since = None, now

    def _is_deep(self, token: TokenId) -> bool:
        state, outcome = self._found(token)
        quote = self.board.quote(token)
        ours = quote.book if quote else None
        return ours is not None and ours.has_levels_of(state.books[outcome])

    def _found(self, token: TokenId) -> tuple[MarketState, int]:
        found = self.exchange.find(token)
        assert found is not None
        return found


def _top(quote: Quote) -> tuple[object, ...]:
    return quote.price, quote.bid, quote.ask
