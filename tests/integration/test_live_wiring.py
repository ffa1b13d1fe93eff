"""Live trading as it is wired: compared at once after a change, asked for again at each start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.notice import WalletChanged
from core.domain.overview import KeyFigures
from core.domain.units import Usdc, UserId
from core.services.milestones import Milestone
from core.services.outbox import Outbox
from core.services.overview import Overlook
from core.storage import wallets
from core.storage.tenancy import as_user
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.live_reporting import TradingHealth
from tests.support.live_house import LiveHouse, live_house

PATIENCE = 20.0  # seconds; the rounds that nobody calls are minutes apart


class Committed:
    """An account was compared, and what that found is in Postgres."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def __call__(self, milestone: Milestone) -> None:
        if milestone is Milestone.RECONCILE_COMMITTED:
            self.event.set()

    async def again(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.event.wait()
        self.event.clear()


@pytest.fixture
def committed() -> Committed:
    return Committed()


@pytest.fixture
async def live(database: str, tmp_path: Path, committed: Committed) -> AsyncIterator[LiveHouse]:
    async with live_house(database, tmp_path, committed, reconcile_interval_seconds=600) as one:
        yield one


@asynccontextmanager
async def running(live: LiveHouse, part: str) -> AsyncIterator[None]:
    task = asyncio.ensure_future(live.live.runs[part]())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def set_up(live: LiveHouse, number: int) -> UserId:
    """A wallet that was just made ready, and was never compared by hand."""
    user = await live.trader(number)
    waiting = await live.live.custody.wallets.begin(user)
    await live.order(
        "wallet",
        address=f"0x{number:040x}",
        signature_type=3,
        funder=f"0x{number + (1 << 100):040x}",
        cash="250",
        session_keys={waiting.key_address: None},
    )
    await live.live.custody.wallets.verify(user)
    return user


async def cash(live: LiveHouse, user: UserId) -> Decimal | None:
    async with as_user(live.sessions, user) as session:
        return await wallets.cash(session, user, Account.LIVE)


async def test_a_wallet_that_becomes_ready_is_compared_at_once_and_so_is_who_goes_live(
    live: LiveHouse, committed: Committed
) -> None:
    async with running(live, "reconciliation"):
        user = await set_up(live, 1)
        await committed.again()
        assert await cash(live, user) == 250
        await live.live.accounts.read_risk(user, Usdc(Decimal(50)))
        await live.live.accounts.choose_live(user)
        await committed.again()


async def test_a_place_that_the_venue_refuses_by_now_buys_nothing_and_is_told_at_the_start(
    live: LiveHouse,
) -> None:
    user = await live.person(1)
    await live.live.begin()
    assert await live.live.accounts.usable_account(user) is Account.LIVE
    await live.order("geoblock", blocked=True, country="ZZ")
    await live.live.begin()
    assert await live.live.accounts.usable_account(user) is Account.LIVE
    query = sa.text("SELECT refusal FROM risk_accounts WHERE account = 'live'")
    async with as_user(live.sessions, user) as session:
        assert "(ZZ-" in (await session.scalar(query) or "")
    told = [notice.news for notice in await Outbox(live.sessions).claim()]
    (refusal,) = [news for news in told if isinstance(news, WalletChanged)]
    assert refusal.what == "venue-refuses"
    assert "(ZZ-" in refusal.facts["problem"]


async def test_the_overview_is_read_through_the_walls_and_told(live: LiveHouse) -> None:
    await live.person(1)
    overlook = Overlook(live.sessions)
    await overlook.look()
    assert overlook.newest.keys == KeyFigures(ready=1)
    trading = TradingHealth(Metrics(), lambda: overlook.newest, live.live.reported)
    trading.refresh()
    parts = trading.parts()
    assert parts["session keys"].state == "1 ready"
    assert parts["user channels"].state == "nobody trades real money"  # none is open yet
