"""Which busy tokens show whether a connection lives."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain.market import Market
from core.domain.units import TokenId
from data_ingestion.streamer.canaries import Canaries, chosen_canaries
from data_ingestion.streamer.websocket_client.shard import Shard
from data_ingestion.streamer.websocket_client.websocket_client import Layout, WebSocketClient
from tests.support.market_ear import Ear
from tests.support.rows import market

BUSIEST = [market(number) for number in range(1, 9)]
FIRSTS = [one.tokens[0] for one in BUSIEST]
LAYOUT = Layout(tokens=6, canaries=2)


def shard(number: int, *canaries: TokenId) -> Shard:
    return Shard(number, frozenset(canaries), frozenset(canaries), None, None)


class Books:
    """Which tokens somebody keeps books of."""

    def __init__(self) -> None:
        self.followed: set[TokenId] = set()

    def describe(self, market: Market) -> None:
        assert market in BUSIEST

    def forget(self, market: Market) -> None:
        assert self.followed.isdisjoint(market.tokens)

    def follow(self, token: TokenId, complement: TokenId | None) -> None:
        assert complement is not None
        self.followed.add(token)

    def drop(self, token: TokenId) -> None:
        self.followed.remove(token)


class Desk:
    """Canaries beside a client that is not connected."""

    def __init__(self) -> None:
        self.client = WebSocketClient("ws://127.0.0.1:1", Ear(), layout=LAYOUT)
        self.books = Books()
        self.busiest = BUSIEST
        self.is_away = False
        self.followed: frozenset[TokenId] = frozenset()
        self.canaries = Canaries(
            self.client, self.books, self._busiest, each=2, followed=lambda: self.followed
        )

    async def _busiest(self, limit: int) -> Sequence[Market]:
        if self.is_away:
            raise OSError
        return self.busiest[:limit]

    async def want(self, *markets: Market) -> None:
        for one in markets:
            self.client.describe(one)
        await self.client.subscribe_markets([token for one in markets for token in one.tokens])

    def carried(self) -> frozenset[TokenId]:
        return frozenset[TokenId]().union(*(one.canaries for one in self.client.shards()))


def test_each_connection_has_its_own_and_none_is_of_a_wanted_market() -> None:
    chosen = chosen_canaries([shard(0), shard(1)], [BUSIEST[0].tokens[1]], BUSIEST, 2)
    assert chosen == {0: frozenset(FIRSTS[1:3]), 1: frozenset(FIRSTS[3:5])}


def test_a_canary_stays_while_it_is_among_the_busiest() -> None:
    chosen = chosen_canaries([shard(0), shard(1, FIRSTS[2], TokenId("asleep"))], [], BUSIEST, 2)
    assert chosen == {0: frozenset(FIRSTS[:2]), 1: frozenset([FIRSTS[2], FIRSTS[3]])}


def test_a_catalogue_too_small_gives_what_it_has() -> None:
    assert chosen_canaries([shard(0)], [], BUSIEST[:1], 2) == {0: frozenset(FIRSTS[:1])}
    assert chosen_canaries([shard(0)], [], [replace(BUSIEST[0], outcomes=())], 2) == {
        0: frozenset()
    }


@pytest.mark.parametrize(("most", "wanted"), [(1000, 995), (200, 199), (201, 199), (3, 2), (1, 0)])
def test_canaries_count_in_the_limit_of_all_tokens(most: int, wanted: int) -> None:
    layout = Layout(tokens=200, canaries=1)
    assert layout.wanted(most) == wanted
    shards = -(-wanted // layout.room)
    assert wanted + shards * layout.canaries <= most


def test_without_canaries_all_tokens_may_be_wanted() -> None:
    assert Layout(tokens=200).wanted(1000) == 1000


async def test_canaries_come_with_a_connection_count_in_its_room_and_leave_with_it() -> None:
    desk = Desk()
    assert await desk.canaries.choose()
    assert desk.carried() == set()
    await desk.want(BUSIEST[0], BUSIEST[1], BUSIEST[2])
    assert await desk.canaries.choose()
    assert [len(one.tokens) for one in desk.client.shards()] == [6, 4]
    assert desk.carried() == desk.books.followed == set(FIRSTS[3:7])
    await desk.client.unsubscribe_markets(BUSIEST[2].tokens)
    assert desk.client.rearranged.is_set()
    await desk.canaries.choose()
    assert desk.carried() == desk.books.followed == set(FIRSTS[3:5])


async def test_a_canary_that_is_wanted_is_one_no_longer_and_its_book_stays() -> None:
    desk = Desk()
    await desk.want(BUSIEST[0])
    await desk.canaries.choose()
    desk.client.rearranged.clear()
    desk.followed = frozenset(BUSIEST[1].tokens)
    await desk.want(BUSIEST[1])
    assert desk.client.rearranged.is_set()
    assert FIRSTS[1] not in desk.carried()
    assert await desk.canaries.choose()
    assert desk.carried() == set(FIRSTS[2:4])
    assert FIRSTS[1] in desk.books.followed


async def test_a_catalogue_that_does_not_answer_leaves_the_canaries_as_they_are() -> None:
    desk = Desk()
    await desk.want(BUSIEST[0])
    await desk.canaries.choose()
    desk.is_away = True
    assert not await desk.canaries.choose()
    assert desk.carried() == set(FIRSTS[1:3])
