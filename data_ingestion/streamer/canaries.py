"""A busy token on every connection, so that a dead feed does not pass for a quiet market."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, islice
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
        followed: Callable[[], Collection[TokenId]],
    ) -> None:
        """`followed`: tokens that somebody else answers for."""
        self._carrier = carrier
        self._follower = follower
        self._busiest = busiest
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
        """Bring the canaries in order; whether every connection has all for which it has room."""
        self._let_go()
        room = sum(shard.canary_room for shard in self._carrier.shards())
        if not room:
            return True
        try:
            markets = await self._busiest(self._needed(room))
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("no canaries can be chosen: %s", type(fault).__name__)
            return False
        # Nothing waits from here on: what was read of the connections stays true.
        shards = self._carrier.shards()
        chosen = chosen_canaries(shards, self._carrier.wanted, markets)
        self._follow(markets, frozenset[TokenId]().union(*chosen.values()))
        self._carrier.carry_canaries(chosen)
        self._let_go()
        return all(len(chosen[shard.number]) == shard.canary_room for shard in shards)

    def _needed(self, room: int) -> int:
        return min(MOST_ASKED, room + len(self._carrier.wanted) + SPARE)

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
    shards: Collection[Shard], wanted: Collection[TokenId], busiest: Sequence[Market]
) -> dict[int, frozenset[TokenId]]:
    """By shard, first tokens of markets that are not wanted and no other shard's canary.

    As many as there is room for; a canary stays as long as its market is among the busiest.
    """
    taken = frozenset(wanted)
    unwanted = (market.tokens for market in busiest if taken.isdisjoint(market.tokens))
    free = {tokens[0]: None for tokens in unwanted if tokens}
    kept = {one.number: _first(one.canary_room, one.canaries & free.keys()) for one in shards}
    for tokens in kept.values():
        for token in tokens:
            free.pop(token, None)
    rest = iter(free)
    return {
        one.number: frozenset(_first(one.canary_room, chain(kept[one.number], rest)))
        for one in shards
    }


def _first(count: int, tokens: Iterable[TokenId]) -> list[TokenId]:
    return list(islice(tokens, count))
