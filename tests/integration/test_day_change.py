"""What a day has brought, by the ledger in Postgres."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.drift import CashMove, CashMoveKind
from core.domain.errors import NotFound
from core.domain.preferences import DEFAULTS, UserPreferences
from core.domain.units import Usdc, UserId
from core.domain.views import Portfolio
from core.services.day_change import DayChanges
from core.storage import reconciliation as compared
from core.storage.models import Sessions
from tests.support import examples
from tests.support.trading import opened

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class Told:
    """A portfolio as a test sets it, and the time."""

    portfolio_now: Portfolio | None
    now: datetime = NOON
    zone: str = "UTC"

    async def portfolio(self, user: UserId) -> Portfolio:
        if self.portfolio_now is None:
            raise NotFound(f"nobody has read the account of {user} yet")
        return self.portfolio_now

    async def preferences(self, _: UserId) -> UserPreferences:
        return replace(DEFAULTS, zone=self.zone)

    def is_worth(self, total: str) -> None:
        self.portfolio_now = replace(examples.portfolio(), total=Usdc(Decimal(total)))


@pytest.fixture
async def user(sessions: Sessions) -> UserId:
    return (await opened(sessions))[1]


@pytest.fixture
def told() -> Told:
    return Told(None)


@pytest.fixture
def days(sessions: Sessions, told: Told) -> DayChanges:
    accounts = {Account.PAPER: told, Account.LIVE: told}
    return DayChanges(sessions, accounts, told.preferences, now=lambda: told.now)


async def pays(sessions: Sessions, user: UserId, amount: str, kind: CashMoveKind, key: str) -> None:
    async with sessions.begin() as session:
        await compared.add_move(session, user, CashMove(kind, Usdc(Decimal(amount))), key)
        at = sa.text("UPDATE cash_moves SET created_at = :at WHERE key = :key")
        await session.execute(at, {"at": NOON.replace(hour=13), "key": key})


async def test_today_is_what_there_is_less_what_there_was(
    days: DayChanges, told: Told, user: UserId
) -> None:
    told.is_worth("1000")
    first = await days.day_change(user, Account.LIVE)
    assert first is not None
    assert (first.amount, first.since) == (Decimal(0), NOON)
    told.is_worth("1012.50")
    later = await days.day_change(user, Account.LIVE)
    assert later is not None
    assert (later.amount, later.percent) == (Decimal("12.5"), Decimal("1.25"))


async def test_what_was_paid_in_or_out_is_no_gain(
    days: DayChanges, told: Told, user: UserId, sessions: Sessions
) -> None:
    told.is_worth("1000")
    await days.day_change(user, Account.LIVE)
    await pays(sessions, user, "200", CashMoveKind.DEPOSIT, "in")
    await pays(sessions, user, "-50", CashMoveKind.WITHDRAWAL, "out")
    await pays(sessions, user, "18", CashMoveKind.REDEEM, "redeemed")  # in the total all along
    told.is_worth("1145")
    change = await days.day_change(user, Account.LIVE)
    assert change is not None
    assert change.amount == -5


async def test_what_is_unknown_is_not_called_nothing_and_begins_no_day(
    days: DayChanges, told: Told, user: UserId
) -> None:
    assert await days.day_change(user, Account.LIVE) is None
    view = examples.position_view()
    unpriced = replace(view, position=replace(view.position, current_price=None))
    told.portfolio_now = examples.portfolio(unpriced)
    assert await days.day_change(user, Account.LIVE) is None
    assert await days.day_change(user, Account.WEATHER_PAPER) is None
    told.is_worth("1000")
    change = await days.day_change(user, Account.LIVE)
    assert change is not None
    assert change.amount == 0


async def test_a_day_begins_at_midnight_of_its_user_without_their_doing(
    days: DayChanges, told: Told, user: UserId
) -> None:
    told.zone = "Europe/Paris"
    told.is_worth("1000")
    await days.look()
    told.now = datetime(2026, 11, 21, 23, 0, 30, tzinfo=UTC)
    told.is_worth("1100")
    await days.look()
    told.is_worth("1101")
    change = await days.day_change(user, Account.PAPER)
    assert change is not None
    assert (change.amount, change.since) == (Decimal(1), told.now)
