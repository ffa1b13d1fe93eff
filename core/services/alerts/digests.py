"""Writes each user's digest when the day has come to their time for it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.daily import due_day
from core.domain.notice import Digest
from core.domain.record import Period
from core.domain.units import ZERO, Usdc, UserId, usdc
from core.services.beating import beat
from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.services.track_record import TrackRecord
from core.storage import alerts, custody, digests, equity_days, wallets
from core.storage.digests import Wanted
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

BEAT: Final = 30.0  # seconds


class Digests:
    """One a user and local day, however often the program starts; late rather than not at all."""

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        *,
        is_dry_run: bool,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._is_dry_run = is_dry_run
        self._now = now
        self._record = TrackRecord(sessions, now=now)

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again."""
        await beat("Digests", self.look, BEAT)

    async def look(self) -> int:
        """How many were written."""
        async with as_worker(self._sessions) as session:
            wanted = await digests.wanted(session)
        now, count = self._now(), 0
        for one in wanted:
            day = due_day(one.at, one.zone, one.since, now)
            count += day is not None and await self._tell(one, day)
        return count

    async def _tell(self, wanted: Wanted, day: date) -> bool:
        user = wanted.user_id
        async with as_user(self._sessions, user) as session:
            if await digests.is_told(session, _key(user, day)):
                return False
            account = Account.PAPER if self._is_dry_run else await _account(session, user)
        record = await self._record.of(user, account, Period.DAY)
        async with as_user(self._sessions, user) as session:
            held = await digests.held(session, user, account)
            cash = await wallets.cash(session, user, account) or Usdc(ZERO)
            total = usdc(cash + held.value)
            change = await _change(session, user, account, day, total)
            digest = Digest(
                account=account,
                day=day,
                cash=cash,
                positions=held.positions,
                value=held.value,
                change=change,
                realized=record.profit,
                trades=record.fills,
                alerts=await alerts.count_of(session, user),
                orders=await digests.open_orders(session, user, account),
            )
            await self._outbox.write_down(session, user, _key(user, day), digest)
        return True


def _key(user: UserId, day: date) -> str:
    return f"digest:{user}:{day.isoformat()}"


async def _account(session: AsyncSession, user: UserId) -> Account:
    """Real money only where there is a wallet for it."""
    chosen, wallet = await custody.chosen(session, user)
    return chosen if wallet is not None else Account.PAPER


async def _change(
    session: AsyncSession, user: UserId, account: Account, day: date, total: Usdc
) -> Usdc | None:
    """Since yesterday's digest of that account, without what came or went by itself."""
    yesterday = await digests.earlier(session, _key(user, day - timedelta(days=1)))
    if yesterday is None or yesterday.payload.get("account") != account.value:
        return None
    before = _total(yesterday.payload)
    if before is None:
        return None
    moved = await equity_days.moved_since(session, user, account, yesterday.written_at)
    return usdc(total - before - moved)


def _total(payload: Mapping[str, object]) -> Decimal | None:
    try:
        return Decimal(str(payload.get("cash"))) + Decimal(str(payload.get("value")))
    except InvalidOperation:
        return None
