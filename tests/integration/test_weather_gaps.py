"""The weather strategy at a gap: nothing is decided across it, and the record names it."""

from decimal import Decimal

from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import EventId, Price
from core.domain.weather.decision import Decision
from core.services.weather.edge_service import SLICE
from core.storage.models import Sessions
from tests.support.weather_house import WeatherHouse, running, weather_house

FAIR = ("0.10", "0.20", "0.40", "0.30")
LOST = """
SELECT reason, detail, market_id FROM weather_decisions
WHERE action = 'skip' AND reason = 'price not live' ORDER BY id
"""


def lose(house: WeatherHouse, place: int, why: Doubt = Doubt.SILENT) -> None:
    house.desk.board.set_state(house.token(place), PriceState.SUSPECT, why)


def restore(house: WeatherHouse, place: int) -> None:
    house.desk.board.set_state(house.token(place), PriceState.LIVE)


def bucket(house: WeatherHouse, place: int) -> str:
    return house.markets[EventId("900")][place].id


async def test_a_gap_is_on_record_and_its_end_has_the_event_looked_at_again(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        lose(house, 0)
        house.quote(2, "0.22", "0.24", after=1)
        await house.settled()
        assert await house.orders() == []
        assert await house.rows(LOST) == [("price not live", "silent", bucket(house, 0))]
        restore(house, 0)  # no price has changed
        await house.settled()
        assert await house.orders() == [("BUY", house.token(2))]


async def test_the_end_of_a_gap_waits_for_no_pause_after_an_earlier_try(
    sessions: Sessions,
) -> None:
    """The clock stands still from the refusal on."""
    async with running(await weather_house(sessions)) as house:
        await house.desk.switch.halt(house.user)
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24", after=1)
        await house.settled()
        assert await house.rows("SELECT times FROM weather_decisions WHERE reason = 'refused'")
        await house.desk.switch.lift(house.user)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        assert await house.orders() == []
        lose(house, 0)
        await house.settled()
        restore(house, 0)
        await house.settled()
        assert await house.orders() == [("BUY", house.token(2))]


async def test_each_cause_has_its_row(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        for why in (Doubt.SILENT, Doubt.DISCONNECTED, Doubt.SILENT):
            lose(house, 1, why)
            await house.settled()
            restore(house, 1)
            await house.settled()
        found = [row[1] for row in await house.rows(LOST)]
        assert found == ["silent", "disconnected"]


async def test_a_decision_that_a_gap_has_broken_begins_anew(sessions: Sessions) -> None:
    """The gap is over before the order would leave, and every price is live on both sides of it."""

    def blink() -> None:
        lose(house, 0, Doubt.MISSED)
        restore(house, 0)

    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        house.meanwhile.append(blink)
        house.quote(2, "0.22", "0.24", after=1)
        await house.settled()
        assert house.meanwhile == []
        assert await house.orders() == []
        assert [row[:2] for row in await house.rows(LOST)] == [("price not live", "missed")]
        house.desk.time.seconds += 1
        await house.settled()
        assert await house.orders() == [("BUY", house.token(2))]


async def test_an_edge_that_a_gap_has_taken_away_is_not_bought(sessions: Sessions) -> None:
    def jump() -> None:
        lose(house, 2)
        house.quote(2, "0.39", "0.41")

    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        house.meanwhile.append(jump)
        house.quote(2, "0.22", "0.24", after=1)
        await house.settled()
        house.desk.time.seconds += 30
        await house.settled()
        assert await house.orders() == []


async def test_a_polled_price_of_before_the_gap_says_nothing(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        house.desk.time.seconds += 1
        house.desk.board.set_state(house.token(2), PriceState.POLLED, Doubt.FROZEN)
        await house.settled()
        assert house.shelf.asked == []
        assert [row[1] for row in await house.rows(LOST)] == ["frozen"]
        house.poll(2, [("0.22", "1000")], [("0.24", "1000")])  # heard after it
        await house.settled()
        assert set(house.shelf.asked) == {house.token(2)}
        assert await house.orders() == [("BUY", house.token(2))]
        price = (await house.rows("SELECT price FROM fills"))[0][0]
        assert price == Price(Decimal("0.24"))


async def test_a_price_is_looked_at_where_it_comes_until_a_turn_has_had_its_share(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        began, time = house.engine.looks, house.desk.time
        house.quote(0, "0.08", "0.10")
        assert house.engine.looks == began + 1

        def dawdle(_: Decision) -> None:
            time.seconds += 2 * SLICE

        end = house.log.listen(dawdle)
        lose(house, 1)
        assert house.engine.looks == began + 2
        house.quote(0, "0.07", "0.09")
        assert house.engine.looks == began + 2
        end()
        await house.settled()
        assert house.engine.looks > began + 2
        before = house.engine.looks
        house.quote(0, "0.06", "0.08")
        assert house.engine.looks == before + 1
