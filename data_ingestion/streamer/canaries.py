"""A busy token on every connection, so that a dead feed does not pass for a quiet market."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market
from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.shard import Shard

logger = logging.getLogger(__name__)

REFRESH: Final = 1800.0  # seconds after which canaries that fell asleep are replaced
RETRY: Final = 10.0  # seconds before a catalogue that did not answer, or had none, is asked again
MOST_ASKED: Final = 500  # markets of the catalogue
SPARE: Final = 20  # markets more than needed, so that a canary may fall back a little and stay

BusiestMarkets: TypeAlias = Callable[[int], Awaitable[Sequence[Market]]]


class CanaryCarrier(Protocol):
    """The connections."""

    rearranged: asyncio.Event

    @property
    def wanted(self) -> Collection[TokenId]: ...

    def shards(self) -> tuple[Shard, ...]: ...

    def describe(self, market: Market) -> None: ...

    def forget(self, market: Market) -> None: ...

    def carry_canaries(self, canaries: Mapping[int, frozenset[TokenId]]) -> None: ...


class CanaryFollower(Protocol):
    """Who keeps the books."""

    def describe(self, market: Market) -> None: ...

    def forget(self, market: Market) -> None: ...

    def follow(self, token: TokenId, complement: TokenId | None) -> None: ...

    def drop(self, token: TokenId) -> None: ...


class Canaries:
    """Gives each connection its canaries, and lets go of those that are wanted or asleep."""

    def __init__(
        self,
        carrier: CanaryCarrier,
        follower: CanaryFollower,
        busiest: BusiestMarkets,
        *,
        each: int,
        followed: Callable[[], Collection[TokenId]],
    ) -> None:
        """`each`: canaries per connection; `followed`: tokens that somebody else answers for."""
        self._carrier = carrier
        self._follower = follower
        self._busiest = busiest
        self._each = each
        self._followed = followed
        self._kept: dict[TokenId, Market] = {}

    async def run(self) -> None:
        """Choose anew whenever the connections were rearranged, and now and then."""
        while True:
            self._carrier.rearranged.clear()
            is_complete = await self.choose()
            try:
                async with asyncio.timeout(REFRESH if is_complete else RETRY):
                    await self._carrier.rearranged.wait()
            except TimeoutError:
                continue

    async def choose(self) -> bool:
        """Bring the canaries in order; whether every connection has all of its own."""
        self._let_go()
        shards = self._carrier.shards()
        if not shards or not self._each:
            return True
        try:
            markets = await self._busiest(self._needed(shards))
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("no canaries can be chosen: %s", type(fault).__name__)
            return False
        # Nothing waits from here on: what was read of the connections stays true.
        chosen = chosen_canaries(self._carrier.shards(), self._carrier.wanted, markets, self._each)
        self._follow(markets, frozenset[TokenId]().union(*chosen.values()))
        self._carrier.carry_canaries(chosen)
        self._let_go()
        return all(len(tokens) == self._each for tokens in chosen.values())

    def _needed(self, shards: Collection[Shard]) -> int:
        return min(MOST_ASKED, len(shards) * self._each + len(self._carrier.wanted) + SPARE)

    def _follow(self, markets: Iterable[Market], tokens: Collection[TokenId]) -> None:
        for market in markets:
            for token in market.tokens:
                if token in tokens:
                    self._carrier.describe(market)
                    self._follower.describe(market)
                    self._follower.follow(token, market.complement(token))
                    self._kept[token] = market

    def _let_go(self) -> None:
        """Forget the books of former canaries, unless they are wanted now."""
        present = frozenset[TokenId]().union(*(each.canaries for each in self._carrier.shards()))
        for token in self._kept.keys() - present:
            market = self._kept.pop(token)
            if token not in self._followed():
                self._follower.drop(token)
                self._follower.forget(market)
                self._carrier.forget(market)


def chosen_canaries(
    shards: Iterable[Shard], wanted: Collection[TokenId], busiest: Sequence[Market], each: int
) -> dict[int, frozenset[TokenId]]:
    """By shard, `each` first tokens of markets that are not wanted and no other shard's canary.

    A canary stays as long as its market is among the busiest.
    """
    taken = frozenset(wanted)
    unwanted = (market.tokens for market in busiest if taken.isdisjoint(market.tokens))
    free = {tokens[0]: None for tokens in unwanted if tokens}
    kept = {shard.number: _first(each, shard.canaries & free.keys()) for shard in shards}
    for tokens in kept.values():
        for token in tokens:
            free.pop(token, None)
    rest = iter(free)
    return {
        number: frozenset([*tokens, *_first(each - len(tokens), rest)])
        for number, tokens in kept.items()
    }


def _first(count: int, tokens: Iterable[TokenId]) -> list[TokenId]:
    return [token for _, token in zip(range(count), tokens, strict=False)]
