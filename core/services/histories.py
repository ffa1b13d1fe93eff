"""What a user traded: page by page, and all of it as files to keep."""

from collections import defaultdict
from collections.abc import Sequence

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.statement import PAGE, HistoryPage, Statement, entries, profits, statement
from core.domain.steps import Steps
from core.domain.units import ZERO, PositionId, Usdc, UserId, usdc
from core.services.in_turns import in_turns
from core.storage import fills, histories
from core.storage.fills import StoredFill
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class Histories:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def page(self, user: UserId, account: Account, page: int = 0) -> HistoryPage:
        """What each fill booked follows from all of its position, so these are read as well."""
        page = max(page, 0)
        async with as_user(self._sessions, user) as session:
            lines = await histories.newest(
                session, user, account, limit=PAGE + 1, offset=page * PAGE
            )
            held = {line.position_id for line in lines[:PAGE] if line.position_id is not None}
            stored = await fills.of_positions(session, sorted(held))
        known = await in_turns(_profits(stored))
        return HistoryPage(tuple(entries(lines[:PAGE], known)), page, has_more=len(lines) > PAGE)

    async def statement(self, user: UserId, account: Account) -> Statement:
        """Everything, in files; it takes a second for 10,000 trades."""
        async with as_user(self._sessions, user) as session:
            lines = await histories.everything(session, user, account)
        return await in_turns(statement(lines))

    async def last_sale(self, user: UserId, position: PositionId) -> Usdc:
        """What the last order that sold of the position brought, after fees; 0 without one."""
        async with as_user(self._sessions, user) as session:
            sales = [
                fill
                for fill in await fills.of_position(session, position)
                if fill.side is Side.SELL
            ]
        last = sales[-1].order_id if sales else None
        parts = [fill.cash_change for fill in sales if fill.order_id == last]
        return usdc(sum(parts, ZERO))


def _profits(stored: Sequence[StoredFill]) -> Steps[dict[str, Usdc]]:
    by_position = defaultdict[PositionId, list[Fill]](list)
    for one in stored:
        if one.position_id is not None:
            by_position[one.position_id].append(one.fill)
    return profits(by_position.values())
