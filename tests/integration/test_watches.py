"""News of time and feed: prices that are not live, markets that end, digests; each told once."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import msgspec
import pytest
import sqlalchemy as sa

from core.domain.health import Doubt
from core.domain.notice import ClosingSoon, Digest, FeedTrouble
from core.domain.price import PriceState
from core.domain.units import Price, Size, UserId
from core.services.alerts.closing_watch import ClosingWatch
from core.services.alerts.digests import Digests
from core.services.alerts.feed_watch import PATIENCE, FeedWatch
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.preferences import Preferences
from core.services.watchlist import Watchlist
from core.storage.models import Sessions
from tests.support.trading import ASKS, BIDS, MARKET_1, START, YES, Desk, desk_of


@dataclass
class House:
    """A user who holds 100 shares of Yes, and one who holds nothing."""

    desk: Desk
    holder: UserId
    other: UserId
    outbox: Outbox

    async def told(self) -> list[tuple[int, dict[str, object]]]:
        async with self.desk.sessions() as session:
            query = sa.text("SELECT user_id, payload FROM notices ORDER BY id")
            return [(row.user_id, row.payload) for row in await session.execute(query)]

    async def execute(self, statement: str) -> None:
        async with self.desk.sessions.begin() as session:
            await session.execute(sa.text(statement))


@pytest.fixture
async def house(sessions: Sessions) -> House:
    desk = desk_of(sessions)
    holder, other = await desk.user(1), await desk.user(2)
    await desk.market()
    desk.stream(YES, BIDS, ASKS)
    await desk.positions.create_position(
        holder, MARKET_1, size=Size(Decimal(100)), price=Price(Decimal("0.50"))
    )
    return House(desk, holder, other, Outbox(sessions, now=desk.time.wall))


async def test_a_feed_that_is_away_for_a_minute_is_told_once_and_its_end_once(
    house: House,
) -> None:
    desk = house.desk
    watch = FeedWatch(desk.sessions, desk.board, house.outbox, now=desk.time.wall)
    with watch.listening():
        desk.board.set_state(YES, PriceState.DOWN, Doubt.SILENT)
        desk.time.seconds += PATIENCE - 1
        await watch.look()
        assert await house.told() == []
        for _ in range(3):
            desk.time.seconds += 1
            await watch.look()
        ((user, payload),) = await house.told()
        since = START + timedelta(seconds=0)
        assert user == house.holder
        assert msgspec.convert(payload, FeedTrouble) == FeedTrouble(since, 1, is_paused=True)
        desk.board.set_state(YES, PriceState.LIVE)
        for _ in range(2):
            await watch.look()
        _, (_, payload) = await house.told()
        assert msgspec.convert(payload, FeedTrouble).is_over
        desk.board.set_state(YES, PriceState.POLLED, Doubt.SILENT)
        desk.time.seconds += PATIENCE
        await watch.look()
        assert (await house.told())[2][1]["is_paused"] is False


async def test_a_market_that_ends_soon_is_told_to_who_holds_or_watches_it(house: House) -> None:
    desk = house.desk
    watch = ClosingWatch(desk.sessions, house.outbox, now=desk.time.wall)
    await Watchlist(desk.sessions).watch(house.other, MARKET_1)
    await house.execute(
        f"UPDATE markets SET ends_at = '{START}'::timestamptz + '90 min';"  # noqa: S608 - ours
    )
    for table in ("positions", "user_watchlist"):
        await house.execute(f"UPDATE {table} SET created_at = '{START}'::timestamptz")  # noqa: S608 - ours
    assert await watch.look() == 0
    desk.time.seconds += 31 * 60
    assert [await watch.look(), await watch.look()] == [2, 0]
    told = {user: msgspec.convert(news, ClosingSoon) for user, news in await house.told()}
    assert {user: news.is_held for user, news in told.items()} == {
        house.holder: True,
        house.other: False,
    }
    assert told[house.holder].ends_at == START + timedelta(minutes=90)


async def test_who_buys_in_the_last_hour_is_not_told_that_it_is_the_last(house: House) -> None:
    watch = ClosingWatch(house.desk.sessions, house.outbox, now=house.desk.time.wall)
    await house.execute(
        f"UPDATE positions SET created_at = '{START}'::timestamptz;"  # noqa: S608 - ours
    )
    await house.execute(
        f"UPDATE markets SET ends_at = '{START}'::timestamptz + '50 min'"  # noqa: S608 - ours
    )
    assert await watch.look() == 0


async def test_a_digest_comes_once_a_day_at_the_user_s_own_time(house: House) -> None:
    desk, sessions = house.desk, house.desk.sessions
    preferences = Preferences(sessions, Audit())
    await preferences.change(
        house.holder, lambda now: replace(now, digest_at=time(14), zone="Europe/Paris")
    )
    await house.execute(
        f"UPDATE user_preferences SET updated_at = '{START}'::timestamptz - interval '1 h'"  # noqa: S608 - ours
    )
    digests = Digests(sessions, house.outbox, is_dry_run=True, now=desk.time.wall)
    assert datetime(2026, 11, 21, 12, tzinfo=UTC) == START
    assert await digests.look() == 0
    desk.time.seconds += 3600  # 14:00 in Paris
    again = Digests(sessions, house.outbox, is_dry_run=True, now=desk.time.wall)
    assert [await digests.look(), await digests.look(), await again.look()] == [1, 0, 0]
    await house.execute("UPDATE wallets SET cash = cash + 12")
    await house.execute(
        "INSERT INTO cash_moves (user_id, account, key, kind, amount) "
        "SELECT user_id, account, 'a deposit', 'deposit', 5 FROM wallets"
    )
    desk.time.seconds += 86_400
    assert await digests.look() == 1
    first, second = [msgspec.convert(news, Digest) for _, news in await house.told()]
    assert (first.positions, first.trades, first.change) == (1, 1, None)
    assert second.change == Decimal(7)
    assert (second.day - first.day).days == 1
