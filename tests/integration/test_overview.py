"""How trading stands over all users together, read from Postgres."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.account import Account
from core.domain.breaker import CLOSED, Trip
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.overview import KeyFigures, OrderFigures, Overview, SwitchFigures
from core.domain.risk import Stop
from core.domain.update import UpdateOutcome
from core.services.inbox import Inbox
from core.services.overview import Overlook
from core.storage import reconciliation, risk_switches
from core.storage.inbox import Incoming
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from tests.support.custody import House, house
from tests.support.guarding import bid, guarded

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


def overlook(home: House) -> Overlook:
    return Overlook(home.sessions, now=home.clock)


async def test_where_nothing_happened_there_is_nothing_to_tell(home: House) -> None:
    assert await overlook(home).look() == Overview()


async def test_keys_near_their_end_and_behind_it_are_counted(home: House) -> None:
    await home.ready(await home.person(1))
    home.clock.advance(days=9)
    await home.ready(await home.person(2))
    assert (await overlook(home).look()).keys == KeyFigures(ready=2, ending=1, ended=0)
    home.clock.advance(days=2)
    assert (await overlook(home).look()).keys == KeyFigures(ready=2, ending=0, ended=1)


async def test_halts_stops_and_breakers_are_told(home: House) -> None:
    user = await home.person()
    async with as_user(home.sessions, user) as session:
        await risk_switches.set_stop(session, user, Stop.ENTRIES, NOW)
    async with as_worker(home.sessions) as session:
        await risk_switches.set_halted(session, NOW, NOW)
        await risk_switches.save_breaker(session, None, CLOSED.tripped(Trip.CLOCK, NOW), NOW)
        await risk_switches.save_breaker(session, user, CLOSED.tripped(Trip.REJECTS, NOW), NOW)
    found = (await overlook(home).look()).switches
    assert found == SwitchFigures(is_halted=True, trip=Trip.CLOCK, tripped=1, stopped=1)


async def test_comparisons_that_failed_count_while_the_account_is_live(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    async with as_worker(home.sessions) as session:
        await reconciliation.fail(session, user, "the venue is away", NOW)
    assert (await overlook(home).look()).uncompared == 1
    await home.wallets.revoke(user)
    assert (await overlook(home).look()).uncompared == 0


async def test_messages_count_until_they_are_answered(home: House) -> None:
    inbox = Inbox(home.sessions)
    told = [Incoming(number, f"event {number}", 7, "message", {}, NOW) for number in (1, 2)]
    await inbox.store(told)
    assert (await overlook(home).look()).updates_waiting == 2
    await inbox.settle(1, UpdateOutcome.ANSWERED)
    assert (await overlook(home).look()).updates_waiting == 1


async def test_live_orders_count_by_whether_they_are_unclear_on_their_way_or_resting(
    sessions: Sessions,
) -> None:
    desk = await guarded(sessions)
    user = await desk.user()
    placed = [
        await desk.place(bid(user, key=f"k{number}", kind=OrderKind.GTC)) for number in range(5)
    ]
    await desk.place(bid(user, key="paper", account=Account.PAPER))
    _, signed, unclear, resting, over = placed
    await desk.send(signed)
    await desk.becomes(unclear, OrderStatus.UNKNOWN)
    await desk.becomes(resting, OrderStatus.LIVE)
    await desk.becomes(over, OrderStatus.CANCELLED)
    found = (await Overlook(sessions).look()).orders
    assert found == OrderFigures(unclear=1, waiting=2, resting=1)
