"""The weather strategy against Postgres, the guards, the board and paper money."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import EventId, Price, Usdc
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.decision import Action
from core.domain.weather.ladder import Bucket
from core.domain.weather.limits import Scope, StrategyLimits
from core.services.websocket_manager import Reason
from core.storage import weather_decisions
from core.storage.models import Sessions
from tests.support.weather_house import ORDERS, running, weather_house

FAIR = ("0.10", "0.20", "0.40", "0.30")


async def test_a_mispriced_bucket_is_bought_at_its_tick(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        assert await house.orders() == []
        assert "no edge" in await house.skips()
        house.quote(2, "0.22", "0.24", after=1)
        await house.settled()
        assert await house.rows(ORDERS) == [
            ("BUY", house.token(2), "filled", "automation", Account.WEATHER_PAPER)
        ]


async def test_two_ticks_are_one_order(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        for ask in ("0.25", "0.23", "0.24"):
            house.quote(2, "0.22", ask, after=70)
            await house.settled()
        assert await house.orders() == [("BUY", house.token(2))]
        assert await house.skips() == ["no forecast", "ordered on this forecast"]


async def test_after_a_restart_it_is_still_one_order(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
    again = await weather_house(sessions, desk=house.desk, user=house.user)
    async with running(again) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote(2, "0.22", "0.23", after=100)
        await house.settled()
        version = house.beliefs.of(EventId("900"))
        assert version is not None
        assert version.number == 1
        assert await house.orders() == [("BUY", house.token(2))]


async def test_a_new_forecast_may_buy_again_and_a_like_one_may_not(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        house.believe(0.101, 0.199, 0.40, 0.30)
        house.quote(2, "0.22", "0.23", after=100)
        await house.settled()
        assert len(await house.orders()) == 1
        house.believe(0.07, 0.14, 0.55, 0.24)
        await house.settled()
        assert await house.orders() == [("BUY", house.token(2))] * 2


async def test_the_side_that_is_too_dear_is_bought_against_on_the_mirrored_book(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(3, "0.44", "0.46", after=1)
        await house.settled()
        assert await house.orders() == [("BUY", house.token(3, yes=False))]
        fills = await house.rows("SELECT price FROM fills")
        assert fills == [(Decimal("0.56"),)]
        assert house.shelf.asked == []


async def test_a_frozen_feed_orders_nothing(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.desk.board.set_state(house.token(2), PriceState.SUSPECT, Doubt.SILENT)
        quote = house.desk.board.quote(house.token(2))
        assert quote is not None
        low = Price(Decimal("0.05"))
        house.desk.board.publish(quote._replace(ask=low, bid=None, price=low))
        await house.settled()
        assert await house.orders() == []
        assert "price not live" in await house.skips()


async def test_a_stale_forecast_orders_nothing(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30, age=6 * 3600 + 1)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        assert await house.orders() == []
        assert "stale forecast" in await house.skips()


async def test_without_a_forecast_nothing_is_ordered_and_its_absence_is_explained(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        house.quote_all(*FAIR)
        await house.settled()
        assert await house.orders() == []
        assert await house.rows("SELECT reason, detail FROM weather_decisions") == [
            ("no forecast", "No forecast has come yet.")
        ]


async def test_a_bucket_without_a_price_leaves_the_event_alone(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        for place in (0, 1, 2):
            house.quote(place, "0.10", "0.12")
        await house.settled()
        assert await house.orders() == []
        assert await house.skips() == ["no forecast", "market incomplete"]


async def test_a_model_far_from_the_market_is_not_believed(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.01, 0.02, 0.95, 0.02)
        house.quote_all("0.60", "0.25", "0.08", "0.07")
        await house.settled()
        assert await house.orders() == []
        assert "too far from the market" in await house.skips()


async def test_halted_trading_orders_nothing_and_says_so(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        await house.desk.switch.halt(house.user)
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        assert await house.orders() == []
        told = await house.rows("SELECT detail FROM weather_decisions WHERE reason = 'refused'")
        assert told
        assert "halted trading" in str(told[0][0])


async def test_who_stopped_entries_still_reduces(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        await house.desk.switch.stop(house.user)
        house.believe(0.30, 0.40, 0.05, 0.25)
        house.quote(2, "0.20", "0.22", after=100)
        await house.settled()
        assert await house.rows(ORDERS) == [
            ("BUY", house.token(2), "filled", "automation", Account.WEATHER_PAPER),
            ("SELL", house.token(2), "filled", "protection", Account.WEATHER_PAPER),
        ]
        held = await house.rows("SELECT count(*) FROM positions WHERE status = 'active'")
        assert held == [(0,)]


async def test_losses_of_the_day_end_its_entries(sessions: Sessions) -> None:
    limits = StrategyLimits(daily_loss=Usdc(Decimal(2)))
    async with running(await weather_house(sessions, limits=limits)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        async with sessions.begin() as session:
            await session.execute(sa.text("UPDATE positions SET pnl_amount = -3"))
        house.believe(0.07, 0.14, 0.55, 0.24)
        await house.settled()
        assert len(await house.orders()) == 1
        assert "daily loss reached" in await house.skips()


async def test_what_is_nearly_over_is_not_entered(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.desk.time.seconds += 35.5 * 3600  # 23:30 on the day itself
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        assert await house.orders() == []
        assert "day nearly over" in await house.skips()


async def test_neighbouring_cities_share_a_limit(sessions: Sessions) -> None:
    most = {**StrategyLimits().most, Scope.REGION_DAY: Usdc(Decimal(20))}
    house = await weather_house(
        sessions, cities=("London", "Paris", "Munich"), limits=StrategyLimits(most=most)
    )
    async with running(house):
        for event in ("900", "901", "902"):
            house.believe(0.10, 0.20, 0.40, 0.30, event=event)
            house.quote_all(*FAIR, event=event)
            house.quote(2, "0.22", "0.24", event=event)
            await house.settled()
        bought = await house.orders()
        assert bought == [
            ("BUY", house.token(2, event="900")),
            ("BUY", house.token(2, event="902")),
        ]
        assert await house.rows(
            "SELECT DISTINCT event_id, detail FROM weather_decisions WHERE reason = 'limit reached'"
        ) == [("901", "region and day")]


async def test_without_a_socket_a_book_fetched_for_it_decides(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        for place, mid in enumerate(FAIR):
            low = str(Decimal(mid) - Decimal("0.01"))
            house.poll(place, [(low, "1000")], [(str(Decimal(mid) + Decimal("0.01")), "1000")])
        house.shelf.put(house.token(2), [("0.36", "1000")], [("0.38", "1000")])
        house.desk.poll([("0.22", "1000")], [("0.24", "1000")], house.token(2))
        await house.settled()
        assert await house.orders() == []
        assert house.shelf.asked == [house.token(2)]
        house.shelf.put(house.token(2), [("0.22", "1000")], [("0.24", "1000")])
        house.desk.time.seconds += 60
        house.desk.poll([("0.22", "1000")], [("0.23", "1000")], house.token(2))
        await house.settled()
        assert await house.orders() == [("BUY", house.token(2))]


async def test_a_skip_that_repeats_is_counted_on_its_row(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        for ask in ("0.41", "0.42", "0.41"):
            house.quote(2, "0.39", ask, after=1)
            await house.settled()
        found = await house.rows("SELECT times FROM weather_decisions WHERE reason = 'no edge'")
        assert len(found) == 1
        assert int(str(found[0][0])) >= 3


async def test_an_order_is_on_record_with_its_grounds_and_times(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        async with sessions() as session:
            (kept, *_) = [
                one
                for one in await weather_decisions.newest(session, house.user)
                if one.decision.action is Action.BUY
            ]
        grounds, moments = kept.decision.grounds, kept.decision.moments
        assert kept.decision.outcome == "22°C Yes"
        assert grounds.chance == pytest.approx(0.40)
        assert grounds.vwap == Decimal("0.24")
        assert grounds.edge is not None
        assert grounds.cautious is not None
        assert grounds.edge - grounds.cautious == pytest.approx(0.01)
        assert moments.sent is not None
        assert moments.acknowledged is not None
        assert moments.received <= moments.decided <= moments.sent <= moments.acknowledged
        assert await house.rows("SELECT id FROM orders") == [(kept.decision.order_id,)]


async def test_a_skip_tells_when_what_it_is_about_came_and_how_soon_it_was_decided(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        await house.settled()
        for place in range(len(FAIR)):
            house.desk.board.set_state(house.token(place), PriceState.LIVE)
        house.quote_all(*FAIR, late=3.0)
        await house.settled()
        (took,) = await house.rows(
            "SELECT extract(epoch FROM decided_at - received_at)::float FROM weather_decisions "
            "WHERE reason = 'no edge'"
        )
        assert took == (3.0,)


async def test_a_lost_price_is_not_looked_at_again_and_again(sessions: Sessions) -> None:
    async with running(await weather_house(sessions)) as house:
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        house.quote(2, "0.22", "0.24")
        await house.settled()
        house.desk.board.set_state(house.token(1), PriceState.SUSPECT, Doubt.SILENT)
        house.desk.time.seconds += 5  # the next look after the order is due
        await house.settled()
        looks = house.engine.looks
        for _ in range(50):
            await asyncio.sleep(0)
        assert house.engine.looks == looks


async def test_what_was_believed_of_other_buckets_is_no_reason_to_trade(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        event = EventId("900")
        house.believe(0.10, 0.20, 0.40, 0.30)
        house.quote_all(*FAIR)
        await house.settled()
        known = house.candidates.known[event]
        warmer = replace(
            known.event,
            ladder=replace(
                known.event.ladder,
                buckets=tuple(
                    Bucket(*(None if end is None else end + 1 for end in (one.low, one.high)))
                    for one in known.event.ladder.buckets
                ),
            ),
        )
        del house.opinions.said[event]
        house.candidates.known = {event: replace(known, event=warmer)}
        house.beliefs.follow({event: warmer})
        assert house.beliefs.heard_at(event) is None  # at once, not when it is asked again
        house.quote(2, "0.22", "0.24")
        await house.settled()
        assert await house.orders() == []
        assert "no forecast" in await house.skips()


async def test_candidates_are_wished_for_by_one_token_a_bucket_until_they_are_not_chosen(
    sessions: Sessions,
) -> None:
    async with running(await weather_house(sessions)) as house:
        markets = {one.id: Reason.CANDIDATE for one in house.markets[EventId("900")]}
        assert house.manager.wanted() == markets
        await house.choices.keep(house.user, Choices(Mode.DRY, cities=frozenset({"paris"})))
        await house.candidates.check()
        assert house.manager.wanted() == {}
        await house.settled()
        assert house.engine.watched == {}
