"""Compares what is wanted with what the connections carry, and sends the difference."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market
from core.domain.units import MarketId, TokenId, UserId
from core.services.websocket_manager import Reason, WebSocketManager

logger = logging.getLogger(__name__)

RETRY: Final = 1.0  # seconds before a database that did not answer is asked again

LoadMarkets: TypeAlias = Callable[[Collection[MarketId]], Awaitable[Sequence[Market]]]
HeldMarkets: TypeAlias = Callable[[], Awaitable[Iterable[tuple[UserId, MarketId]]]]


class Subscriber(Protocol):
    """The connections, as far as wishes go."""

    async def exchange_markets(
        self, gone: Collection[TokenId], new: Collection[TokenId]
    ) -> None: ...


class Follower(Protocol):
    """Who keeps the books of followed tokens."""

    def follow(self, token: TokenId, complement: TokenId | None) -> None: ...

    def drop(self, token: TokenId) -> None: ...


class SubscriptionManager:
    """Turns wishes for markets into subscriptions of tokens, the most urgent first."""

    def __init__(
        self,
        manager: WebSocketManager,
        subscriber: Subscriber,
        follower: Follower,
        *,
        load_markets: LoadMarkets,
        held_markets: HeldMarkets,
        on_market: Sequence[Callable[[Market], None]],
        limit: int,
    ) -> None:
        self.followed: frozenset[TokenId] = frozenset()
        self.left_out: frozenset[TokenId] = frozenset()  # wanted, but beyond `limit`
        self.changed = asyncio.Event()  # set whenever `followed` or `left_out` changed
        self._manager = manager
        self._subscriber = subscriber
        self._follower = follower
        self._load_markets = load_markets
        self._held_markets = held_markets
        self._on_market = on_market
        self._limit = limit
        self._tell_left_out: Callable[[int], None] = lambda _: None
        self._tell_forgotten: tuple[Callable[[Market], None], ...] = ()
        self._markets: dict[MarketId, Market] = {}
        self._market_of: dict[TokenId, Market] = {}

    def on_left_out(self, tell: Callable[[int], None]) -> None:
        """Whom to tell how many tokens are beyond the limit, whenever that number changes."""
        self._tell_left_out = tell

    def on_forgotten(self, *tell: Callable[[Market], None]) -> None:
        """Whom to tell of each market that nobody wants any more, after its tokens were dropped."""
        self._tell_forgotten = tell

    def wanted_for(self, reason: Reason) -> frozenset[TokenId]:
        """Tokens of the markets whose most urgent wish has this reason."""
        wishes = self._manager.wanted().items()
        known = (self._markets.get(market_id) for market_id, why in wishes if why is reason)
        return frozenset(
            token for market in known if market for token in _tokens_for(reason, market)
        )

    async def run(self) -> None:
        """Want what is held, then follow every change of the wishes, until cancelled."""
        for user_id, market_id in await self._held_markets():
            await self._manager.subscribe_market_for_user(user_id, market_id)
        while True:
            self._manager.changed.clear()
            await self.reconcile()
            await self._manager.changed.wait()

    async def on_trade_executed(self, user_id: UserId, market_id: MarketId) -> None:
        """The user holds something in this market: carry its prices now."""
        await self._manager.subscribe_market_for_user(user_id, market_id)
        await self.reconcile()

    async def on_position_closed(self, user_id: UserId, market_id: MarketId) -> None:
        """The user's last position there closed; others may still want the market.

        A user who still holds another outcome of the market is no reason to let go of it.
        """
        if (user_id, market_id) not in set(await self._held_markets()):
            await self._manager.unsubscribe_market_for_user(user_id, market_id, Reason.HELD)
        await self.reconcile()

    async def reconcile(self) -> None:
        """Make the connections carry the wanted tokens and nothing else."""
        await self._learn()
        # Nothing waits from here on, so that two calls at once cannot undo each other's work.
        carried, left_out = self._wanted_tokens()
        new, gone = carried - self.followed, self.followed - carried
        was_left_out, self.followed, self.left_out = self.left_out, carried, left_out
        for token in gone | (was_left_out - carried - left_out):
            self._follower.drop(token)
        self._follow(new)
        if new or gone:
            await self._subscriber.exchange_markets(gone, new)
        self._forget()
        if len(left_out) != len(was_left_out):
            self._report_left_out(len(was_left_out))
        if new or gone or left_out != was_left_out:
            self.changed.set()

    def _wanted_tokens(self) -> tuple[frozenset[TokenId], frozenset[TokenId]]:
        """What fits below the limit, the most urgent markets first and each whole; and the rest."""
        carried, left_out = list[TokenId](), list[TokenId]()
        for wish, why in self._manager.wanted().items():
            market = self._markets.get(wish)
            tokens = _tokens_for(why, market) if market else ()
            fits = not left_out and len(carried) + len(tokens) <= self._limit
            (carried if fits else left_out).extend(tokens)
        return frozenset(carried), frozenset(left_out)

    def _follow(self, tokens: Collection[TokenId]) -> None:
        for token in tokens:
            self._follower.follow(token, self._market_of[token].complement(token))

    def _forget(self) -> None:
        """What nobody wants is learnt anew when somebody does."""
        unwanted = self._markets.keys() - self._manager.wanted().keys()
        for market in [self._markets.pop(market_id) for market_id in unwanted]:
            for token in market.tokens:
                self._market_of.pop(token, None)
            for tell in self._tell_forgotten:
                tell(market)

    def _report_left_out(self, before: int) -> None:
        count = len(self.left_out)
        if count and not before:
            logger.warning("%s tokens are beyond WS_MAX_SUBSCRIPTIONS: polling them", count)
        elif before and not count:
            logger.info("no token is beyond WS_MAX_SUBSCRIPTIONS any more")
        self._tell_left_out(count)

    async def _learn(self) -> None:
        """Load the wanted markets that are not known yet; a silent database is asked again."""
        unknown = [market for market in self._manager.wanted() if market not in self._markets]
        if not unknown:
            return
        try:
            found = await self._load_markets(unknown)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("wanted markets cannot be read: %s", type(fault).__name__)
            asyncio.get_running_loop().call_later(RETRY, self._manager.changed.set)
            return
        for market in found:
            self._markets[market.id] = market
            self._market_of.update(dict.fromkeys(market.tokens, market))
            for tell in self._on_market:
                tell(market)
        missing = [market for market in unknown if market not in self._markets]
        if missing:
            logger.warning("wanted markets are not in the catalogue: %s", missing[:5])


def _tokens_for(why: Reason, market: Market) -> tuple[TokenId, ...]:
    """A candidate's other token is the mirror of its first."""
    return market.tokens[:1] if why is Reason.CANDIDATE else market.tokens
