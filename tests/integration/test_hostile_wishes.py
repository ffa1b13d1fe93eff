"""What a table of faults cannot tell: new wishes, rows, refusals, pauses, second connections."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.domain.continuity import Gap
from core.domain.health import NEW_CONNECTION, Doubt
from core.domain.market import Market
from core.domain.price import PriceState
from data_ingestion.streamer.streamer_service import GRACE
from data_ingestion.streamer.websocket_client.dialing import LONGEST_DELAY
from data_ingestion.streamer.websocket_client.websocket_client import Layout
from tests.support.hostile_faults import LITTLE
from tests.support.hostile_house import ONE, House, hostile_house
from tests.support.hostile_outages import SILENCE
from tests.support.hostile_run import SLACK
from tests.support.stepped_loop import run_stepped, stepped

FIRST_BOOK = 5.0  # seconds, decision 22
POLLED_WITHIN = 2.0  # seconds after that
SOURCE_WITHIN = 1.0  # seconds after SUSPECT, decision 14
STALL_NOTICED_WITHIN = 1.0  # seconds after the program goes on
SHORT_STALL = 3.0  # seconds; it takes five for new books to be asked for
OUTAGE = 300.0  # seconds
USUAL = 5.0  # seconds in which each market talks more than once
BEHIND = 20.0  # seconds until a feed that talks and is late is known as such
REPLACED_WITHIN = 2 * NEW_CONNECTION + LONGEST_DELAY  # seconds, for a connection that is mute
OTHER_CODES = (1002, 1003, 1007, 1009, 1010, 1014, 3000, 3008, 3999, 4001, 4003, 4029, 4999)

Scenario = Callable[[House], Awaitable[None]]


def play(url: str, scenario: Scenario, layout: Layout = ONE) -> None:
    async def main() -> None:
        async with hostile_house(url, layout) as house:
            await scenario(house)

    run_stepped(main())


def is_none_live(house: House) -> bool:
    return not any(house.board.is_live(token) for token in house.tokens)


def is_polled(house: House, market: Market) -> bool:
    """Both tokens by REST, and right."""
    return all(
        house.board.state(token) is PriceState.POLLED and house.witness.is_right(token)
        for token in market.tokens
    )


def test_an_open_socket_that_brings_nothing_is_not_a_healthy_stream(database: str) -> None:
    """By that the weather strategy chooses its interval."""

    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(USUAL)
        assert house.streamer.is_healthy()
        await house.control("freeze")
        await house.witness.moment(lambda: not house.streamer.is_healthy(), SILENCE + GRACE + SLACK)
        await asyncio.sleep(OUTAGE)
        assert not house.streamer.is_healthy()
        await house.control("heal")
        await house.witness.moment(house.streamer.is_healthy, REPLACED_WITHIN + SLACK)

    play(database, scenario)


@pytest.mark.parametrize("code", OTHER_CODES)
def test_a_connection_closed_with_any_other_code_is_replaced_as_well(
    database: str, code: int
) -> None:
    async def scenario(house: House) -> None:
        before = house.connections()
        house.witness.forget()
        await house.control("drop", code=code)
        await house.witness.moment(lambda: house.witness.is_doubtful, 1)
        await house.witness.moment(house.witness.are_sound, 5)
        assert set(house.connections()).isdisjoint(before)
        assert house.witness.longest_lie == 0

    play(database, scenario)


@pytest.mark.parametrize("command", ["deaf", "bookless"])
def test_a_new_market_without_a_first_book_is_polled_then_streamed(
    database: str, command: str
) -> None:
    async def scenario(house: House) -> None:
        house.trade()
        await house.control(command)
        market = await house.hold()
        await house.stand_still()
        limit = FIRST_BOOK + POLLED_WITHIN
        await house.witness.moment(lambda: is_polled(house, market), limit)
        await asyncio.sleep(FIRST_BOOK)
        assert not any(house.board.is_live(token) for token in market.tokens)
        await house.control("heal")
        await house.witness.moment(house.witness.are_sound, 15)
        await house.rows_are_true()

    play(database, scenario)


def test_a_new_market_whose_book_never_comes_is_live_by_rest_and_its_changes(
    database: str,
) -> None:
    """On the connection that is open already, and without disturbing what else it carries."""

    async def scenario(house: House) -> None:
        before = house.connections()
        await house.control("bookless")
        house.trade(trades=False)
        await house.hold()
        limit = FIRST_BOOK + POLLED_WITHIN + 3  # each market moves every second or so
        await house.witness.moment(house.witness.are_sound, limit)
        assert house.connections() == before

    play(database, scenario)


@pytest.mark.parametrize("status", [200, 500])
def test_a_new_market_that_its_connection_never_brings_gets_another_one(
    database: str, status: int
) -> None:
    """Whether REST answers meanwhile or not."""

    async def scenario(house: House) -> None:
        before = house.connections()
        if status != 200:
            await house.control("faults", path="/book*", status=status, count=1000)
        await house.control("deaf")
        await house.hold()
        await house.witness.moment(lambda: house.connections() != before, 14)
        await house.control("heal")
        await house.witness.moment(house.witness.are_sound, 15)

    play(database, scenario)


def test_a_new_market_that_is_told_of_late_from_the_beginning_is_not_believed(
    database: str,
) -> None:
    """Where REST is away, and nothing but the other markets' news can show it."""

    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(USUAL)
        await house.control("faults", path="/book*", status=500, count=1_000_000)
        await house.control("corrupt", kind="lag", every=60)
        await asyncio.sleep(BEHIND)
        market = await house.hold()
        await asyncio.sleep(60)
        assert all(house.witness.lies.get(token, 0.0) < BEHIND for token in market.tokens)
        await house.control("heal")
        await house.witness.moment(house.witness.are_sound, 30)

    play(database, scenario)


