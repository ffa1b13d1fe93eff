"""Which busy tokens show whether a connection lives."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
MANY = [market(number) for number in range(1, 31)]
histories = st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=8)
layouts = st.builds(
    Layout,
    tokens=st.integers(1, 9),
    canaries=st.integers(0, 2),
    most=st.sampled_from([24, 25, 26, 28, 40]),
)


def shard(number: int, *canaries: TokenId) -> Shard:
    return Shard(number, frozenset(canaries), frozenset(canaries), None, None, canary_room=2)


class Books:
    """Which tokens somebody keeps books of."""

    def __init__(self) -> None:
        self.followed: set[TokenId] = set()

    def describe(self, market: Market) -> None:
        assert market in MANY

    def forget(self, market: Market) -> None:
        assert self.followed.isdisjoint(market.tokens)

    def follow(self, token: TokenId, complement: TokenId | None) -> None:
        assert complement is not None
        self.followed.add(token)

    def drop(self, token: TokenId) -> None:
        self.followed.remove(token)


class Desk:
    """Canaries beside a client that is not connected."""

    def __init__(self, layout: Layout = LAYOUT) -> None:
        self.client = WebSocketClient("ws://127.0.0.1:1", Ear(), layout=layout)
        self.books = Books()
        self.busiest = BUSIEST
        self.is_away = False
        self.followed: frozenset[TokenId] = frozenset()
        self.canaries = Canaries(
            self.client, self.books, self._busiest, followed=lambda: self.followed
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
    chosen = chosen_canaries([shard(0), shard(1)], [BUSIEST[0].tokens[1]], BUSIEST)
    assert chosen == {0: frozenset(FIRSTS[1:3]), 1: frozenset(FIRSTS[3:5])}


def test_a_canary_stays_while_it_is_among_the_busiest() -> None:
    chosen = chosen_canaries([shard(0), shard(1, FIRSTS[2], TokenId("asleep"))], [], BUSIEST)
    assert chosen == {0: frozenset(FIRSTS[:2]), 1: frozenset([FIRSTS[2], FIRSTS[3]])}


def test_a_catalogue_too_small_gives_what_it_has() -> None:
    assert chosen_canaries([shard(0)], [], BUSIEST[:1]) == {0: frozenset(FIRSTS[:1])}
    assert chosen_canaries([shard(0)], [], [replace(BUSIEST[0], outcomes=())]) == {0: frozenset()}


def of(numbers: Collection[int]) -> list[TokenId]:
    return [token for number in sorted(numbers) for token in MANY[number].tokens]


async def live_through(history: list[set[int]], layout: Layout) -> None:
    """Wish after wish, canaries after each; then the canaries have what the wishes leave."""
    desk, before = Desk(layout), set[int]()
    desk.busiest = MANY
    for each in MANY:
        desk.client.describe(each)
    for wishes in history:
        await desk.client.exchange_markets(of(before - wishes), of(wishes - before))
        keeps_to(layout, desk.client.shards(), of(wishes))
        assert await desk.canaries.choose()
        keeps_to(layout, desk.client.shards(), of(wishes))
        before = wishes
    desk.client.rearranged.clear()
    assert await desk.canaries.choose()
    assert not desk.client.rearranged.is_set()
    room = sum(
        min(layout.canaries, layout.tokens - len(one.tokens - one.canaries))
        for one in desk.client.shards()
    )
    assert len(desk.carried()) == min(room, layout.most - len(of(before)))


def keeps_to(layout: Layout, shards: Collection[Shard], wanted: Collection[TokenId]) -> None:
    """No limit is passed, and whatever is wanted is carried."""
    assert sum(len(one.tokens) for one in shards) <= layout.most
    assert all(len(one.tokens) <= layout.tokens for one in shards)
    carried = [token for one in shards for token in one.tokens - one.canaries]
    assert sorted(carried) == sorted(wanted)


@given(histories, layouts)
def test_the_limit_holds_over_all_that_is_subscribed_and_canaries_give_way(
    history: list[set[int]], layout: Layout
) -> None:
    asyncio.run(live_through(history, layout))


@pytest.mark.parametrize(("most", "rooms"), [(11, {0: 2, 1: 2}), (8, {0: 1, 1: 1}), (7, {0: 1})])
def test_what_wanted_tokens_leave_is_shared_evenly(most: int, rooms: dict[int, int]) -> None:
    placed = {0: FIRSTS[:4], 1: FIRSTS[4:6]}
    layout = Layout(tokens=6, canaries=2, most=most)
    assert layout.canary_rooms(placed) == {0: 0, 1: 0} | rooms


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
