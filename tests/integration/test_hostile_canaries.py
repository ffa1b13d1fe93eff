"""A canary in the running feed tells a dead connection from a quiet market."""

import asyncio
from collections.abc import Awaitable, Callable

from core.domain.continuity import Gap
from core.domain.health import Doubt
from core.domain.market import Market
from data_ingestion.streamer.canaries import RETRY
from tests.support.hostile_house import House, hostile_house
from tests.support.hostile_outages import SILENCE
from tests.support.hostile_run import SLACK
from tests.support.stepped_loop import run_stepped

BEAT = 1.0  # seconds between two moves of the canary's price
CHOSEN_WITHIN = RETRY + 2.0  # seconds

Scenario = Callable[[House, Market], Awaitable[None]]


def play(url: str, scenario: Scenario) -> None:
    """Quiet held markets, and a canary on their connection that moves every second."""

    async def main() -> None:
        async with hostile_house(url) as house:
            busy = await house.offer_canary()
            await house.witness.moment(lambda: has_canary(house, busy), CHOSEN_WITHIN)
            moving = asyncio.create_task(keep_moving(house, busy))
            try:
                await asyncio.sleep(3 * BEAT)
                await scenario(house, busy)
            finally:
                moving.cancel()
                await asyncio.wait([moving])

    run_stepped(main())


def has_canary(house: House, market: Market) -> bool:
    (shard,) = house.streamer.client.shards()
    return bool(shard.canaries) and shard.canaries <= frozenset(market.tokens)


async def keep_moving(house: House, market: Market) -> None:
    cents = 40
    while True:
        await asyncio.sleep(BEAT)
        cents = 40 + (cents - 39) % 20
        house.move(market, cents)


def test_where_nothing_but_the_canary_moves_a_dead_connection_is_replaced_in_ten_seconds(
    database: str,
) -> None:
    """REST has the held markets' books as we have them: by themselves they would prove nothing."""

    async def scenario(house: House, busy: Market) -> None:
        before, told = house.connections(), list[Gap]()
        house.board.listen_gaps(told.append)
        await house.control("freeze", connections=before)
        await house.witness.moment(lambda: house.connections() != before, SILENCE + SLACK)
        await house.witness.moment(house.witness.are_sound, 5)
        lost = {gap.token: gap.why for gap in told if gap.ended is None}
        assert lost.keys() >= set(house.tokens)
        assert [lost[token] for token in busy.tokens if token in lost] == [Doubt.FROZEN]
        assert house.witness.longest_lie == 0
        await house.rows_are_true()

    play(database, scenario)


def test_while_the_canary_sings_a_quiet_market_is_live_for_as_long_as_it_is_quiet(
    database: str,
) -> None:
    async def scenario(house: House, _: Market) -> None:
        before = house.connections()
        house.witness.forget()
        await asyncio.sleep(60)
        assert not house.witness.is_doubtful
        assert house.connections() == before

    play(database, scenario)
