"""Reading one account at the venue: its orders and trades are taken in, its holdings compared."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.account import Account
from core.domain.drift import (
    DUST,
    Difference,
    DriftKind,
    OurAccount,
    OurShares,
    VenueAccount,
)
from core.domain.errors import NotFound
from core.domain.reports import OrderReport, TradeReport, VenuePosition
from core.domain.units import ZERO, Size, TokenId, Usdc, UserId
from core.services.reconciliation.patience import Patience
from core.services.reconciliation.sources import Sources
from core.storage import reconciliation as stored
from core.storage import reconciliation_ledger as ledger
from core.storage import wallets
from core.storage.models import Sessions
from core.storage.reconciliation import AccountCheck
from core.storage.tenancy import as_user

NAMED: Final = 50  # trades asked for by name at once

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the venue says of orders, shares and money."""

    theirs: VenueAccount
    positions: Mapping[TokenId, VenuePosition]


class AccountReader:
    """One user's account. Every method raises Unavailable if the venue does not say."""

    def __init__(
        self, user: UserId, sessions: Sessions, sources: Sources, patience: Patience
    ) -> None:
        self._user = user
        self._sessions = sessions
        self._reports = sources.reports
        self._news = sources.news
        self._patience = patience

    async def begin(self) -> tuple[datetime, AccountCheck]:
        """The time before the first report, and how far the last comparison came."""
        async with as_user(self._sessions, self._user) as session:
            await wallets.open_wallet(session, self._user, Account.LIVE, Usdc(ZERO))
            return await stored.clock(session), await stored.check_of(session, self._user)

    async def take_in_orders(
        self, check: AccountCheck, orders: Sequence[OrderReport]
    ) -> tuple[Difference, ...]:
        """Those that are not ours become external ones; gives those that cannot."""
        unknown, ours = [], (await self.ours(check)).orders
        for report in orders:
            known = ours.get(report.hash)
            if known is not None and known.says(report):
                continue
            try:
                await self._news.order(self._user, report)
            except NotFound:
                kind = DriftKind.UNKNOWN_ORDER
                unknown.append(Difference(kind, report.hash, ZERO, report.original))
        return tuple(unknown)

    async def take_in_trades(self, check: AccountCheck) -> bool:
        """All since the last time, and those that had not settled; whether none was refused."""
        is_whole = True
        for report in await self._news.untold(self._user, await self._trades(check)):
            try:
                await self._news.trade(self._user, report)
            except NotFound as fault:
                is_whole = False
                logger.warning("A trade cannot be booked: %s", fault, extra=self._about(report))
        return is_whole

    async def holdings(self, check: AccountCheck, orders: Sequence[OrderReport]) -> Holdings:
        """Exact balances only of tokens where the data service, which lags, sees a difference."""
        positions = await self._reports.positions(self._user)
        told = {token: position.size for token, position in positions.items()}
        ended = {token for token, position in positions.items() if position.is_redeemable}
        doubtful = sorted(_doubtful(await self.ours(check), told, ended))
        balances = await self._reports.balances(self._user, doubtful)
        theirs = VenueAccount(
            orders=frozenset(report.hash for report in orders),
            shares={**told, **balances.shares},
            cash=balances.cash,
            redeemable=frozenset(ended),
        )
        return Holdings(theirs, positions)

    async def ours(self, check: AccountCheck) -> OurAccount:
        """The same as the ledger has it now."""
        async with as_user(self._sessions, self._user) as session:
            patience = await stored.clock(session) - self._patience.settlement
            return await ledger.our_account(session, self._user, check, patience)

    async def _trades(self, check: AccountCheck) -> list[TradeReport]:
        """Oldest first. The same trade may be among them twice."""
        async with as_user(self._sessions, self._user) as session:
            now = await stored.clock(session)
            after = self._since(check, now)
            older = await ledger.unsettled_trades(session, self._user, after)
        trades = list(await self._reports.trades(self._user, after))
        for start in range(0, len(older), NAMED):
            batch = older[start : start + NAMED]
            trades += await self._reports.trades_named(self._user, batch)
        return sorted(trades, key=lambda trade: (trade.at, trade.event_key))

    def _since(self, check: AccountCheck, now: datetime) -> datetime:
        if check.trades_until is None:
            return now - self._patience.opening
        return check.trades_until - self._patience.overlap

    def _about(self, report: TradeReport) -> dict[str, object]:
        return {"user_id": self._user, "trade_id": report.trade_id}


def _doubtful(
    ours: OurAccount, told: Mapping[TokenId, Size], ended: Collection[TokenId]
) -> Iterator[TokenId]:
    """Tokens whose exact balance matters; of ended markets only where the ledger knows them."""
    for token in ours.shares.keys() | (told.keys() - set(ended)):
        mine, size = ours.shares.get(token, OurShares(token)), told.get(token, Size(ZERO))
        pays = mine.payout is not None and mine.payout > 0
        if (pays and size > 0) or (mine.payout is None and abs(mine.size - size) >= DUST):
            yield token
