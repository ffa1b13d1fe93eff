"""One live account compared with the venue: orders, trades, shares, money, in that order."""

import logging
from datetime import datetime

from core.domain.drift import CENT, OF_SHARES, DriftKind, cash_finding, share_differences
from core.domain.errors import NotFound, PolycoolError, Rejected, Unavailable
from core.domain.notice import AccountCompared, Deposited
from core.domain.reports import VenuePosition
from core.domain.units import Price, Size, TokenId, UserId
from core.services.milestones import Milestone, Reached, unwatched
from core.services.outbox import Outbox
from core.services.reconciliation.concluding import Seen, conclude
from core.services.reconciliation.patience import Patience
from core.services.reconciliation.reading import AccountReader, Holdings
from core.services.reconciliation.sources import Sources
from core.services.reconciliation.taking_over import Holding, open_account, take_over
from core.storage import reconciliation as stored
from core.storage import reconciliation_ledger as ledger
from core.storage.models import Sessions
from core.storage.reconciliation import AccountCheck
from core.storage.tenancy import as_user

PATIENCE = Patience()

logger = logging.getLogger(__name__)


class Reconciler:
    """Brings a ledger up to date with the venue, and says where that is not possible.

    A report that fails changes nothing: it is never taken for an empty one.
    """

    def __init__(
        self,
        sessions: Sessions,
        sources: Sources,
        outbox: Outbox,
        *,
        patience: Patience = PATIENCE,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._sources = sources
        self._outbox = outbox
        self._patience = patience
        self._reached = reached

    async def reconcile(self, user: UserId) -> bool:
        """Whether it was finished; if not, whatever was not told stays as it was."""
        try:
            return await self._reconcile(user)
        except (Unavailable, Rejected) as fault:
            await self._failed(user, fault)
            return False

    async def accept(self, user: UserId) -> int:
        """Take over the venue's shares where nothing explains the difference; of how many tokens.

        What the user accepts is what was shown: the numbers of the open drifts.
        Raises: Unavailable, NotFound for a market that nobody knows.
        """
        async with as_user(self._sessions, user) as session:
            drifts = await stored.open_drifts(session, user)
        accepted = [drift for drift in drifts if drift.kind in OF_SHARES]
        positions = await self._sources.reports.positions(user) if accepted else {}
        for drift in accepted:
            token = TokenId(drift.subject)
            holding = await self._holding(user, token, Size(drift.theirs), positions.get(token))
            async with as_user(self._sessions, user) as session:
                now = await stored.clock(session)
                await take_over(session, user, holding, f"drift:{drift.id}", now)
                await stored.close(session, drift, now)
        return len(accepted)

    async def _reconcile(self, user: UserId) -> bool:
        """Raises: Unavailable, Rejected."""
        await self._sources.resolver.look()
        reader = AccountReader(user, self._sessions, self._sources, self._patience)
        began, check = await reader.begin()
        orders = await self._sources.reports.open_orders(user)
        self._reached(Milestone.RECONCILE_ORDERS_READ)
        unknown = await reader.take_in_orders(check, orders)
        is_whole = await reader.take_in_trades(check)
        self._reached(Milestone.RECONCILE_TRADES_APPLIED)
        if is_whole:
            async with as_user(self._sessions, user) as session:
                await stored.advance(session, user, began)
        holdings = await reader.holdings(check, orders)
        if check.opened_at is None and not await self._open(user, reader, check, holdings):
            return False
        await self._conclude(Seen(user, began, holdings.theirs, unknown))
        return True

    async def _open(
        self, user: UserId, reader: AccountReader, check: AccountCheck, holdings: Holdings
    ) -> bool:
        """Take over what the account held before us.

        False while trades of it are settling: what is whose could not be told.
        """
        theirs = holdings.theirs
        ours = await reader.ours(check)
        differences = list(share_differences(ours, theirs))
        kinds = frozenset(each.kind for each in differences)
        money = cash_finding(ours, theirs, kinds).difference
        if DriftKind.SETTLING in kinds or (money and money.kind is DriftKind.SETTLING):
            return False
        held = {
            TokenId(each.subject): await self._holding(
                user,
                TokenId(each.subject),
                Size(each.theirs),
                holdings.positions.get(TokenId(each.subject)),
            )
            for each in differences
            if each.kind in OF_SHARES
        }
        async with as_user(self._sessions, user) as session:
            await open_account(session, user, held, theirs.cash)
        return True

    async def _holding(
        self, user: UserId, token: TokenId, size: Size, position: VenuePosition | None
    ) -> Holding:
        """Raises: Unavailable, NotFound."""
        price: Price | None = None
        if position is not None:
            condition, price = position.condition_id, position.average_price
        else:
            async with as_user(self._sessions, user) as session:
                named = (await ledger.names(session, [token])).get(token)
            if named is None:
                raise NotFound("The venue does not say which market these shares are of.")
            condition = named.condition_id
        return Holding(token, await self._sources.markets.by_condition(condition), size, price)

    async def _conclude(self, seen: Seen) -> None:
        user = seen.user
        async with as_user(self._sessions, user) as session:
            conclusion = await conclude(session, seen, self._patience)
            if conclusion.news is not None:
                await self._outbox.write_down(session, user, conclusion.key, conclusion.news)
            if conclusion.deposited >= CENT:
                told = Deposited(conclusion.deposited)
                await self._outbox.write_down(session, user, f"deposit:{conclusion.key}", told)
        self._reached(Milestone.RECONCILE_COMMITTED)
        for report in conclusion.gone:
            await self._sources.news.order(user, report)

    async def _failed(self, user: UserId, fault: PolycoolError) -> None:
        """Told at once in the log and the status; to the user when it lasts."""
        async with as_user(self._sessions, user) as session:
            now = await stored.clock(session)
            since = await stored.fail(session, user, str(fault), now)
            is_lasting = now - since >= self._patience.fault
            if is_lasting:
                news = AccountCompared((), (), is_stopped=True, has_cleared=False, fault=str(fault))
                await self._outbox.write_down(session, user, _fault_key(user, since), news)
        if since == now:
            logger.warning("An account cannot be compared: %s", fault, extra={"user_id": user})
        if is_lasting:
            self._outbox.news.set()


def _fault_key(user: UserId, since: datetime) -> str:
    return f"reconciliation:fault:{user}:{since.isoformat()}"