def test_rows_stop_saying_that_they_are_streamed_within_a_second_of_the_doubt(
    database: str,
) -> None:
    async def scenario(house: House) -> None:
        await house.rows_are_true()
        assert await house.sources() == {"ws"}
        house.trade()
        await asyncio.sleep(2)
        await house.control("freeze")
        await house.witness.moment(lambda: is_none_live(house), SILENCE + SLACK)
        await asyncio.sleep(SOURCE_WITHIN)
        assert is_none_live(house)
        assert await house.sources() == {"poll"}

    play(database, scenario)


def test_a_venue_that_asks_for_patience_is_left_alone_that_long(database: str) -> None:
    async def scenario(house: House) -> None:
        await house.control("faults", path="/ws/market", status=429, retry_after=7, count=100)
        await house.control("drop")
        await asyncio.sleep(6)
        assert await house.left() == 99
        await asyncio.sleep(7)
        assert 96 <= await house.left() <= 98

    play(database, scenario)


def test_a_frame_of_10_mb_costs_no_connection(database: str) -> None:
    async def scenario(house: House) -> None:
        before = house.connections()
        await house.control("corrupt", kind="giant", megabytes=10)
        await house.witness.moment(lambda: house.witness.is_doubtful, 1)
        await house.witness.moment(house.witness.are_sound, 10)
        assert house.connections() == before

    play(database, scenario)


def test_a_connection_that_is_dropped_again_and_again_ends_live_without_a_storm(
    database: str,
) -> None:
    async def scenario(house: House) -> None:
        house.trade()
        for _ in range(10):
            await asyncio.sleep(2)
            await house.control("drop", code=1013)
        await house.stand_still()
        await house.witness.moment(house.witness.are_sound, 15)
        assert house.witness.longest_lie <= SLACK
        assert len(house.exchange.hub.closed) <= 11
        await house.rows_are_true()

    play(database, scenario)


