"""Alerts against Postgres and the board, on a clock that is set by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa

from core.domain.alert import MOST_ALERTS, Alert, AlertKind, NewAlert
from core.domain.errors import InvalidQuantity, NotFound, Rejected
from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import Price, UserId
from core.services.alerts.alert_engine import AlertEngine
from core.services.alerts.alert_wishes import AlertWishes
from core.services.alerts.alerts import Alerts
from core.services.outbox import Outbox
from core.services.websocket_manager import Reason
from core.storage.models import Sessions
from tests.support.trading import MARKET_1, START, YES, Desk, desk_of

PATIENCE = 20.0  # seconds
NOTICES = "SELECT key, payload->>'price' FROM notices ORDER BY id"
STATES = "SELECT state, firing FROM alerts ORDER BY id"


@dataclass
class House:
    """A user, and a market whose Yes stands at 50 cents."""

    desk: Desk
    user: UserId
    alerts: Alerts

    def engine(self) -> AlertEngine:
        desk = self.desk
        return AlertEngine(
            desk.sessions,
            desk.board,
            self.alerts,
            Outbox(desk.sessions, now=desk.time.wall),
            AlertWishes(desk.manager),
            now=desk.time.wall,
        )

    def price(self, cents: int, *, after: float = 1.0, spread: int = 2) -> None:
        """The socket brings a book around that price, `after` seconds."""
        self.desk.time.seconds += after
        low, high = cents - spread / 2, cents + spread / 2
        self.desk.stream(YES, [(f"{low / 100:.3f}", "100")], [(f"{high / 100:.3f}", "100")])

    async def set(self, kind: AlertKind, level: str = "0", minutes: int = 0) -> Alert:
        return await self.alerts.set(
            self.user, MARKET_1, 0, NewAlert(kind, Decimal(level), minutes)
        )

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.desk.sessions() as session:
            return [tuple(row) for row in await session.execute(sa.text(query))]

    async def execute(self, statement: str) -> None:
        async with self.desk.sessions.begin() as session:
            await session.execute(sa.text(statement))


@asynccontextmanager
async def house_of(sessions: Sessions) -> AsyncIterator[House]:
    desk = desk_of(sessions)
    user = await desk.user()
    await desk.market()
    house = House(desk, user, Alerts(sessions, desk.board, now=desk.time.wall))
    house.price(50)
    yield house


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[AlertEngine]:
    engine = house.engine()
    running = asyncio.create_task(engine.run())
    await settled(engine)
    try:
        yield engine
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled(), running.exception()


async def settled(*engines: AlertEngine) -> None:
    """They have looked at everything that they were told, and committed what follows."""
    for engine in engines:
        await eventually(partial(_rests, engine))


def _rests(engine: AlertEngine) -> bool:
    return engine.is_at_rest


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - turns of this loop are what it takes
            await asyncio.sleep(0)


async def test_a_level_is_told_once_and_again_only_after_the_price_has_left_it(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        alert = await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as engine:
            for cents in (59, 60, 61, 60, 80, 60):  # hovering and rising is one firing
                house.price(cents)
                await settled(engine)
            assert await house.rows(NOTICES) == [(f"alert:{alert.id}:1", "0.60")]
            house.price(59)
            await settled(engine)
            house.price(95)  # from below to far above, in one step
            await settled(engine)
        assert [row[0] for row in await house.rows(NOTICES)] == [
            f"alert:{alert.id}:1",
            f"alert:{alert.id}:2",
        ]
        assert await house.rows(STATES) == [("fired", 2)]


async def test_a_level_that_was_crossed_while_nobody_looked_is_told_once(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        alert = await house.set(AlertKind.BELOW, "0.40")
        async with watching(house):
            pass
        house.price(30)
        for _ in range(3):  # a start, and two more
            async with watching(house) as engine:
                house.price(31)
                await settled(engine)
        assert [row[0] for row in await house.rows(NOTICES)] == [f"alert:{alert.id}:1"]


async def test_two_engines_on_one_level_tell_it_once(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as one, watching(house) as other:
            house.price(61)
            await settled(one, other)
            house.price(50)
            await settled(one, other)
            house.price(62)
            await settled(one, other)
        assert await house.rows(STATES) == [("fired", 2)]
        assert len(await house.rows(NOTICES)) == 2


async def test_a_price_that_is_doubted_decides_nothing(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as engine:
            house.desk.board.set_state(YES, PriceState.SUSPECT, Doubt.SILENT)
            quote = house.desk.board.quote(YES)
            assert quote is not None
            house.desk.time.seconds += 1
            high = Price(Decimal("0.9"))
            news = quote._replace(price=high, received=house.desk.time.clock())
            house.desk.board.publish(news)
            await settled(engine)
            house.desk.board.set_state(YES, PriceState.DOWN)
            await settled(engine)
            assert await house.rows(NOTICES) == []
            house.desk.board.set_state(YES, PriceState.POLLED)  # heard since it was doubted
            await settled(engine)
        (told,) = await house.rows("SELECT payload->>'is_polled' FROM notices")
        assert told == ("true",)


async def test_a_price_of_before_the_gap_is_not_decided_on_as_a_polled_one(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        house.price(70)
        async with watching(house) as engine:
            house.desk.time.seconds += 1
            house.desk.board.set_state(YES, PriceState.POLLED, Doubt.SILENT)
            await settled(engine)
            await house.execute(
                "INSERT INTO alerts (user_id, market_id, token_id, outcome, kind, level, minutes)"
                " SELECT id, '1', '11', 'Yes', 'above', 0.6, 0 FROM users"
            )
        async with watching(house):
            pass
        assert await house.rows(NOTICES) == []


async def test_moves_and_spreads_are_told(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        move = await house.set(AlertKind.MOVE, "0.05", 10)
        swing = await house.set(AlertKind.SWING, "20", 10)
        spread = await house.set(AlertKind.SPREAD, "0.05")
        async with watching(house) as engine:
            house.price(50, after=3600)
            await settled(engine)
            house.price(54)
            await settled(engine)
            assert await house.rows(NOTICES) == []
            house.price(55)
            await settled(engine)
            house.price(60)
            await settled(engine)
            house.price(60, spread=6)
            await settled(engine)
        keys = [f"alert:{one.id}:1" for one in (move, swing, spread)]
        assert [row[0] for row in await house.rows(NOTICES)] == keys


async def test_a_jump_across_a_gap_is_no_move(sessions: Sessions) -> None:
    """Nobody knows when it happened: the window begins anew."""
    async with house_of(sessions) as house:
        await house.set(AlertKind.MOVE, "0.05", 10)
        async with watching(house) as engine:
            house.price(50)
            await settled(engine)
            house.desk.board.set_state(YES, PriceState.SUSPECT, Doubt.DISCONNECTED)
            house.price(60)
            await settled(engine)
            assert await house.rows(NOTICES) == []
            house.price(66)
            await settled(engine)
        assert len(await house.rows(NOTICES)) == 1


async def test_an_end_that_comes_near_is_told_and_a_closed_market_ends_its_alerts(
    sessions: Sessions,
) -> None:
    async with house_of(sessions) as house:
        await house.execute(f"UPDATE markets SET ends_at = '{START}'::timestamptz + '2 h'")  # noqa: S608 - a constant of ours
        await house.set(AlertKind.CLOSING, minutes=60)
        await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as engine:
            engine.wake()
            await settled(engine)
            assert await house.rows(NOTICES) == []
            house.desk.time.seconds += 3601
            engine.wake()
            await settled(engine)
            assert len(await house.rows(NOTICES)) == 1
            await house.execute("UPDATE markets SET is_closed = true")
            engine.wake()
            await settled(engine)
            assert engine.watched == 0
            assert house.desk.manager.wanted() == {}
        assert [row[0] for row in await house.rows(STATES)] == ["over", "over"]


async def test_a_muted_alert_is_told_when_that_ends_if_it_is_so_then(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        alert = await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as engine:
            await house.alerts.mute(house.user, alert.id, 1)
            house.price(70)
            await settled(engine)
            assert await house.rows(NOTICES) == []
            house.desk.time.seconds += 3600
            engine.wake()
            await settled(engine)
        assert len(await house.rows(NOTICES)) == 1


async def test_a_market_is_streamed_from_its_first_alert_to_its_last(sessions: Sessions) -> None:
    async with house_of(sessions) as house, watching(house) as engine:
        first = await house.set(AlertKind.ABOVE, "0.60")
        second = await house.set(AlertKind.BELOW, "0.40")
        await settled(engine)
        assert house.desk.manager.wanted() == {MARKET_1: Reason.ALERT}
        await house.alerts.remove(house.user, first.id)
        await settled(engine)
        assert house.desk.manager.wanted() == {MARKET_1: Reason.ALERT}
        await house.alerts.remove(house.user, second.id)
        await settled(engine)
        assert house.desk.manager.wanted() == {}
        house.price(70)
        await settled(engine)
        assert await house.rows(NOTICES) == []


async def test_a_database_that_was_away_loses_no_firing(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        await house.set(AlertKind.ABOVE, "0.60")
        async with watching(house) as engine:
            await house.execute("ALTER TABLE notices RENAME TO notices_elsewhere")
            house.price(61)
            await eventually(lambda: engine.has_failed)
            house.price(50)  # gone again before it could be told
            await house.execute("ALTER TABLE notices_elsewhere RENAME TO notices")
            house.desk.time.seconds += 5
            await settled(engine)
        assert [row[1] for row in await house.rows(NOTICES)] == ["0.61"]
        assert await house.rows(STATES) == [("armed", 2)]


async def test_what_cannot_be_set_is_refused_with_a_sentence(sessions: Sessions) -> None:
    async with house_of(sessions) as house:
        with pytest.raises(InvalidQuantity, match="so already"):
            await house.set(AlertKind.ABOVE, "0.50")
        with pytest.raises(InvalidQuantity, match="between 0 and 100 cents"):
            await house.set(AlertKind.ABOVE, "1.2")
        with pytest.raises(Rejected, match="not known when"):
            await house.set(AlertKind.CLOSING, minutes=60)
        alert = await house.set(AlertKind.ABOVE, "0.60")
        with pytest.raises(Rejected, match="set already"):
            await house.set(AlertKind.ABOVE, "0.60")
        with pytest.raises(NotFound):
            await house.alerts.remove(await house.desk.user(2), alert.id)
        for number in range(MOST_ALERTS - 1):
            await house.set(AlertKind.ABOVE, f"0.{6100 + number}")
        with pytest.raises(Rejected, match=f"{MOST_ALERTS} alerts already"):
            await house.set(AlertKind.BELOW, "0.10")