def test_after_a_long_silent_freeze_prices_are_live_as_soon_as_it_ends(database: str) -> None:
    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(2)
        await house.control("freeze")
        await asyncio.sleep(OUTAGE)
        assert is_none_live(house)
        await house.control("heal")
        await house.witness.moment(house.witness.are_sound, FIRST_BOOK + 1)
        await house.stand_still()
        await house.rows_are_true()

    play(database, scenario)


def test_after_a_long_outage_connections_of_its_time_that_stay_dead_are_replaced(
    database: str,
) -> None:
    """New ones would work: whoever waits for the old ones waits in vain."""

    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(2)
        await house.control("freeze")
        await asyncio.sleep(OUTAGE)
        dead = house.connections()
        await house.control("freeze", connections=dead)
        await house.control("freeze", frozen=False)
        await house.witness.moment(house.witness.are_sound, REPLACED_WITHIN)
        assert set(house.connections()).isdisjoint(dead)
        await house.stand_still()
        await house.rows_are_true()

    play(database, scenario)


def test_after_the_program_stood_still_nothing_is_live_before_a_new_book(database: str) -> None:
    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(2)
        told, before = list[Gap](), house.connections()
        house.board.listen_gaps(told.append)
        house.witness.forget()
        stepped().stall(30)
        await house.witness.moment(lambda: house.witness.is_doubtful, STALL_NOTICED_WITHIN + SLACK)
        lost = {gap.token: gap.why for gap in told if gap.ended is None}
        assert lost == dict.fromkeys(house.tokens, Doubt.STALLED)
        await house.witness.moment(house.witness.are_sound, 5)
        assert set(house.connections()).isdisjoint(before)
        await house.stand_still()
        await house.rows_are_true()

    play(database, scenario)


def test_a_program_that_is_hung_up_on_while_it_stands_still_is_soon_right_again(
    database: str,
) -> None:
    """For less time than a pause that counts as one: only the lost connection gives it away."""

    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(2)
        house.witness.forget()
        await house.control("squeeze", bytes=LITTLE)
        await house.control("burst", token=house.tokens[0], orders=3000)
        stepped().stall(SHORT_STALL)
        await house.witness.moment(lambda: house.witness.is_doubtful, 1)
        await house.witness.moment(house.witness.are_sound, 5)
        assert [each.was_slow for each in house.exchange.hub.closed] == [True]
        assert house.witness.longest_lie <= SLACK
        await house.stand_still()
        await house.rows_are_true()

    play(database, scenario)


def test_with_two_copies_a_frozen_one_is_replaced_and_nobody_notices(database: str) -> None:
    async def scenario(house: House) -> None:
        house.trade()
        await asyncio.sleep(2)
        first, second = house.connections()
        house.witness.forget()
        await house.control("freeze", connections=[first])
        await house.witness.moment(lambda: first not in house.connections(), SILENCE)
        await house.witness.moment(lambda: len(house.connections()) == 2, 5)
        assert second in house.connections()
        await house.stand_still()
        assert not house.witness.is_doubtful
        assert house.witness.longest_lie == 0
        assert house.witness.are_sound()

    play(database, scenario, Layout(copies=2))


def test_every_gap_is_told_when_it_opens_and_when_it_closes(database: str) -> None:
    async def scenario(house: House) -> None:
        told = list[Gap]()
        house.board.listen_gaps(told.append)
        before = {token: house.board.epoch(token) for token in house.tokens}
        began = stepped().time()
        await house.control("faults", path="/ws/market", status=503, count=3)
        await house.control("drop")
        await house.witness.moment(house.witness.are_sound, 15)
        lasted = stepped().time() - began
        opened = [gap.token for gap in told if gap.ended is None]
        closed = {gap.token: gap for gap in told if gap.ended is not None}
        assert sorted(opened) == sorted(closed) == sorted(house.tokens)
        for token, gap in closed.items():
            assert house.board.epoch(token) > before[token]
            assert gap.ended is not None
            assert house.board.gap_seconds(token) == gap.ended - gap.began <= lasted
        assert house.board.gap_figures().open == 0

    play(database, scenario)
